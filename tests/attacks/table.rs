//! `SECURITY.md` has a table of the attacks.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const BEGIN: &str =
    "<!-- The table is made of the tests: UPDATE=1 cargo test --features testing --test attacks table -->\n";
const END: &str = "<!-- The end of the table. -->\n";

/// The folders that contain tests.
const FOLDERS: [&str; 5] = ["tests/attacks", "tests/it", "tests/pages", "src/server", "app/tests"];

/// A test whose documentation names standards.
pub(super) struct Documented {
    /// The attack that this test is about, if there is one.
    attack: Option<String>,
    /// The standards, for example `RFC 6749 10.12; ASVS 10.1.2, 7.6.2`.
    pub(super) standards: String,
    name: String,
    /// The path from the root of the repository.
    file: String,
}

impl Documented {
    pub(super) fn link(&self, from: &str) -> String {
        format!("[`{}`]({from}{})", self.name, self.file)
    }
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns all documented tests.
pub(super) fn documented() -> Vec<Documented> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        rust_files(&root().join(folder), &mut files);
    }
    files.iter().flat_map(|file| in_file(file)).collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    found.sort();
    for path in found {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn in_file(path: &Path) -> Vec<Documented> {
    let text = fs::read_to_string(path).unwrap();
    let file = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    let mut found = Vec::new();
    let (mut attack, mut standards) = (None, None);
    for line in text.lines() {
        if let Some(said) = line.trim().strip_prefix("/// Attack: ") {
            attack = Some(said.to_owned());
        } else if let Some(said) = line.trim().strip_prefix("/// Standards: ") {
            standards = Some(said.to_owned());
        } else if let Some((_, rest)) = line.split_once("fn ")
            && (attack.is_some() || standards.is_some())
        {
            let name = rest.split('(').next().unwrap().to_owned();
            let standards = standards.take().unwrap_or_else(|| panic!("{name} names no standard"));
            found.push(Documented { attack: attack.take(), standards, name, file: file.clone() });
        }
    }
    found
}

fn table() -> String {
    let mut table = String::from("| Attack | Standards | Test |\n|---|---|---|\n");
    for test in documented() {
        if let Some(attack) = &test.attack {
            writeln!(table, "| {attack} | {} | {} |", test.standards, test.link("")).unwrap();
        }
    }
    table
}

/// Returns whether the page is up to date. If `UPDATE` is set, the page is written first.
pub(super) fn is_right(file: &str, right: &str) -> bool {
    let path = root().join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, right).unwrap();
    }
    fs::read_to_string(&path).unwrap() == right
}

#[test]
fn security_md_has_the_table_of_the_tests() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let right = format!("{before}{BEGIN}{}{END}{after}", table());
    assert!(is_right("SECURITY.md", &right), "SECURITY.md is stale: it names the command that writes it");
}
