//! `cargo xtask load`, `cargo xtask chaos` and `cargo xtask cluster`

use std::path::{Path, PathBuf};

use crate::dist;
use crate::run::{Result, command, run, step, succeeds};
use crate::test::nginx;
use crate::toolchain::apt_install;

/// Builds the app as it is shipped, starts its demo, and simulates people who sign in and read their sessions.
pub(crate) fn load(seconds: u64) -> Result {
    run(command("target/release/load").arg(build()?).arg(seconds.to_string()))
}

/// Builds the app as it is shipped, and simulates people who sign in while everything fails.
pub(crate) fn chaos() -> Result {
    install_faketime()?;
    run(command("target/release/chaos").arg(build()?))
}

/// Starts three processes of the app behind nginx with one PostgreSQL, and simulates people who use them while parts of
/// it fail. The app is built without its assets, which nobody requests here.
pub(crate) fn cluster(seconds: u64, phases: &[u8]) -> Result {
    install_faketime()?;
    let is_installed = |path: &str| Path::new(path).exists();
    if !["/usr/lib/postgresql", "/usr/sbin/pgbouncer"].into_iter().all(is_installed) {
        step("postgresql pgbouncer", || apt_install("postgresql pgbouncer"))?;
    }
    if nginx().is_none() {
        step("nginx", || apt_install("nginx"))?;
    }
    step("app and load generator", || {
        let packages = "--package aura-auth-app --bin aura-auth-app --package aura-auth-load --bin cluster";
        run(&mut command(&format!("cargo build --quiet --release {packages}")))
    })?;
    let mut cluster = command("target/release/cluster target/release/aura-auth-app");
    cluster.arg(seconds.to_string()).args(phases.iter().map(ToString::to_string));
    run(cluster.env("NGINX", nginx().ok_or("nginx is missing")?))
}

fn install_faketime() -> Result {
    if succeeds(&mut command("faketime --version")) {
        return Ok(());
    }
    step("libfaketime", || apt_install("faketime"))
}

/// Builds the app as it is shipped, with the demo, and the load generator.
fn build() -> Result<PathBuf> {
    let app = dist::dist(true)?;
    step("load generator", || run(&mut command("cargo build --quiet --release --package aura-auth-load")))?;
    Ok(app)
}
