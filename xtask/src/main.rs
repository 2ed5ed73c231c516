//! `cargo xtask`: installs missing tools, and calls the tools that do the work.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

mod bench;
mod bench_stores;
mod dev;
mod dist;
mod doctor;
mod fuzz;
mod load;
mod package;
mod plot;
mod postgres;
mod run;
mod size;
mod test;
mod toolchain;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, tests and packs Aura Auth for Leptos")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs missing tools, builds the app and serves it, with its sessions in target/dev.db
    Dev {
        /// The port on 127.0.0.1
        #[arg(long, default_value_t = 3000)]
        port: u16,
        /// Build with optimizations
        #[arg(long)]
        release: bool,
    },
    /// Installs what the tests need, and runs all tests
    Test {
        /// Run only format, lints, and unit and HTTP tests, and print which checks were not run
        #[arg(long)]
        fast: bool,
    },
    /// Runs only the browser tests; further arguments are for Playwright
    Browser {
        /// For example a file name or `--grep`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Builds target/dist/aura-auth-app, with its assets inside
    Dist {
        /// Build target/dist/aura-auth-app-demo, which also contains a stand-in for Bitbucket
        #[arg(long)]
        demo: bool,
    },
    /// Prints how much the library adds to an app's wasm, and fails if a size is over its limit
    Size,
    /// Fuzzes the parsers
    Fuzz {
        /// For how many seconds each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Signs people in and reads sessions as fast as possible, and prints the rates
    Load {
        /// For how many seconds each of the two parts runs
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Compares the library's speed with bare cryptography, with servers without a session, and with other libraries
    Bench {
        /// `stores` measures sessions in SQLite and PostgreSQL instead, which takes half an hour
        what: Option<BenchOf>,
        /// For how many seconds each server is measured, in each of three rounds
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// Signs people in while the provider, the server, the clock and the computer fail
    Chaos,
    /// Runs three processes of the app with one PostgreSQL, and uses them while parts of it fail
    Cluster {
        /// For how many seconds each phase runs
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Run only these phases, by their numbers
        #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=6))]
        phases: Vec<u8>,
    },
    /// Prints which tools are installed and which are missing
    Doctor,
}

#[derive(Clone, Copy, ValueEnum)]
enum BenchOf {
    Stores,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Dev { port, release } => dev::dev(port, release),
        Command::Test { fast: false } => test::test(),
        Command::Test { fast: true } => test::fast(),
        Command::Browser { arguments } => test::browser(&arguments),
        Command::Dist { demo } => dist::dist(demo).map(|_| ()),
        Command::Size => size::size(),
        Command::Fuzz { seconds } => fuzz::fuzz(seconds),
        Command::Load { seconds } => load::load(seconds),
        Command::Bench { what: None, seconds } => bench::bench(seconds),
        Command::Bench { what: Some(BenchOf::Stores), seconds } => bench_stores::bench_stores(seconds),
        Command::Chaos => load::chaos(),
        Command::Cluster { seconds, phases } => load::cluster(seconds, &phases),
        Command::Doctor => doctor::doctor(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
