//! `cargo xtask dev`

use std::path::PathBuf;

use crate::run::{Result, command, root, run, step};
use crate::toolchain::Toolchain;
use crate::wasm;

pub(crate) fn dev(port: u16, release: bool) -> Result {
    let server = build(release)?;
    let mut command = std::process::Command::new(server);
    command
        .current_dir(root())
        .arg("--site")
        .arg(site(release))
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--demo=auto"])
        .arg("--demo-secrets")
        .arg(root().join("target/demo.env"));
    run(&mut command)
}

/// Returns the folder of a build's assets. Each profile has its own folder, so that they can't be confused.
pub(crate) fn site(release: bool) -> PathBuf {
    root().join("target").join(if release { "site-release" } else { "site" })
}

/// Builds the server and the wasm. Returns the server's path.
pub(crate) fn build(release: bool) -> Result<PathBuf> {
    let toolchain = step("wasm toolchain", Toolchain::set_up)?;
    step("wasm", || wasm::build(toolchain, release, &site(release)))?;
    step("server", || {
        let mut cargo = command("cargo build --quiet --package aura-auth-app --bin aura-auth-app --features demo");
        if release {
            cargo.arg("--release");
        }
        run(&mut cargo)
    })?;
    let profile = if release { "release" } else { "debug" };
    Ok(root().join("target").join(profile).join(wasm::NAME))
}
