//! What crates.io would get.

use std::fs;

use crate::run::{Result, command, root, run};

/// The maximum size of the compressed package, in bytes: 290 KB for the library, 80 KB for sessions on the server with
/// their stores, and 30 KB for the lock file, which cargo adds. A larger package is not an error by itself, but its reason should be known.
const MAX_PACKAGE_BYTES: u64 = 400_000;

/// Packs the library, builds it from its package, and checks the package's size.
pub(crate) fn check() -> Result {
    run(&mut command("cargo package --quiet --allow-dirty --package aura-auth"))?;
    run(&mut command("cargo publish --quiet --dry-run --no-verify --allow-dirty --package aura-auth"))?;
    let package = root().join(concat!("target/package/aura-auth-", env!("CARGO_PKG_VERSION"), ".crate"));
    let bytes = fs::metadata(package)?.len();
    println!("the package: {bytes} bytes of at most {MAX_PACKAGE_BYTES}");
    if bytes > MAX_PACKAGE_BYTES { Err("the package is too large: see `include` in Cargo.toml".into()) } else { Ok(()) }
}
