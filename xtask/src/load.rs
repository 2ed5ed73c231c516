//! `cargo xtask load` and `cargo xtask chaos`

use std::path::PathBuf;

use crate::dist;
use crate::run::{Result, command, run, step, succeeds};
use crate::toolchain::apt_install;

/// Builds the app as it is shipped, starts its demo, and simulates people who sign in and read their sessions.
pub(crate) fn load(seconds: u64) -> Result {
    run(command("target/release/load").arg(build()?).arg(seconds.to_string()))
}

/// Builds the app as it is shipped, and simulates people who sign in while everything fails.
pub(crate) fn chaos() -> Result {
    if !succeeds(&mut command("faketime --version")) {
        step("libfaketime", || apt_install("faketime"))?;
    }
    run(command("target/release/chaos").arg(build()?))
}

/// Builds the app as it is shipped, with the demo, and the load generator.
fn build() -> Result<PathBuf> {
    let app = dist::dist(true)?;
    step("load generator", || run(&mut command("cargo build --quiet --release --package aura-auth-load")))?;
    Ok(app)
}
