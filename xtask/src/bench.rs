//! `cargo xtask bench`

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::dist;
use crate::plot::{self, Bar};
use crate::run::{Result, command, output, root, run, step};
use crate::toolchain::install;

/// How often each server is measured. The servers take turns, so that a change in the computer's speed affects all of
/// them.
pub(crate) const ROUNDS: usize = 3;

/// The properties that grow in a benchmark: the Criterion group, and its name in the table.
const GROWTH: [(&str, &str); 3] =
    [("providers", "providers"), ("cookies", "other cookies"), ("sessions", "sessions in turn")];

/// Compares the library with the bare cryptography, with servers without a session, and with other libraries.
pub(crate) fn bench(seconds: u64) -> Result {
    install("wrk")?;
    install("valgrind")?;
    let app = dist::dist(true)?;
    let peers = root().join("benches/peers");
    step("peers", || {
        run(command("npm ci --no-audit --no-fund --loglevel=error").current_dir(&peers))?;
        run(&mut command("cargo build --quiet --release --package aura-auth-http-bench"))
    })?;
    step("in process", || {
        run(command("cargo bench --quiet --package aura-auth --features testing --bench floor").stdout(Stdio::null()))?;
        for bench in ["allocations", "timing"] {
            let mut cargo = command("cargo bench --quiet --package aura-auth --features testing --bench");
            run(cargo.arg(bench))?;
        }
        Ok(())
    })?;
    let mut table = vec!["| | floor | session | ratio | goal |".to_owned(), "|---|---|---|---|---|".to_owned()];
    for (group, what) in [("open", "opening, µs"), ("seal", "sealing, µs")] {
        let (floor, session) = (microseconds(group, "floor")?, microseconds(group, "session")?);
        let ratio = session / floor;
        table.push(format!("| {what} | {floor:.2} | {session:.2} | {ratio:.2} | at most 1.5 |"));
    }
    for (group, what) in GROWTH {
        let times: Vec<String> =
            grown(group)?.into_iter().map(|(count, time)| format!("{count}: {time:.2} µs")).collect();
        table.push(format!("| opening, {what} | | {} | | flat |", times.join(", ")));
    }

    let servers = ["bare", "bare-headers", "session", "plain-page", "page", "axum-login", "auth-js", "better-auth"];
    let mut measured = vec![Vec::new(); servers.len()];
    step("over HTTP", || {
        for _ in 0..ROUNDS {
            for (server, rates) in servers.iter().zip(&mut measured) {
                rates.push(requests_a_second(server, seconds)?);
            }
        }
        Ok(())
    })?;
    let rates: Vec<f64> = measured.into_iter().map(median).collect();
    let rate = |server: &str| {
        let at = servers.iter().position(|one| *one == server).unwrap_or_default();
        rates.get(at).copied().unwrap_or_default()
    };
    table.push(String::new());
    table.push("| requests a second, a core each | | beside | ratio | goal |".to_owned());
    table.push("|---|---|---|---|---|".to_owned());
    for (what, server, beside, goal) in [
        ("`GET /auth/session`, beside a bare axum handler", "session", "bare", "at least 0.9"),
        ("the same, beside one with the same headers", "session", "bare-headers", ""),
        ("a page with the session, beside one without", "page", "plain-page", "at least 0.95"),
        ("session, beside axum-login (in memory)", "session", "axum-login", ""),
        ("session, beside Auth.js", "session", "auth-js", ""),
        ("session, beside Better Auth (cookie cache)", "session", "better-auth", ""),
    ] {
        let (ours, theirs) = (rate(server), rate(beside));
        let ratio = ours / theirs;
        table.push(format!("| {what} | {ours:.0} | {theirs:.0} | {ratio:.2} | {goal} |"));
    }

    draw(rate)?;
    table.push(String::new());
    table.push("| instructions a request, without a network | |".to_owned());
    table.push("|---|---|".to_owned());
    step("instructions", || {
        for server in ["bare", "bare-headers", "session", "plain-page", "page", "axum-login"] {
            table.push(format!("| {server} | {} |", instructions(server)?));
        }
        Ok(())
    })?;

    let (starts, memory): (Vec<_>, Vec<_>) =
        (0..10).map(|_| start(&app)).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let (first_answer, idle) = (median(starts) * 1000.0, median(memory));
    let megabytes = fs::metadata(&app)?.len() as f64 / 1e6;
    table.push(String::new());
    table.push(format!(
        "The app: {first_answer:.0} ms from its start to its first answer, {idle:.1} MB of resident memory then, \
         a file of {megabytes:.1} MB."
    ));
    println!("\n{}", table.join("\n"));
    Ok(())
}

/// Draws the figures of `BENCHMARKS.md`.
fn draw(rate: impl Fn(&str) -> f64) -> Result {
    let requests = [
        Bar::beside("bare axum handler", rate("bare")),
        Bar::beside("the same, with our headers", rate("bare-headers")),
        Bar::beside("axum-login, in memory", rate("axum-login")),
        Bar::ours("Aura Auth for Leptos", rate("session")),
        Bar::beside("Auth.js", rate("auth-js")),
        Bar::beside("Better Auth, cookie cache", rate("better-auth")),
    ];
    let sessions = [
        Bar::beside("opening: the bare cryptography", microseconds("open", "floor")?),
        Bar::ours("opening: Aura Auth", microseconds("open", "session")?),
        Bar::beside("sealing: the bare cryptography", microseconds("seal", "floor")?),
        Bar::ours("sealing: Aura Auth", microseconds("seal", "session")?),
    ];
    let mut growth = Vec::new();
    for (group, what) in GROWTH {
        for (count, time) in grown(group)? {
            growth.push(Bar::ours(&format!("{what}: {count}"), time));
        }
    }
    let folder = root().join("docs/benchmarks");
    fs::create_dir_all(&folder)?;
    for (file, picture) in [
        ("requests.svg", plot::bars("Who is signed in: requests a second, on one core", 0, &requests)),
        ("sessions.svg", plot::bars("A session, in microseconds", 2, &sessions)),
        ("growth.svg", plot::bars("Opening a session beside more of everything, in microseconds", 2, &growth)),
    ] {
        fs::write(folder.join(file), picture)?;
    }
    Ok(())
}

