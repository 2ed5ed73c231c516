//! `cargo xtask bench stores`

use std::fs;
use std::process::Command;

use crate::bench::{MeasuredServer, ROUNDS, median};
use crate::postgres::Cluster;
use crate::run::{Result, command, root, run, step};
use crate::toolchain::install;

const BENCH: &str = "target/release/aura-auth-stores-bench";
const AXUM_LOGIN: &str = "benches/axum-login/target/release/axum-login-bench";

/// The servers that are compared: the name in the table, the program, and the database.
const SERVERS: [(&str, &str, &str); 5] = [
    ("SQLite: Aura Auth", BENCH, "sqlite"),
    ("SQLite: axum-login", AXUM_LOGIN, "sqlite"),
    ("PostgreSQL: Aura Auth", BENCH, "aura_auth"),
    ("PostgreSQL: axum-login", AXUM_LOGIN, "axum_login"),
    ("PostgreSQL: Better Auth", "node", "better_auth"),
];

/// Compares sessions in SQLite and PostgreSQL with other libraries on the same databases, and measures them among more
/// and more sessions, and while expired ones are deleted.
pub(crate) fn bench_stores(seconds: u64) -> Result {
    install("wrk")?;
    let peers = root().join("benches/peers");
    step("peers", || {
        run(command("npm ci --no-audit --no-fund --loglevel=error").current_dir(&peers))?;
        run(&mut command("cargo build --quiet --release --manifest-path benches/axum-login/Cargo.toml"))?;
        run(&mut command("cargo build --quiet --release --package aura-auth-stores-bench"))
    })?;
    let cluster = Cluster::start()?;
    let files = root().join("target/bench-stores");
    if files.exists() {
        fs::remove_dir_all(&files)?;
    }
    fs::create_dir_all(&files)?;
    let sqlite = |name: &str| format!("sqlite:{}", files.join(name).display());

    println!("\n{}", compared(&cluster, sqlite, seconds)?.join("\n"));
    for (what, database, head) in [
        ("sign-ins", "sign_ins", "| statements of a sign-in | rate limits | calls of the store | in PostgreSQL |"),
        ("growth", "sessions", "| among | sessions | p50 | p99 | slowest | queries | filled in |"),
        (
            "clean-up",
            "sessions",
            "| beside | deleting | deleted | in | reads | p50 | p99 | slowest | over 50 ms | latest timer |",
        ),
    ] {
        // Rows are printed when they are known: some take minutes.
        println!("\n{head}\n{}|", "|---".repeat(head.matches('|').count() - 1));
        let postgres = if what == "clean-up" { cluster.url(database) } else { cluster.database(database)? };
        for url in [sqlite(database), postgres] {
            run(command(BENCH).args([what, &url]))?;
        }
    }
    fs::remove_dir_all(&files)?;
    Ok(())
}

/// What is measured of a server: in each round, or in the last one.
#[derive(Clone, Default)]
struct Measured {
    requests_a_second: Vec<f64>,
    /// Microseconds of processor time a request. SQLite is a part of the server.
    server: Vec<f64>,
    postgres: Vec<f64>,
    queries: Option<f64>,
}

/// Measures the servers over HTTP, in turn.
fn compared(cluster: &Cluster, sqlite: impl Fn(&str) -> String, seconds: u64) -> Result<Vec<String>> {
    let mut urls = Vec::new();
    for (name, _, database) in SERVERS {
        let file = if name.ends_with("axum-login") { "axum-login" } else { "aura-auth" };
        urls.push(if database == "sqlite" { sqlite(file) } else { cluster.database(database)? });
    }
    let mut measured = vec![Measured::default(); SERVERS.len()];
    step("over HTTP", || {
        for _ in 0..ROUNDS {
            for (((_, program, database), url), measured) in SERVERS.iter().zip(&urls).zip(&mut measured) {
                let server = MeasuredServer::start(server(cluster, program, database, url))?;
                // The first second warms up code and caches, and opens the connections.
                server.load(1)?;
                let is_postgres = *database != "sqlite";
                let statements = || is_postgres.then(|| cluster.statements(database)).transpose();
                let processes = if is_postgres { cluster.processes()? } else { Vec::new() };
                let server_id = server.id();
                let processor = || [processor_seconds(&[server_id]), processor_seconds(&processes)];
                let before = (statements()?, processor());
                let load = server.load(seconds)?;
                let after = processor();
                measured.queries = statements()?.zip(before.0).map(|(after, before)| (after - before) / load.requests);
                measured.server.push((after[0] - before.1[0]) / load.requests * 1e6);
                measured.postgres.push((after[1] - before.1[1]) / load.requests * 1e6);
                measured.requests_a_second.push(load.requests_a_second);
            }
        }
        Ok(())
    })?;
    let mut table = vec![
        "| `GET /auth/session` | requests a second | ratio | goal | server, µs | database, µs | ratio | queries |"
            .to_owned(),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    let mut ours = (0.0, 0.0);
    for ((name, ..), Measured { requests_a_second, server, postgres, queries }) in SERVERS.iter().zip(measured) {
        let (rate, server, postgres) = (median(requests_a_second), median(server), median(postgres));
        let queries = queries.map_or_else(String::new, |queries| format!("{queries:.2}"));
        let goal = match name.split_once(": ") {
            Some((_, "axum-login")) => "1.2",
            Some((_, "Better Auth")) => "20",
            _ => {
                ours = (rate, server + postgres);
                ""
            }
        };
        let (faster, cheaper) = (ours.0 / rate, (server + postgres) / ours.1);
        table.push(format!(
            "| {name} | {rate:.0} | {faster:.2} | {goal} | {server:.0} | {postgres:.0} | {cheaper:.2} | {queries} |"
        ));
    }
    Ok(table)
}

/// Returns how long processes have run. Unlike the time of a response, this depends little on what else the machine
/// does. Processes that have ended are ignored.
fn processor_seconds(processes: &[u32]) -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let ticks = processes.iter().filter_map(|id| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name, in parentheses, can contain spaces. The times in user mode and in the kernel are fields 14 and 15.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    });
    ticks.sum::<f64>() / TICKS_A_SECOND
}

fn server(cluster: &Cluster, program: &str, database: &str, url: &str) -> Command {
    let mut server = command(&format!("taskset -c 0 {program}"));
    match program {
        "node" => {
            server.args(["benches/peers/serve.mjs", "better-auth-postgres"]);
            server.env("PGHOST", cluster.host()).env("PGUSER", "postgres").env("PGDATABASE", database);
        }
        BENCH => {
            server.args(["serve", url]);
        }
        _ => {
            server.arg(url);
        }
    }
    server
}
