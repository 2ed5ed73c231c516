//! `cargo xtask doctor`

use crate::run::{Result, command, output};
use crate::test::{chromium, firefox, nginx, packages_installed};
use crate::toolchain::Toolchain;
use crate::wasm;

pub(crate) fn doctor() -> Result {
    let version = |words: &str| output(&mut command(words));
    let toolchain = Toolchain::find().map(|toolchain| match toolchain {
        Toolchain::Default => "the default toolchain's".to_owned(),
        Toolchain::Debian => "Debian's".to_owned(),
    });
    let packages = packages_installed().then(|| "installed".to_owned());
    let optimizer = wasm::wasm_opt().map(|path| path.display().to_string());
    for (name, found, needed_by, fix) in [
        ("rustc", version("rustc --version"), "everything", "install Rust from https://rustup.rs"),
        ("wasm target", toolchain, "dev, test, dist", "`cargo xtask dev` sets it up"),
        ("node", version("node --version"), "test, dist", "install Node.js 20 or newer"),
        ("npm packages", packages, "test, dist", "`cargo xtask test` installs them"),
        ("wasm-opt", optimizer, "dist", "`cargo xtask dist` installs it"),
        ("nginx", nginx(), "test", "`cargo xtask test` installs it with apt"),
        ("firefox", firefox(), "test", "`cargo xtask test` installs it with apt; elsewhere set FIREFOX to its path"),
        ("chromium", chromium(), "test", "`cargo xtask test` installs it with apt; elsewhere set CHROMIUM to its path"),
    ] {
        match found {
            Some(what) => println!("ok       {name:13} {what}"),
            None => println!("missing  {name:13} needed by {needed_by}: {fix}"),
        }
    }
    Ok(())
}
