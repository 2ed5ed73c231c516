//! The browser's part: compiles the wasm, runs wasm-bindgen, and copies the style sheet.

use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use crate::run::{Result, command, root, run};
use crate::toolchain::{TARGET, Toolchain};

pub(crate) const NAME: &str = "aura-auth-app";

/// The smallest app.
pub(crate) const MINIMAL: &str = "minimal";

/// The app with islands, for the browser tests.
pub(crate) const ISLANDS_TEST: &str = "aura-auth-islands-test";

/// The app with another base path and pages of every rendering mode, for the browser tests.
pub(crate) const MODES_TEST: &str = "aura-auth-modes-test";

/// The package that uses `AuthClient` in a page, for the browser tests.
pub(crate) const CLIENT_TEST: &str = "aura-auth-client-test";

/// Builds the app's wasm, its JavaScript and its style sheet into `<site>/pkg`.
pub(crate) fn build(toolchain: Toolchain, release: bool, site: &Path) -> Result {
    build_package(toolchain, NAME, release, site)?;
    let style = site.join("pkg").join(NAME).with_extension("css");
    fs::copy(root().join("style/main.css"), &style)?;
    if release { minify(&style) } else { Ok(()) }
}

/// Builds a package's wasm and JavaScript into `<site>/pkg`. Skips wasm-bindgen if the wasm has not changed.
pub(crate) fn build_package(toolchain: Toolchain, name: &str, release: bool, site: &Path) -> Result {
    build_with_features(toolchain, name, "hydrate", release, site)
}

pub(crate) fn build_with_features(
    toolchain: Toolchain,
    name: &str,
    features: &str,
    release: bool,
    site: &Path,
) -> Result {
    let profile = if release { "wasm-release" } else { "wasm-dev" };
    // If a package were also built as a Rust library, it would be compiled without link-time optimization.
    let mut cargo = toolchain.cargo("rustc --quiet --lib --crate-type cdylib --no-default-features");
    run(cargo.args(["--package", name, "--features", features, "--profile", profile]))?;
    let compiled =
        root().join("target/wasm").join(TARGET).join(profile).join(name.replace('-', "_")).with_extension("wasm");
    let pkg = site.join("pkg");
    let bound = pkg.join(name).with_extension("wasm");
    if is_newer(&bound, &compiled) { Ok(()) } else { bind(&compiled, name, &pkg, release) }
}

fn bind(compiled: &Path, name: &str, pkg: &Path, release: bool) -> Result {
    if pkg.exists() {
        fs::remove_dir_all(pkg)?;
    }
    Bindgen::new()
        .input_path(compiled)
        .web(true)?
        .out_name(name)
        .typescript(false)
        .remove_name_section(release)
        .remove_producers_section(true)
        .generate(pkg)?;
    let made = pkg.join(format!("{name}_bg.wasm"));
    if release && let Some(wasm_opt) = wasm_opt() {
        let flags = "-Oz --enable-bulk-memory --enable-nontrapping-float-to-int --enable-reference-types \
                     --enable-multivalue --enable-sign-ext --enable-mutable-globals";
        let mut optimize = command(&format!("node {}", wasm_opt.display()));
        run(optimize.args(flags.split_whitespace()).arg(&made).arg("-o").arg(&made))?;
    }
    fs::rename(made, pkg.join(name).with_extension("wasm"))?;
    if release { minify(&pkg.join(name).with_extension("js")) } else { Ok(()) }
}

/// Minifies a script or a style sheet, like `cargo leptos build --release` does.
fn minify(file: &Path) -> Result {
    let packages = root().join("end2end");
    if !packages.join("node_modules/esbuild").exists() {
        return Ok(());
    }
    let mut esbuild = command("npx --no-install esbuild --minify --allow-overwrite --log-level=warning");
    run(esbuild.current_dir(packages).arg(file).arg(format!("--outfile={}", file.display())))
}

/// Returns the path of `wasm-opt` from npm's `binaryen`, if it is installed. Without it, the wasm is a sixth larger.
pub(crate) fn wasm_opt() -> Option<PathBuf> {
    let path = root().join("end2end/node_modules/binaryen/bin/wasm-opt");
    path.exists().then_some(path)
}

fn is_newer(made: &Path, from: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    matches!((modified(made), modified(from)), (Ok(made), Ok(from)) if made >= from)
}
