//! `SECURITY.md` lists the attacks.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const BEGIN: &str =
    "<!-- The table is made of the tests: UPDATE=1 cargo test --features testing --test attacks table -->\n";
const END: &str = "<!-- The end of the table. -->\n";

/// Where attacks are.
const FOLDERS: [&str; 5] = ["tests/attacks", "tests/it", "tests/pages", "src/server/jose", "app/tests/attacks"];

struct Attack {
    what: String,
    standards: String,
    test: String,
}

/// The attacks of a file, by its tests' documentation.
fn attacks(path: &Path) -> Vec<Attack> {
    let text = fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    let (mut what, mut standards) = (None, None);
    for line in text.lines() {
        if let Some(said) = line.trim().strip_prefix("/// Attack: ") {
            what = Some(said.to_owned());
        } else if let Some(said) = line.trim().strip_prefix("/// Standards: ") {
            standards = Some(said.to_owned());
        } else if let Some((_, rest)) = line.split_once("fn ")
            && let Some(what) = what.take()
        {
            let test = rest.split('(').next().unwrap().to_owned();
            let standards = standards.take().unwrap_or_else(|| panic!("{test} names no standard"));
            found.push(Attack { what, standards, test });
        }
    }
    found
}

fn table() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut table = String::from("| Attack | Standards | Test |\n|---|---|---|\n");
    for folder in FOLDERS {
        let mut files: Vec<_> = fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for path in files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            for Attack { what, standards, test } in attacks(&path) {
                writeln!(table, "| {what} | {standards} | [`{test}`]({folder}/{name}) |").unwrap();
            }
        }
    }
    table
}

#[test]
fn security_md_has_the_table_of_the_tests() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let right = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &right).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == right, "SECURITY.md is stale: it names the command that writes it");
}
