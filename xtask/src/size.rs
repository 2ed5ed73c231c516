//! `cargo xtask size`

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::run::{Result, root, step};
use crate::toolchain::Toolchain;
use crate::{dev, test, wasm};

const PACKAGE: &str = "aura-auth-size";

/// What something may weigh, in bytes of brotli.
#[derive(Clone, Copy)]
struct Budget {
    /// What was asked for. The first two are missed; ARCHITECTURE.md says what is left.
    goal: i64,
    /// What it must not pass: what it weighs today, and a little.
    limit: i64,
}

/// What the library's hooks and components, all of them, add to an app without a server function.
const ALONE: Budget = Budget { goal: 16 * 1024, limit: 20_500 };
/// The same, to an app that has one.
const BESIDE: Budget = Budget { goal: 8 * 1024, limit: 19_700 };
/// The first page of the app, all that the browser loads for it.
const FIRST_PAGE: Budget = Budget { goal: 200 * 1024, limit: 200 * 1024 };

/// What a build's files weigh, in bytes.
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

/// Builds small apps that differ in one thing, and prints what that thing adds.
pub(crate) fn size() -> Result {
    let toolchain = step("wasm toolchain", Toolchain::set_up)?;
    step("wasm-opt", test::npm_install)?;
    let small = |name: &str, features: &str| -> Result<Weight> {
        let site = root().join("target/size").join(features.replace(',', "-"));
        step(name, || wasm::build_with_features(toolchain, PACKAGE, features, true, &site))?;
        weigh(&site.join("pkg").join(PACKAGE))
    };
    let base = small("router, a resource, meta", "hydrate")?;
    let session = small("  and the session", "session")?;
    let function = small("router, a resource, meta, a server function", "server-function")?;
    let both = small("  and the session", "server-function,session")?;
    let site = dev::site(true);
    step("the app", || wasm::build(toolchain, true, &site))?;
    let name = site.join("pkg").join(wasm::NAME);
    let app = weigh(&name)?;
    let style = compressed(&fs::read(name.with_extension("css"))?)?;

    println!();
    println!("brotli 11, bytes                                 wasm   JavaScript    total      (wasm raw)");
    for (what, weight) in [
        ("router, a resource, meta", base),
        ("  with every hook and component", session),
        ("router, a resource, meta, a server function", function),
        ("  with every hook and component", both),
        ("the app", app),
    ] {
        println!("{what:44} {:>8} {:>12} {:>8} {:>15}", weight.wasm, weight.script, weight.total(), weight.raw);
    }
    println!();
    let added = [
        ("added to an app without a server function", session.total() - base.total(), ALONE),
        ("added to an app with one", both.total() - function.total(), BESIDE),
        ("the app's scripts, wasm and style sheet", app.total() + style, FIRST_PAGE),
    ];
    for (what, bytes, budget) in added {
        println!("{what:44} {bytes:>8} of {}; asked for: {}", budget.limit, budget.goal);
    }
    match added.iter().find(|(_, bytes, budget)| *bytes > budget.limit) {
        Some((what, ..)) => Err(format!("{what}: over budget").into()),
        None => Ok(()),
    }
}

fn weigh(name: &Path) -> Result<Weight> {
    let wasm = fs::read(name.with_extension("wasm"))?;
    let script = fs::read(name.with_extension("js"))?;
    Ok(Weight { raw: i64::try_from(wasm.len())?, wasm: compressed(&wasm)?, script: compressed(&script)? })
}

/// The size as a browser gets it.
fn compressed(content: &[u8]) -> Result<i64> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    writer.write_all(content)?;
    Ok(i64::try_from(writer.into_inner().len())?)
}
