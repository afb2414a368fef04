//! The walls between the crates and between the server's layers. Each test prints what stands on the wrong side.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

const SERVER: &str = "kaochang";
const APP: &str = "kaochang-app";

// Dependencies of packages

#[test]
fn question_bank_is_pure() {
    let tree = tree("question-bank", &[]);
    assert_none(&tree, &["delivery", APP, SERVER, "xtask"]);
    assert_none(&tree, &["tokio", "sqlx", "axum", "leptos", "rand", "getrandom", "chrono"]);
}

#[test]
fn delivery_knows_the_question_bank_alone() {
    let tree = tree("delivery", &[]);
    assert!(tree.contains("question-bank"));
    assert_none(&tree, &[APP, SERVER, "xtask"]);
    assert_none(&tree, &["tokio", "sqlx", "axum", "leptos", "rand", "getrandom", "chrono"]);
}

/// It runs the real decisions and nothing else: no thread waits, no real clock is read, no page is rendered.
#[test]
fn simulator_knows_the_pure_core_alone() {
    let tree = tree("simulator", &[]);
    assert!(["delivery", "question-bank", APP].iter().all(|name| tree.contains(*name)));
    assert_none(&tree, &[SERVER, "xtask", "tokio", "sqlx", "axum", "leptos", "rand", "getrandom", "chrono"]);
}

/// Without a side, the app is what crosses the wire and the browser's outbox.
#[test]
fn app_without_a_side_has_no_leptos() {
    assert_none(&tree(APP, &[]), &["leptos", "web-sys", "wasm-bindgen", "question-bank", "delivery", SERVER]);
}

#[test]
fn app_knows_no_database_and_no_http_server() {
    let tree = tree(APP, &["--features", "ssr"]);
    assert_none(&tree, &["sqlx", "argon2", "tokio", "axum", "delivery", SERVER]);
}

/// The crate that holds the keys never reaches the browser.
#[test]
fn browser_knows_no_keys() {
    let tree = tree(APP, &["--features", "hydrate", "--target", "wasm32-unknown-unknown"]);
    assert_none(&tree, &["question-bank", "delivery", SERVER, "sqlx", "argon2", "tokio", "axum", "chrono"]);
}

#[test]
fn server_alone_depends_on_database_passwords_and_http() {
    let offences: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|package| package.name != SERVER)
        .flat_map(|package| {
            let forbidden = |name: &str| ["sqlx", "argon2", "axum"].iter().any(|wall| is_or_extends(name, wall, '-'));
            let names = package.dependencies.iter().map(|dependency| dependency.name.clone());
            names.filter(move |name| forbidden(name)).map(|name| format!("{} depends on {name}", package.name))
        })
        .collect();
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// Server and browser are compiled with other features; a package that asks for both would mix them.
#[test]
fn nobody_asks_for_the_browser_side_of_the_app() {
    for package in &metadata().packages {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.name == APP) {
            assert!(
                !dependency.features.iter().any(|feature| feature == "hydrate"),
                "{} asks for {APP} with `hydrate`",
                package.name
            );
        }
    }
}

#[test]
fn every_package_has_the_licence_and_the_lints() {
    let metadata = metadata();
    assert!(metadata.packages.len() >= 6);
    for package in &metadata.packages {
        assert_eq!(package.license.as_deref(), Some("Apache-2.0"), "licence of {}", package.name);
        let manifest: toml::Table = fs::read_to_string(&package.manifest_path).unwrap().parse().unwrap();
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(lints, Some(true), "{} lacks `lints.workspace = true`", package.manifest_path);
    }
}

/// Build scripts and tests of the pure crates are held to the same walls.
#[test]
fn pure_crates_declare_nothing_impure() {
    for package in metadata().packages.iter().filter(|package| is_pure(package)) {
        for dependency in &package.dependencies {
            let impure = ["tokio", "sqlx", "axum", "leptos", "rand", "chrono", SERVER, APP];
            let kind = match dependency.kind {
                DependencyKind::Development => "for its tests",
                DependencyKind::Build => "for its build",
                _ => "itself",
            };
            assert!(
                !impure.contains(&dependency.name.as_str()),
                "{} depends on {} {kind}",
                package.name,
                dependency.name
            );
        }
    }
}

// Words in sources

#[test]
fn services_know_neither_pages_nor_http() {
    let places = sources("server/src/service").into_iter().chain(sources("server/src/service.rs"));
    let offences: Vec<String> = places.flat_map(|file| naming(&file, &["leptos", "axum"])).collect();
    assert!(offences.is_empty(), "services name HTTP or pages:\n{}", offences.join("\n"));
}

#[test]
fn store_knows_no_service() {
    let places = sources("server/src/store").into_iter().chain(sources("server/src/store.rs"));
    let offences: Vec<String> = places.flat_map(|file| reaching(&file, "service")).collect();
    assert!(offences.is_empty(), "the store names services:\n{}", offences.join("\n"));
}

#[test]
fn store_alone_speaks_sql() {
    let root = root();
    let store = [root.join("server/src/store"), root.join("server/src/store.rs")];
    let offences: Vec<String> = ["app", "question-bank", "server"]
        .into_iter()
        .flat_map(sources)
        .filter(|file| !store.iter().any(|inside| file.starts_with(inside)))
        .flat_map(|file| naming(&file, &["sqlx"]))
        .collect();
    assert!(offences.is_empty(), "sqlx outside the store:\n{}", offences.join("\n"));
}

