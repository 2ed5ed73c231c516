//! `cargo xtask`: sets up what is missing and calls the tools that do the work.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

mod bench;
mod dev;
mod dist;
mod doctor;
mod fuzz;
mod load;
mod plot;
mod run;
mod size;
mod test;
mod toolchain;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, tests and packs Aura Auth for Leptos")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets up what is missing, builds the app and serves it
    Dev {
        /// The port on 127.0.0.1
        #[arg(long, default_value_t = 3000)]
        port: u16,
        /// Build with optimizations
        #[arg(long)]
        release: bool,
    },
    /// Sets up what tests need and runs all of them
    Test,
    /// Runs the browser tests alone; what follows is for Playwright
    Browser {
        /// A file's name or `--grep`, say
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Builds target/dist/aura-auth-app, with its assets inside
    Dist {
        /// Build target/dist/aura-auth-app-demo, with a stand-in for Bitbucket inside too
        #[arg(long)]
        demo: bool,
    },
    /// Says what the library adds to an app's wasm, and fails where that is over budget
    Size,
    /// Feeds parsers with what nobody would send
    Fuzz {
        /// For how long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Signs people in and reads sessions as fast as the machine goes, and says how fast that is
    Load {
        /// For how long each of the two
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Compares with the bare cryptography, with no session at all, and with peers
    Bench {
        /// For how long each server answers, in each of three rounds
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// Has people sign in while the provider, the server, the clock and the machine fail
    Chaos,
    /// Says what is set up and what is missing
    Doctor,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Dev { port, release } => dev::dev(port, release),
        Command::Test => test::test(),
        Command::Browser { arguments } => test::browser(&arguments),
        Command::Dist { demo } => dist::dist(demo).map(|_| ()),
        Command::Size => size::size(),
        Command::Fuzz { seconds } => fuzz::fuzz(seconds),
        Command::Load { seconds } => load::load(seconds),
        Command::Bench { seconds } => bench::bench(seconds),
        Command::Chaos => load::chaos(),
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
