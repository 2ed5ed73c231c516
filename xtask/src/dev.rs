//! `cargo xtask dev`

use std::fs;
use std::path::PathBuf;

use crate::run::{Result, command, root, run, step};
use crate::toolchain::Toolchain;
use crate::wasm;

/// The variable that says where sessions are. An empty value means in cookies.
const DATABASE: &str = "DATABASE_URL";

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
    // A release build does not read `.env`.
    let env_file = if release { String::new() } else { fs::read_to_string(root().join(".env")).unwrap_or_default() };
    if std::env::var_os(DATABASE).is_none() && !sets(&env_file, DATABASE) {
        command.env(DATABASE, format!("sqlite:{}", root().join("target/dev.db").display()));
    }
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

/// Checks whether the text of an env file sets a variable.
fn sets(env_file: &str, name: &str) -> bool {
    let names = env_file.lines().filter_map(|line| line.split('=').next());
    names.map(str::trim).map(|found| found.strip_prefix("export ").unwrap_or(found).trim()).any(|found| found == name)
}

#[cfg(test)]
mod tests {
    use super::sets;

    #[test]
    fn an_env_file_sets_a_variable_by_a_line_that_is_no_comment() {
        for line in ["URL=x", "URL=", "A=b\n  URL = \"x\"", "export URL=x"] {
            assert!(sets(line, "URL"), "{line}");
        }
        for line in ["", "#URL=x", "# URL=x", "URL_2=x", "A=URL=x"] {
            assert!(!sets(line, "URL"), "{line}");
        }
    }
}
