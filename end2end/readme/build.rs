//! Creates a module from each of the README's examples. Its name is the heading above the example. An example without
//! Leptos is for the server only. If it has its heading together with another example, its module's name ends with
//! `_server`.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = fs::read_to_string(&readme)?;
    let examples = examples(&text);
    let module = |(name, code): &(String, String)| {
        let is_alone = examples.iter().filter(|(other, _)| other == name).count() == 1;
        match (code.contains("leptos"), is_alone) {
            (true, _) => format!("pub mod {name} {{\n{code}\n}}\n"),
            (false, true) => format!("#[cfg(feature = \"ssr\")]\npub mod {name} {{\n{code}\n}}\n"),
            (false, false) => format!("#[cfg(feature = \"ssr\")]\npub mod {name}_server {{\n{code}\n}}\n"),
        }
    };
    let modules: String = examples.iter().map(module).collect();
    println!("cargo::rerun-if-changed={}", readme.display());
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("examples.rs"), modules)
}

/// Returns the examples that are compiled, each with the heading above it as a name.
fn examples(readme: &str) -> Vec<(String, String)> {
    let (mut heading, mut examples) = (String::new(), Vec::new());
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("##") {
            let words = line.to_ascii_lowercase();
            let words = words.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
            heading = words.collect::<Vec<_>>().join("_");
        } else if line == "```rust" || line == "```rust,no_run" {
            let code = lines.by_ref().take_while(|&line| line != "```").collect::<Vec<_>>().join("\n");
            examples.push((heading.clone(), code));
        }
    }
    examples
}
