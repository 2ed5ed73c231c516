//! Creates a module from each of the README's examples that uses Leptos.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = fs::read_to_string(&readme)?;
    let blocks = text.split("\n```rust\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let modules: String = blocks
        .filter(|block| block.contains("leptos"))
        .enumerate()
        .map(|(number, block)| format!("mod example_{number} {{\n{block}\n}}\n"))
        .collect();
    println!("cargo::rerun-if-changed={}", readme.display());
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("examples.rs"), modules)
}