/// Returns how many microseconds it takes to open a session, for each size of a group.
fn grown(group: &str) -> Result<Vec<(u32, f64)>> {
    [1, 10, 100].into_iter().map(|count| Ok((count, microseconds(group, &count.to_string())?))).collect()
}

/// Returns Criterion's median, in microseconds.
fn microseconds(group: &str, name: &str) -> Result<f64> {
    let file = root().join("target/criterion").join(group).join(name).join("new/estimates.json");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let median = text.split_once("\"median\"").ok_or("no median")?.1;
    let estimate = median.split_once("\"point_estimate\":").ok_or("no estimate")?.1;
    let nanoseconds = estimate.split([',', '}']).next().unwrap_or_default();
    Ok(nanoseconds.trim().parse::<f64>()? / 1000.0)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A child process that is killed when this value is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns how many requests a second a server answers.
fn requests_a_second(server: &str, seconds: u64) -> Result<f64> {
    let program = match server {
        "auth-js" | "better-auth" => command(&format!("taskset -c 0 node benches/peers/serve.mjs {server}")),
        _ => command(&format!("taskset -c 0 target/release/aura-auth-http-bench {server}")),
    };
    let server = MeasuredServer::start(program)?;
    // The first second warms up code and caches.
    server.load(1)?;
    Ok(server.load(seconds)?.requests_a_second)
}

/// A server on one core, and what it has printed: the URL, and the cookie to send.
pub(crate) struct MeasuredServer {
    server: Server,
    name: String,
    cookie: String,
    url: String,
}

/// What the load generator has counted.
pub(crate) struct Load {
    pub(crate) requests: f64,
    pub(crate) requests_a_second: f64,
}

impl MeasuredServer {
    /// Starts a server. The command must choose its core: the load generator has the other one.
    pub(crate) fn start(mut program: Command) -> Result<Self> {
        let name = format!("{program:?}");
        let mut child = program.env("TOKIO_WORKER_THREADS", "1").stdout(Stdio::piped()).spawn()?;
        let lines = child.stdout.take().map(BufReader::new).ok_or("no output")?.lines();
        let server = Server(child);
        let mut cookie = String::new();
        for line in lines.map_while(std::result::Result::ok) {
            if let Some(found) = line.strip_prefix("cookie ") {
                cookie = format!("Cookie: {found}");
            } else if let Some(url) = line.strip_prefix("listening on ") {
                return Ok(Self { server, name, cookie, url: url.to_owned() });
            }
        }
        Err(format!("{name} ends before it listens").into())
    }

    pub(crate) fn id(&self) -> u32 {
        self.server.0.id()
    }

    /// Sends requests as fast as the server answers them. A response without success is an error.
    pub(crate) fn load(&self, seconds: u64) -> Result<Load> {
        let mut wrk = command(&format!("taskset -c 1 wrk -t1 -c32 -d{seconds}s"));
        let found = output(wrk.args(["-H", &self.cookie, &self.url])).ok_or("wrk failed")?;
        if found.contains("Non-2xx") || found.contains("Socket errors") {
            return Err(format!("{}: {found}", self.name).into());
        }
        let rate = found.lines().find_map(|line| line.strip_prefix("Requests/sec:")).ok_or("no rate")?;
        let requests = found.lines().find_map(|line| line.split_once(" requests in ")).ok_or("no requests")?.0;
        Ok(Load { requests: requests.trim().parse()?, requests_a_second: rate.trim().parse()? })
    }
}

/// Returns how many instructions a request takes, without the work that is done only once. Valgrind's emulated
/// processor has no SHA instructions, so each hash takes many more instructions than on real hardware.
fn instructions(server: &str) -> Result<u64> {
    let counted = |requests: u64| -> Result<u64> {
        let mut valgrind = command("valgrind --tool=callgrind --callgrind-out-file=/dev/null");
        valgrind.args(["target/release/aura-auth-http-bench", server, &requests.to_string()]);
        let found = valgrind.output()?;
        let text = String::from_utf8_lossy(&found.stderr);
        let count = text.lines().find_map(|line| line.split_once("Collected : ")).ok_or_else(|| text.to_string())?;
        Ok(count.1.trim().parse()?)
    };
    let (few, many) = (200, 1200);
    Ok(counted(many)?.saturating_sub(counted(few)?) / (many - few))
}

/// Starts the app. Returns the seconds until its first response, and its resident memory at this time, in megabytes.
fn start(app: &Path) -> Result<(f64, f64)> {
    let start = Instant::now();
    let mut child =
        Command::new(app).args(["--port", "0", "--demo"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let lines = child.stdout.take().map(BufReader::new).ok_or("no output")?.lines();
    let server = Server(child);
    let url = lines
        .map_while(std::result::Result::ok)
        .find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
    let address = url.ok_or("the app did not print its address")?;
    let mut stream = TcpStream::connect(&address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let took = start.elapsed().as_secs_f64();
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(answer.into());
    }
    let status = fs::read_to_string(format!("/proc/{}/status", server.0.id()))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok((took, resident.trim().trim_end_matches(" kB").parse::<f64>()? / 1000.0))
}
