//! `cargo xtask load`

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::dist;
use crate::run::{Result, command, run, step};

/// Ends the server however the load ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds the app as it is shipped, starts its demo, and has people sign in and read their sessions.
pub(crate) fn load(seconds: u64) -> Result {
    let app = dist::dist()?;
    step("load", || run(&mut command("cargo build --quiet --release --package aura-auth-load")))?;
    let mut child = Command::new(app)
        .args(["--port", "0", "--demo"])
        // Everybody has an address of their own, so that nobody meets a rate limit.
        .env("AURA_AUTH_TRUSTED_PROXY_HEADERS", "true")
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("no output")?;
    let server = Server(child);
    let url = BufReader::new(output)
        .lines()
        .map_while(std::result::Result::ok)
        .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
        .ok_or("the app does not say where it listens")?;
    let mut load = command("target/release/aura-auth-load");
    run(load.args([url, server.0.id().to_string(), seconds.to_string()]))
}
