//! Makes `words.rs` of the locale files: one function for each sentence, so that the compiler finds a missing one, a
//! misspelt one, an argument too many, and (as dead code) one that nothing uses.

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

/// Groups whose keys come from outside the code (the address, the audit chain): looked up by text.
const LOOKED_UP: &[&str] = &["notice", "act"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=locales");
    if env::var_os("CARGO_FEATURE_SSR").is_none() {
        return Ok(());
    }
    let (zh, en) = (read("locales/zh-CN.json")?, read("locales/en.json")?);
    let mut out = String::new();
    for group in both(&zh, &en, "")? {
        let (zh, en) = (group_of(&zh, &group)?, group_of(&en, &group)?);
        if LOOKED_UP.contains(&group.as_str()) {
            write_table(&mut out, &group, zh, en)?;
        } else {
            write_group(&mut out, &group, zh, en)?;
        }
    }
    let file = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join("words.rs");
    fs::write(file, out)?;
    Ok(())
}

fn read(path: &str) -> Result<Map<String, Value>, Box<dyn Error>> {
    let text = fs::read_to_string(Path::new(path)).map_err(|error| format!("{path}: {error}"))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?)
}

fn group_of<'a>(words: &'a Map<String, Value>, group: &str) -> Result<&'a Map<String, Value>, Box<dyn Error>> {
    words[group]
        .as_object()
        .ok_or_else(|| format!("{group}: groups hold sentences, and nothing stands outside them").into())
}

/// The keys, which must be the same in both.
fn both(zh: &Map<String, Value>, en: &Map<String, Value>, group: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let (zh, en): (BTreeSet<_>, BTreeSet<_>) = (zh.keys().cloned().collect(), en.keys().cloned().collect());
    match zh.symmetric_difference(&en).next() {
        Some(key) => Err(format!("locales: `{group}.{key}` stands in one language only").into()),
        None => Ok(zh),
    }
}

/// The sentence of a key, which must not be empty.
fn sentence<'a>(words: &'a Map<String, Value>, group: &str, key: &str) -> Result<&'a str, Box<dyn Error>> {
    words[key]
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| format!("locales: `{group}.{key}` is empty").into())
}

fn write_table(
    out: &mut String,
    group: &str,
    zh: &Map<String, Value>,
    en: &Map<String, Value>,
) -> Result<(), Box<dyn Error>> {
    let keys = both(zh, en, group)?;
    writeln!(out, "pub static {}: &[(&str, &str, &str)] = &[", group.to_uppercase())?;
    for key in keys {
        writeln!(out, "    ({key:?}, {:?}, {:?}),", sentence(zh, group, &key)?, sentence(en, group, &key)?)?;
    }
    writeln!(out, "];")?;
    Ok(())
}

fn write_group(
    out: &mut String,
    group: &str,
    zh: &Map<String, Value>,
    en: &Map<String, Value>,
) -> Result<(), Box<dyn Error>> {
    writeln!(out, "pub mod {group} {{")?;
    for key in both(zh, en, group)? {
        let (zh, en) = (parse(sentence(zh, group, &key)?)?, parse(sentence(en, group, &key)?)?);
        if arguments(&zh) != arguments(&en) {
            return Err(format!("locales: `{group}.{key}` has other arguments in the other language").into());
        }
        if arguments(&zh).is_empty() {
            writeln!(out, "    pub const fn {key}(lang: crate::view::Lang) -> &'static str {{")?;
            writeln!(
                out,
                "        match lang {{ crate::view::Lang::Zh => {:?}, crate::view::Lang::En => {:?} }}",
                plain(&zh),
                plain(&en)
            )?;
            writeln!(out, "    }}")?;
        } else {
            write_sentence_with_arguments(out, &key, &zh, &en)?;
        }
    }
    writeln!(out, "}}")?;
    Ok(())
}

/// A struct whose fields are the arguments: `seat { room: &2 }.text(lang)`.
fn write_sentence_with_arguments(out: &mut String, key: &str, zh: &[Part], en: &[Part]) -> Result<(), Box<dyn Error>> {
    writeln!(out, "    pub struct {key}<'a> {{")?;
    for name in arguments(zh) {
        writeln!(out, "        pub {name}: &'a dyn std::fmt::Display,")?;
    }
    writeln!(out, "    }}\n    impl {key}<'_> {{\n        pub fn text(&self, lang: crate::view::Lang) -> String {{")?;
    writeln!(out, "            let mut out = String::new();\n            match lang {{")?;
    for (lang, parts) in [("Zh", zh), ("En", en)] {
        writeln!(out, "                crate::view::Lang::{lang} => {{")?;
        for part in parts {
            match part {
                Part::Text(text) => writeln!(out, "                    out += {text:?};")?,
                Part::Argument(name) => writeln!(out, "                    out += &self.{name}.to_string();")?,
                Part::Number { of, one, many } => writeln!(
                    out,
                    "                    out.push_str(if self.{of}.to_string() == \"1\" {{ {one:?} }} else {{ {many:?} }});"
                )?,
            }
        }
        writeln!(out, "                }}")?;
    }
    writeln!(out, "            }}\n            out\n        }}\n    }}")?;
    Ok(())
}

enum Part {
    Text(String),
    /// `{name}`
    Argument(String),
    /// `{name|one|many}`: the first form when the argument is 1.
    Number {
        of: String,
        one: String,
        many: String,
    },
}

fn parse(text: &str) -> Result<Vec<Part>, Box<dyn Error>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').ok_or_else(|| format!("locales: no `}}` in {text:?}"))?;
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let fields: Vec<_> = inside.split('|').map(str::to_owned).collect();
        parts.push(match fields.as_slice() {
            [name] => Part::Argument(name.clone()),
            [of, one, many] => Part::Number { of: of.clone(), one: one.clone(), many: many.clone() },
            _ => return Err(format!("locales: `{{name}}` or `{{name|one|many}}` is wanted in {text:?}").into()),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

fn arguments(parts: &[Part]) -> BTreeSet<&str> {
    parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Argument(name) | Part::Number { of: name, .. } => Some(name.as_str()),
        })
        .collect()
}

fn plain(parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Argument(_) | Part::Number { .. } => "",
        })
        .collect()
}
