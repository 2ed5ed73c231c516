//! `cargo xtask fuzz`

use std::fs;

use crate::run::{Result, command, root, run, step, succeeds};

/// Runs every target for `seconds`, starting with its seeds, and stores new inputs in `fuzz/corpus`. Fails at the first
/// input that crashes a target. This input is then in `fuzz/artifacts`.
pub(crate) fn fuzz(seconds: u64) -> Result {
    if !succeeds(&mut command("cargo fuzz --version")) {
        step("cargo-fuzz", || run(&mut command("cargo install --locked cargo-fuzz")))?;
    }
    let folder = root().join("fuzz");
    let cargo_fuzz = |words: &str| {
        let mut cargo = command(&format!("cargo fuzz {words}"));
        // The compiler's coverage instrumentation needs a nightly compiler, or `RUSTC_BOOTSTRAP`. The library is safe
        // Rust, so the address sanitizer would find nothing.
        cargo.current_dir(&folder).env("RUSTC_BOOTSTRAP", "1");
        cargo
    };
    step("fuzz targets", || run(&mut cargo_fuzz("build --sanitizer none")))?;
    let mut targets: Vec<String> = fs::read_dir(folder.join("fuzz_targets"))?
        .filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    targets.sort();
    for target in &targets {
        fs::create_dir_all(folder.join("corpus").join(target))?;
        step(target, || {
            let folders = format!("corpus/{target} seeds/{target}");
            let limits = format!("-max_total_time={seconds} -max_len=4096 -timeout=10 -rss_limit_mb=2048");
            run(&mut cargo_fuzz(&format!("run --sanitizer none {target} {folders} -- {limits} -print_final_stats=1")))
        })?;
    }
    Ok(())
}
