//! The client: compiled to WebAssembly, bound to JavaScript, compressed, and put where the server embeds it.
//!
//! A file in the site folder is touched only when its content changes: its date decides whether the server is rebuilt.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::progress::step;
use crate::run;
use crate::setup::wasm::{self, Compiler};
use crate::workspace::Workspace;

const PACKAGE: &str = "kaochang-app";
const PROFILE: &str = "wasm-release";
const OUT_NAME: &str = "kaochang";

const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW_LOG2: i32 = 22;

/// Raised when this file comes to write other bytes for the same WebAssembly: it is part of the stamp.
const RECIPE: &str = "wasm-bindgen 0.2.130 web; brotli 11/22; 1";

/// What the site folder holds, by path relative to it.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Brings the site folder up to date with the sources.
pub fn build(workspace: &Workspace, compiler: &Compiler) -> Result<()> {
    let wasm_path = compile(workspace, compiler)?;
    let wasm = fs::read(&wasm_path).with_context(|| format!("reading {}", wasm_path.display()))?;
    let stamp_path = workspace.front_target().join("site.stamp");
    let site = workspace.site();
    let key = format!("{} {RECIPE}", hex_digest(&wasm));
    if is_current(&stamp_path, &key, &site) {
        return Ok(());
    }
    let bound = workspace.front_target().join("bound");
    step("wasm-bindgen", || bind(&wasm_path, &bound))?;
    let mut files = read_folder(&bound)?;
    step("brotli", || {
        compress(&mut files);
        Ok(())
    })?;
    for (path, content) in &files {
        eprintln!("    {:>9} bytes  {}", content.len(), path.display());
    }
    write_changed(&files, &site)?;
    fs::write(&stamp_path, stamp(&key, &files)).with_context(|| format!("writing {}", stamp_path.display()))
}

/// SHA-256 in lower-case hexadecimal.
pub fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a String never fails");
        hex
    })
}

fn compile(workspace: &Workspace, compiler: &Compiler) -> Result<PathBuf> {
    let target = workspace.front_target();
    let mut cargo = wasm::cargo(workspace, compiler);
    cargo.args(["--package", PACKAGE, "--lib", "--no-default-features", "--features", "hydrate"]);
    cargo.args(["--profile", PROFILE, "--target-dir"]).arg(&target);
    run::run(&mut cargo, "see the compiler's message above")?;
    Ok(target.join(wasm::TARGET).join(PROFILE).join(format!("{}.wasm", PACKAGE.replace('-', "_"))))
}

fn bind(wasm_path: &Path, out: &Path) -> Result<()> {
    remove_folder(out)?;
    Bindgen::new()
        .input_path(wasm_path)
        .out_name(OUT_NAME)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
        .with_context(|| format!("wasm-bindgen on {}: is its version in Cargo.lock the crate's?", wasm_path.display()))
}

/// Adds a `.br` beside every script and module.
fn compress(files: &mut Files) {
    let parameters = BrotliEncoderParams { quality: BROTLI_QUALITY, lgwin: BROTLI_WINDOW_LOG2, ..Default::default() };
    let compressed: Files = files
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "js" || extension == "wasm"))
        .map(|(path, content)| {
            let mut out = Vec::new();
            let mut input = content.as_slice();
            brotli::BrotliCompress(&mut input, &mut out, &parameters).expect("memory takes every byte");
            let mut name = path.clone().into_os_string();
            name.push(".br");
            (PathBuf::from(name), out)
        })
        .collect();
    files.extend(compressed);
}

/// Makes `folder` hold exactly `files`, leaving alone what is right already.
fn write_changed(files: &Files, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    for path in read_folder(folder)?.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(path)).with_context(|| format!("removing {}", path.display()))?;
    }
    for (path, content) in files {
        let whole = folder.join(path);
        if fs::read(&whole).is_ok_and(|present| present == *content) {
            continue;
        }
        fs::create_dir_all(whole.parent().unwrap_or(folder))?;
        fs::write(&whole, content).with_context(|| format!("writing {}", whole.display()))?;
    }
    Ok(())
}

/// What went in, then what came out: a digest and a path a line.
fn stamp(key: &str, files: &Files) -> String {
    files.iter().fold(format!("{key}\n"), |mut text, (path, content)| {
        writeln!(text, "{} {}", hex_digest(content), path.display()).expect("writing to a String never fails");
        text
    })
}

/// Whether the site folder is what the last build of the same input left.
fn is_current(stamp_path: &Path, key: &str, site: &Path) -> bool {
    match (fs::read_to_string(stamp_path), read_folder(site)) {
        (Ok(recorded), Ok(files)) => recorded == stamp(key, &files),
        _ => false,
    }
}

fn read_folder(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in current.read_dir().with_context(|| format!("reading {}", current.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
                files.insert(path.strip_prefix(folder)?.to_owned(), content);
            }
        }
    }
    Ok(files)
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("kaochang-xtask-{name}-{}", std::process::id()));
        remove_folder(&folder).unwrap();
        folder
    }

    #[test]
    fn leave_unchanged_files_alone_and_remove_strange_ones() {
        let site = folder("site");
        let mut files = Files::from([("a.js".into(), b"a".to_vec()), ("snippets/b.js".into(), b"b".to_vec())]);
        write_changed(&files, &site).unwrap();
        let date = |path: &str| fs::metadata(site.join(path)).unwrap().modified().unwrap();
        let before = date("a.js");
        fs::write(site.join("stranger"), "x").unwrap();
        files.insert("snippets/b.js".into(), b"c".to_vec());
        std::thread::sleep(std::time::Duration::from_millis(20));
        write_changed(&files, &site).unwrap();
        assert_eq!(date("a.js"), before);
        assert_eq!(read_folder(&site).unwrap(), files);
        remove_folder(&site).unwrap();
    }

    #[test]
    fn notice_a_site_that_is_not_what_the_stamp_says() {
        let site = folder("stamp");
        let files = Files::from([("a.js".into(), b"a".to_vec())]);
        write_changed(&files, &site).unwrap();
        let stamp_path = site.with_extension("stamp");
        fs::write(&stamp_path, stamp("key", &files)).unwrap();
        assert!(is_current(&stamp_path, "key", &site));
        assert!(!is_current(&stamp_path, "another key", &site));
        fs::write(site.join("a.js"), "changed").unwrap();
        assert!(!is_current(&stamp_path, "key", &site));
        remove_folder(&site).unwrap();
        assert!(!is_current(&stamp_path, "key", &site));
        fs::remove_file(&stamp_path).unwrap();
    }

    #[test]
    fn compress_scripts_and_modules_alone() {
        let mut files = Files::from([("a.js".into(), vec![b'a'; 1000]), ("a.txt".into(), vec![b'a'; 1000])]);
        compress(&mut files);
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut files[Path::new("a.js.br")].as_slice(), &mut plain).unwrap();
        assert_eq!(plain, files[Path::new("a.js")]);
        assert_eq!(files.len(), 3);
    }
}
