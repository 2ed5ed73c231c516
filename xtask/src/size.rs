//! `cargo xtask size`

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::run::{Result, command, root, run, step};
use crate::toolchain::Toolchain;
use crate::{dev, test, wasm};

const PACKAGE: &str = "aura-auth-size";

/// The maximum sizes, in bytes of brotli: 5 % more than the size that was measured when the limit was set. They are not
/// goals. They make the cost of a change visible.
const SESSION_LIMIT: i64 = 66_200;
const ALL_LIMIT: i64 = 117_300;
const FIRST_PAGE_LIMIT: i64 = 341_800;
/// The goal for the app's first page: scripts, wasm and style sheet. The app does not reach it yet.
const FIRST_PAGE_GOAL: i64 = 240 * 1024;

/// The other libraries for React apps. `benches/size/peers` has an entry point for each.
const PEERS: [(&str, &str); 3] =
    [("next-auth", "next-auth/react"), ("better-auth", "better-auth/react"), ("clerk", "@clerk/clerk-react")];

/// The sizes of a build's files, in bytes.
#[derive(Clone, Copy)]
struct Weight {
    raw: i64,
    wasm: i64,
    script: i64,
}

impl Weight {
    fn total(self) -> i64 {
        self.wasm + self.script
    }
}

/// Prints how much the parts of the library add to a small app, and how much other libraries add to a React app.
pub(crate) fn size() -> Result {
    let base = small("hydrate")?;
    let session = small("session")?;
    let all = small("all")?;
    let app = app()?;
    let peers = step("peers", peers)?;

    println!();
    println!("brotli 11, bytes                                 wasm   JavaScript    total      (wasm raw)");
    for (what, weight) in [
        ("router, a resource, a server function, meta", base),
        ("  with session, sign-in and sign-out", session),
        ("  with every hook and component", all),
        ("the app", app),
    ] {
        println!("{what:44} {:>8} {:>12} {:>8} {:>15}", weight.wasm, weight.script, weight.total(), weight.raw);
    }
    println!();
    let added = |to: Weight| to.total() - base.total();
    within("session, sign-in and sign-out add", added(session), SESSION_LIMIT)?;
    within("every hook and component adds", added(all), ALL_LIMIT)?;
    for (name, bytes) in peers {
        println!("{:44} {bytes:>8}", format!("{name} adds to a React app"));
    }
    check()
}

/// Checks whether the app's first page is within its limit.
pub(crate) fn check() -> Result {
    let bytes = app()?.total() + compressed(&fs::read(app_files().with_extension("css"))?)?;
    within("the app's scripts, wasm and style sheet", bytes, FIRST_PAGE_LIMIT)?;
    println!("{:44} {FIRST_PAGE_GOAL:>8}", "  the goal");
    Ok(())
}

fn within(what: &str, bytes: i64, limit: i64) -> Result {
    println!("{what:44} {bytes:>8} of at most {limit}");
    if bytes > limit {
        Err(format!("{what} {bytes} bytes, more than the limit of {limit} bytes").into())
    } else {
        Ok(())
    }
}

fn set_up() -> Result<Toolchain> {
    test::npm_install()?;
    Toolchain::set_up()
}

/// Builds a small app with these features. The small apps differ only in their features.
fn small(features: &str) -> Result<Weight> {
    let toolchain = set_up()?;
    let site = root().join("target/size").join(features);
    step(&format!("a small app: {features}"), || wasm::build_with_features(toolchain, PACKAGE, features, true, &site))?;
    weigh(&site.join("pkg").join(PACKAGE))
}

fn app() -> Result<Weight> {
    let toolchain = set_up()?;
    step("the app", || wasm::build(toolchain, true, &dev::site(true)))?;
    weigh(&app_files())
}

/// Returns the path of the app's files without their extension.
fn app_files() -> PathBuf {
    dev::site(true).join("pkg").join(wasm::NAME)
}

/// Bundles the other libraries like a React app does, without React itself.
fn peers() -> Result<Vec<(&'static str, i64)>> {
    let folder = root().join("benches/size/peers");
    test::npm_install_in(&folder, &["--legacy-peer-deps"])?;
    let bundles = root().join("target/size/peers");
    PEERS
        .into_iter()
        .map(|(entry, name)| {
            let bundle = bundles.join(entry).with_extension("js");
            let mut esbuild = command("npx --no-install esbuild --bundle --minify --format=esm --log-level=error");
            esbuild.current_dir(&folder).arg(format!("{entry}.js")).arg(format!("--outfile={}", bundle.display()));
            esbuild.arg("--define:process.env.NODE_ENV=\"production\"");
            run(esbuild.args(["--external:react", "--external:react-dom", "--external:react/jsx-runtime"]))?;
            Ok((name, compressed(&fs::read(&bundle)?)?))
        })
        .collect()
}

fn weigh(name: &Path) -> Result<Weight> {
    let wasm = fs::read(name.with_extension("wasm"))?;
    let script = fs::read(name.with_extension("js"))?;
    Ok(Weight { raw: i64::try_from(wasm.len())?, wasm: compressed(&wasm)?, script: compressed(&script)? })
}

/// Returns the size after compression with brotli, as browsers download it.
fn compressed(content: &[u8]) -> Result<i64> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    writer.write_all(content)?;
    Ok(i64::try_from(writer.into_inner().len())?)
}
