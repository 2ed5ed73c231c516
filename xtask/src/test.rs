//! `cargo xtask test`

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{Result, command, output, root, run, step, succeeds};
use crate::toolchain::{Toolchain, apt_install, install};
use crate::{dev, package, wasm};

/// The package that compiles the README's examples for the server and the browser.
const README_EXAMPLES: &str = "aura-auth-readme";

/// The test that counts instructions with Valgrind, for two minutes.
const COST_TEST: &str = "twice_as_much";

/// Counts the tests that the test runners report at the end.
#[derive(Default)]
struct Count {
    passed: u32,
    failed: u32,
}

/// Runs what finds most mistakes within three minutes, once everything is built.
pub(crate) fn fast() -> Result {
    let mut count = Count::default();
    step("format", check_format)?;
    step("lints", lint_workspace)?;
    let tests = step("unit and HTTP tests", || {
        // The skipped test runs two servers in Valgrind.
        let tests = "cargo test --package aura-auth --features ssr,testing --lib --tests --no-fail-fast";
        count.run(&mut command(&format!("{tests} -- --skip {COST_TEST}")))
    });
    println!("{} passed, {} failed", count.passed, count.failed);
    println!(
        "not run: lints of single features and for wasm, the app's tests, {COST_TEST}, crypto backends, benchmarks, \
         documentation and its tests, the package, browser tests, sizes; `cargo xtask test` runs them all"
    );
    tests
}

fn check_format() -> Result {
    run(&mut command("cargo fmt --all --check"))?;
    run(&mut command("cargo fmt --manifest-path fuzz/Cargo.toml --check"))?;
    run(&mut command("cargo fmt --manifest-path benches/axum-login/Cargo.toml --check"))?;
    run(&mut command("cargo fmt --manifest-path tests/crypto-backends/Cargo.toml --check"))
}

/// The features with which the workspace's packages are linted together: all features of the library, which a host has
/// to compile, and the servers of all apps. Each further call of cargo with other features would compile Leptos again.
const LINTED: &str = "aura-auth/hydrate,aura-auth/metrics,aura-auth/postgres,aura-auth/sqlite,aura-auth/ssr,\
    aura-auth/testing,aura-auth-app/demo,aura-auth-islands-test/ssr,aura-auth-modes-test/ssr,aura-auth-readme/ssr,minimal/ssr";

/// The features with which the tests run.
const TESTED: &str = "aura-auth/postgres,aura-auth/sqlite,aura-auth/ssr,aura-auth/testing,aura-auth-app/demo,\
    aura-auth-readme/ssr";

/// Installs the databases of the store's tests. A test whose database is missing says that it is skipped.
fn install_databases() -> Result {
    let is_installed = |path| Path::new(path).exists();
    if !(is_installed("/usr/lib/postgresql") && is_installed("/usr/sbin/pgbouncer"))
        && let Err(error) = apt_install("postgresql pgbouncer")
    {
        println!("the tests with PostgreSQL are skipped: {error}");
    }
    Ok(())
}

fn lint_workspace() -> Result {
    let mut clippy = command("cargo clippy --quiet --workspace --all-targets --features");
    run(clippy.args([LINTED, "--", "-D", "warnings"]))
}