/// Where packages come from is each machine's own business.
#[test]
fn lock_of_the_browser_tests_names_no_host() {
    let text = fs::read_to_string(root().join("end2end/package-lock.json")).expect("end2end/package-lock.json");
    let lock: serde_json::Value = serde_json::from_str(&text).unwrap();
    let packages = lock["packages"].as_object().expect("a lock file of version 2 or 3");
    for (name, package) in packages {
        let resolved = package["resolved"].as_str().unwrap_or_default();
        assert!(!resolved.contains("://"), "{name} is resolved to an address");
    }
}

// How the walls are looked at

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap()
}

fn is_pure(package: &Package) -> bool {
    package.name == "question-bank" || package.name == "delivery"
}

/// The names of all packages that one of ours brings along, tests left out. Asked of `cargo tree`, because
/// `cargo metadata` merges the features that other members of the workspace ask for.
fn tree(package: &str, more: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--locked", "--package", package, "--edges", "normal,build", "--prefix", "none", "--no-dedupe"])
        .args(["--format", "{p}"])
        .args(more)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<String> = text.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect();
    assert!(names.contains(package), "cargo tree says nothing of {package}:\n{text}");
    names
}

/// None of the names, nor what extends one (`sqlx-core`), is in the tree.
fn assert_none(tree: &BTreeSet<String>, forbidden: &[&str]) {
    let extended = ["tokio", "sqlx", "axum", "leptos"];
    let offences: Vec<&String> = tree
        .iter()
        .filter(|name| {
            forbidden.iter().any(|wall| **name == *wall || extended.contains(wall) && is_or_extends(name, wall, '-'))
        })
        .collect();
    assert!(offences.is_empty(), "on the wrong side of the wall: {offences:?}");
}

fn is_or_extends(name: &str, wall: &str, joint: char) -> bool {
    name.strip_prefix(wall).is_some_and(|rest| rest.is_empty() || rest.starts_with(joint))
}

/// The Rust files under a folder (or the one file), in a stable order; none where there is nothing of that name.
fn sources(place: &str) -> Vec<PathBuf> {
    let mut waiting = vec![root().join(place)];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The lines whose code has one of these names, or a name made longer by it (`axum_extra`).
fn naming(file: &Path, names: &[&str]) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            words(code(line)).iter().any(|word| names.iter().any(|name| is_or_extends(word, name, '_')))
        })
        .map(|(index, line)| offence(file, index, line))
        .collect()
}

/// The lines that reach a module of the crate's root: `crate::service`, or `service` within `crate::{…}`.
fn reaching(file: &Path, module: &str) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let mut open_braces = 0;
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            let grouped = reaches_in_group(code(line), module, &mut open_braces);
            let mut paths = code(line).split("crate::").skip(1);
            grouped || paths.any(|path| !path.starts_with('{') && begins_with(path, module))
        })
        .map(|(index, line)| offence(file, index, line))
        .collect()
}

/// Whether a line has the module directly within `crate::{…}`, which may have begun on a line before: `open_braces`
/// counts on from line to line.
fn reaches_in_group(mut rest: &str, module: &str, open_braces: &mut usize) -> bool {
    let mut found = false;
    loop {
        if *open_braces == 0 {
            let Some((_, group)) = rest.split_once("crate::{") else {
                return found;
            };
            rest = group;
            *open_braces = 1;
        }
        let end = rest.find(['{', '}']).unwrap_or(rest.len());
        found |= *open_braces == 1 && rest[..end].split(',').any(|item| begins_with(item, module));
        match rest[end..].chars().next() {
            Some('{') => *open_braces += 1,
            Some(_) => *open_braces -= 1,
            None => return found,
        }
        rest = &rest[end + 1..];
    }
}

fn begins_with(path: &str, module: &str) -> bool {
    words(path).first() == Some(&module)
}

fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

fn words(code: &str) -> Vec<&str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty()).collect()
}

fn offence(file: &Path, index: usize, line: &str) -> String {
    let shown = file.strip_prefix(root()).unwrap_or(file);
    format!("{}:{}: {}", shown.display(), index + 1, line.trim())
}

// The look itself

#[test]
fn the_look_sees_what_it_should() {
    let file = env::temp_dir().join(format!("kaochang-walls-{}.rs", std::process::id()));
    let text = "//! axum is not named here\nuse axum_extra::X; // axum\nlet relaxum = 1;\nuse crate::service::A;\n\
                use crate::{limits, service};\nuse crate::{\n    store::{service},\n    service::{A, B},\n};\n\
                use crate::store::service;\nuse crate::{store::service, limits};\n";
    fs::write(&file, text).unwrap();
    let lines = |offences: Vec<String>| -> Vec<usize> {
        let number = |offence: &String| offence.rsplit(".rs:").next()?.split(':').next()?.parse().ok();
        offences.iter().filter_map(number).collect()
    };
    assert_eq!(lines(naming(&file, &["axum"])), [2]);
    assert_eq!(lines(reaching(&file, "service")), [4, 5, 8]);
    fs::remove_file(&file).unwrap();
}
