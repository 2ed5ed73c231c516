//! `cargo xtask dist`

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::run::{Result, command, root, run, step};
use crate::toolchain::Toolchain;
use crate::{dev, test, wasm};

/// Builds one file that needs no other files, and returns its path. The file with the demo has another name, so that
/// nobody deploys it by mistake.
pub(crate) fn dist(demo: bool) -> Result<PathBuf> {
    let toolchain = step("wasm toolchain", Toolchain::set_up)?;
    step("wasm-opt", test::npm_install)?;
    let site = dev::site(true);
    step("wasm", || wasm::build(toolchain, true, &site))?;
    step("assets", || pack(&site.join("pkg"), &root().join("target/site-dist/pkg")))?;
    step("server", || {
        let mut cargo = command("cargo build --quiet --release --package aura-auth-app --bin aura-auth-app");
        run(cargo.args(["--features", if demo { "embed,demo" } else { "embed" }]))
    })?;
    let folder = root().join("target/dist");
    fs::create_dir_all(&folder)?;
    let binary = folder.join(if demo { format!("{}-demo", wasm::NAME) } else { wasm::NAME.to_owned() });
    fs::copy(root().join("target/release").join(wasm::NAME), &binary)?;
    println!("{} ({:.1} MB)", binary.display(), fs::metadata(&binary)?.len() as f64 / 1e6);
    Ok(binary)
}

/// Copies the assets to file names that change with their content, each with a compressed copy.
fn pack(from: &Path, to: &Path) -> Result {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for extension in ["css", "js", "wasm"] {
        let content = fs::read(from.join(wasm::NAME).with_extension(extension))?;
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let path = to.join(format!("{}.{:016x}.{extension}", wasm::NAME, hasher.finish()));
        fs::write(&path, &content)?;
        let mut name = path.into_os_string();
        name.push(".br");
        let mut writer = brotli::CompressorWriter::new(File::create(&name)?, 1 << 16, 11, 22);
        writer.write_all(&content)?;
        drop(writer);
        println!("    {extension}: {} bytes, {} as brotli", content.len(), fs::metadata(&name)?.len());
    }
    copy_folder(&from.join("snippets"), &to.join("snippets"))
}

fn copy_folder(from: &Path, to: &Path) -> Result {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