pub(crate) fn test() -> Result {
    let mut count = Count::default();
    step("format", check_format)?;
    let toolchain = step("wasm toolchain", Toolchain::set_up)?;
    step("lints", || lint(toolchain))?;
    step("documentation", || {
        let mut doc =
            command("cargo doc --quiet --no-deps --package aura-auth --features metrics,postgres,sqlite,ssr,testing");
        run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("package", package::check)?;
    // One of the tests counts instructions with Valgrind.
    install("valgrind")?;
    step("databases", install_databases)?;
    let rust = step("tests", || {
        count.run(&mut command(&format!(
            "cargo test --workspace --features {TESTED} --lib --bins --tests --no-fail-fast",
        )))
    });
    let without_demo = step("the app without its demo", || {
        count.run(&mut command("cargo test --package aura-auth-app --test card without_the_demo"))
    });
    let backends = step("crypto backends", || {
        // This is a separate workspace. It uses the same target folder, so it shares the dependencies that are built
        // with the same features.
        let manifest = "--manifest-path tests/crypto-backends/Cargo.toml --target-dir target";
        run(&mut command(&format!("cargo clippy --quiet {manifest} --all-targets -- -D warnings")))?;
        count.run(&mut command(&format!("cargo test {manifest}")))
    });
    let benches = step("benchmarks, once each", || {
        let mut benches = command("cargo test --quiet --workspace --features");
        run(benches.args([TESTED, "--bench", "floor", "--bench", "session"]).stdout(Stdio::null()))
    });
    let docs = step("documentation tests", || {
        count.run(&mut command("cargo test --package aura-auth --features postgres,sqlite,ssr,testing --doc"))
    });
    let browser = browser_tests(&mut count, &[]);
    let size = crate::size::check();
    println!("{} passed, {} failed", count.passed, count.failed);
    rust.and(without_demo).and(backends).and(benches).and(docs).and(browser).and(size)
}

/// Lints each set of features that people build, separately.
fn lint(toolchain: Toolchain) -> Result {
    for features in ["", "client", "server", "ssr", "testing"] {
        let mut clippy = command("cargo clippy --quiet --package aura-auth --all-targets --features");
        run(clippy.args([features, "--", "-D", "warnings"]))?;
    }
    lint_workspace()?;
    run(&mut command("cargo clippy --quiet --package aura-auth-app --features embed -- -D warnings"))?;
    // This is a separate workspace, so its lints show whether the library declares all features that it needs.
    run(&mut command("cargo clippy --quiet --manifest-path fuzz/Cargo.toml --target-dir target -- -D warnings"))?;
    let mut clippy = toolchain.cargo("clippy --quiet --no-default-features --features hydrate --lib");
    for package in [wasm::NAME, "aura-auth", wasm::MINIMAL, wasm::ISLANDS_TEST, wasm::MODES_TEST, README_EXAMPLES] {
        clippy.args(["--package", package]);
    }
    run(clippy.args(["--", "-D", "warnings"]))?;
    let mut clippy =
        toolchain.cargo("clippy --quiet --no-default-features --features client --lib --package aura-auth");
    run(clippy.args(["--", "-D", "warnings"]))
}

/// Runs only the browser tests.
pub(crate) fn browser(arguments: &[String]) -> Result {
    browser_tests(&mut Count::default(), arguments)
}

fn browser_tests(count: &mut Count, arguments: &[String]) -> Result {
    step("npm packages", npm_install)?;
    let chromium = step("chromium", || set_up("Chromium", chromium, "chromium"))?;
    let firefox = step("firefox", || set_up("Firefox", firefox, "firefox-esr"))?;
    let nginx = step("nginx", || set_up("nginx", nginx, "nginx openssl"))?;
    let server = dev::build(false)?;
    step("test server", || run(&mut command("cargo build --quiet --package aura-auth-test-server")))?;
    let client = root().join("target/client-test");
    step("stand-in", || {
        run(&mut command("cargo build --quiet --package aura-auth --features testing --example stand_in"))
    })?;
    step("client in a page", || wasm::build_package(Toolchain::set_up()?, wasm::CLIENT_TEST, false, &client))?;
    let site = |name: &'static str| {
        let site = root().join("target").join(format!("site-{name}"));
        step(name, || wasm::build_package(Toolchain::set_up()?, name, false, &site))?;
        Ok::<_, Box<dyn std::error::Error>>(site)
    };
    let (minimal, islands, modes) = (site(wasm::MINIMAL)?, site(wasm::ISLANDS_TEST)?, site(wasm::MODES_TEST)?);
    step("servers of the small apps", || {
        let together =
            format!("--package {0} --package {1} --features {0}/ssr,{1}/ssr", wasm::MINIMAL, wasm::MODES_TEST);
        // Islands are a feature of Leptos that changes the other apps.
        for packages in [together, format!("--package {} --features ssr", wasm::ISLANDS_TEST)] {
            let mut cargo = command("cargo build --quiet");
            // cargo-leptos sets this variable. If it is set, Leptos names the wasm as cargo-leptos does. The name itself
            // is set when the apps run, so that Leptos is not compiled for each app.
            run(cargo.args(packages.split(' ')).env("LEPTOS_OUTPUT_NAME", "app"))?;
        }
        Ok(())
    })?;
    step("browser tests", || {
        let mut playwright = command("npx --no-install playwright test");
        playwright
            .args(arguments)
            .current_dir(root().join("end2end"))
            .env("CHROMIUM", chromium)
            .env("CLIENT", client.join("pkg"))
            .env("FIREFOX", firefox)
            .env("ISLANDS", server.with_file_name(wasm::ISLANDS_TEST))
            .env("ISLANDS_SITE", &islands)
            .env("MINIMAL", server.with_file_name(wasm::MINIMAL))
            .env("MINIMAL_SITE", &minimal)
            .env("MODES", server.with_file_name(wasm::MODES_TEST))
            .env("MODES_SITE", &modes)
            .env("NGINX", nginx)
            .env("SERVER", &server)
            .env("STAND_IN", server.with_file_name("examples").join("stand_in"))
            .env("TEST_SERVER", server.with_file_name("aura-auth-test-server"))
            .env("SITE", dev::site(false));
        count.run(&mut playwright)
    })
}

pub(crate) fn packages_installed() -> bool {
    root().join("end2end/node_modules/.package-lock.json").exists()
}

/// Installs the npm packages of the browser tests, unless they are installed.
pub(crate) fn npm_install() -> Result {
    npm_install_in(&root().join("end2end"), &[])
}

/// Installs the npm packages of a folder's `package-lock.json`, unless they are installed.
pub(crate) fn npm_install_in(folder: &Path, options: &[&str]) -> Result {
    let modified = |path: &str| folder.join(path).metadata().and_then(|file| file.modified()).ok();
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    let mut npm = command("npm ci --no-audit --no-fund --loglevel=error");
    run(npm.args(options).current_dir(folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
}

/// Returns the path of an installed Chromium.
pub(crate) fn chromium() -> Option<String> {
    let set = std::env::var("CHROMIUM").ok();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    set.or_else(|| names.iter().find_map(|name| output(&mut command(&format!("which {name}")))))
}

/// Returns the path of an installed nginx. Debian installs it in a folder that is not in every user's `PATH`.
pub(crate) fn nginx() -> Option<String> {
    output(&mut command("which nginx")).or_else(|| {
        let path = "/usr/sbin/nginx";
        Path::new(path).exists().then(|| path.to_owned())
    })
}

/// Returns the path of an installed Firefox.
pub(crate) fn firefox() -> Option<String> {
    let set = std::env::var("FIREFOX").ok();
    set.or_else(|| ["firefox-esr", "firefox"].iter().find_map(|name| output(&mut command(&format!("which {name}")))))
}

/// Returns the path of a program. If it is missing, installs it from Debian's packages.
fn set_up(name: &str, find: fn() -> Option<String>, packages: &str) -> Result<String> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if succeeds(&mut command("apt-get --version")) {
        apt_install(packages)?;
    }
    find().ok_or_else(|| format!("no {name} was found: install it (`cargo xtask doctor` says how)").into())
}

impl Count {
    /// Runs a test runner, prints its output and counts the tests.
    fn run(&mut self, command: &mut Command) -> Result {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
            let line = line?;
            println!("{line}");
            self.read(&line);
        }
        let status = child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("tests failed ({status})").into()) }
    }

    /// cargo prints `test result: ok. 5 passed; 0 failed; …`, Playwright `  5 passed (3.2s)`.
    fn read(&mut self, line: &str) {
        let cargo = line.contains("test result:");
        let words: Vec<&str> = line.split(|char: char| char.is_whitespace() || char == ';').collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u32>() else { continue };
            let alone = line.trim_start().starts_with(pair[0]);
            match pair[1] {
                "passed" if cargo || alone => self.passed += number,
                "failed" if cargo || alone => self.failed += number,
                _ => {}
            }
        }
    }
}
