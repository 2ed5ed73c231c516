//! A Rust toolchain that compiles to wasm: rustup's, or, if rustup's servers can't be reached, Debian's compiler with a
//! standard library that is built from Debian's sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::run::{Result, command, output, root, run, step, succeeds, succeeds_within};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
/// The name of Debian's compiler in rustup.
const DEBIAN: &str = "aura-auth-debian";
const DEBIAN_LIBRARIES: &str = "/usr/lib/rustlib/wasm32-unknown-unknown/lib";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toolchain {
    Default,
    Debian,
}

impl Toolchain {
    /// Returns the installed toolchain, if there is one.
    pub(crate) fn find() -> Option<Self> {
        let sysroot = output(&mut command("rustc --print sysroot"))?;
        if has_std(&Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib")) {
            return Some(Self::Default);
        }
        let linked = succeeds(&mut command(&format!("rustc +{DEBIAN} --version")));
        (linked && has_std(Path::new(DEBIAN_LIBRARIES))).then_some(Self::Debian)
    }

    /// Returns the installed toolchain, or installs one.
    pub(crate) fn set_up() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let add = &mut command(&format!("rustup target add {TARGET}"));
        if succeeds_within(add, Duration::from_secs(90)) {
            return Ok(Self::Default);
        }
        println!("    rustup can't add {TARGET}; trying Debian's packages");
        if !succeeds(&mut command("apt-get --version")) {
            return Err(format!(
                "{TARGET} is missing. Install it with `rustup target add {TARGET}`, \
                 or add a standard library for it to your toolchain, and run this command again."
            )
            .into());
        }
        apt_install("rustc-web rust-web-src rust-web-clippy")?;
        run(&mut command(&format!("rustup toolchain link {DEBIAN} /usr")))?;
        build_std()?;
        Ok(Self::Debian)
    }

    /// Creates the command `cargo <subcommand>` for wasm with this toolchain.
    pub(crate) fn cargo(self, subcommand: &str) -> Command {
        let mut cargo = match self {
            Self::Default => command(&format!("cargo {subcommand}")),
            Self::Debian => command(&format!("cargo +{DEBIAN} {subcommand}")),
        };
        if self == Self::Debian
            && let Some((name, value)) = debian_environment()
        {
            cargo.env(name, value);
        }
        // rustup has set these variables for this process. Without their removal, cargo would use this process's
        // toolchain.
        cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC").env_remove("CARGO");
        cargo.args(["--target", TARGET]).arg("--target-dir").arg(root().join("target/wasm"));
        cargo
    }
}

/// Debian's linker for wasm is too old. rustup's toolchain contains a newer one.
fn debian_environment() -> Option<(&'static str, PathBuf)> {
    let sysroot = output(command("rustc --print sysroot").env_remove("RUSTUP_TOOLCHAIN"))?;
    let lld = Path::new(&sysroot).join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    lld.exists().then_some(("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", lld))
}

fn has_std(folder: &Path) -> bool {
    libraries(folder).any(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libstd-")))
}

fn libraries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rlib"))
}

/// Builds the standard library once, and copies it into Debian's toolchain.
fn build_std() -> Result {
    let folder = root().join("target/wasm-std");
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n")?;
    fs::write(folder.join("src/lib.rs"), "")?;
    let mut cargo = Toolchain::Debian.cargo("build --release -Zbuild-std=std,panic_abort");
    run(cargo.env("RUSTC_BOOTSTRAP", "1").arg("--manifest-path").arg(folder.join("Cargo.toml")))?;
    fs::create_dir_all(DEBIAN_LIBRARIES)?;
    for library in libraries(&root().join("target/wasm").join(TARGET).join("release/deps")) {
        let name = library.file_name().unwrap_or_default();
        if !name.to_string_lossy().starts_with("libempty") {
            fs::copy(&library, Path::new(DEBIAN_LIBRARIES).join(name))?;
        }
    }
    Ok(())
}

/// Installs a program from the Debian package with the same name, unless it is installed.
pub(crate) fn install(program: &str) -> Result {
    if output(&mut command(&format!("which {program}"))).is_some() {
        return Ok(());
    }
    step(program, || apt_install(program))
}

/// Installs Debian packages.
pub(crate) fn apt_install(packages: &str) -> Result {
    let update = succeeds(&mut command("apt-get update -q"));
    let mut install = command(&format!("apt-get install -y -q --no-install-recommends {packages}"));
    install.env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null());
    run(&mut install).map_err(|error| {
        let hint = if update { "" } else { " (`apt-get update` failed too: run this command as root)" };
        format!("{error}{hint}. Install {packages} and run this command again.").into()
    })
}
