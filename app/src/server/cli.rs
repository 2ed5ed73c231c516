#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use aura_auth::{SessionMode, SystemRandom, generate_secret};
use clap::{Parser, Subcommand, ValueEnum};

use super::log::LogFormat;
use super::{check, log, serve};

/// A Leptos application that signs people in with Bitbucket.
///
/// It is configured by the environment and a file `.env`; `.env.example` explains each value.
#[derive(Parser)]
#[command(name = "aura-auth-app", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Prints a fresh secret and salt, ready for `.env`
    Secret,
    /// Names every missing or weak value of the configuration with its fix, and stops
    Check,
}

#[derive(clap::Args)]
pub(super) struct Options {
    /// The address to listen on
    #[arg(long, global = true, env = "HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free one
    #[arg(long, global = true, env = "PORT", default_value_t = 3000)]
    port: u16,
    /// Sign in with a stand-in for Bitbucket, on this machine only
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "always", default_value_t, value_enum)]
    pub(super) demo: DemoMode,
    /// Where the demo keeps its secret and salt, so that a restart keeps people signed in
    #[arg(long, value_name = "FILE")]
    pub(super) demo_secrets: Option<PathBuf>,
    /// What the session's cookie is; a change signs everybody out
    #[arg(long, env = "SESSION_MODE", default_value_t, value_enum)]
    pub(super) session_mode: Mode,
    /// Let in members of this Bitbucket workspace only: its slug, or its UUID in braces
    #[arg(long, env = "WORKSPACE")]
    pub(super) workspace: Option<String>,
    /// Serve counters for Prometheus on this loopback address, like 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS", env = "METRICS")]
    pub(super) metrics: Option<SocketAddr>,
    /// How log lines look
    #[arg(long, default_value_t, value_enum)]
    log: LogFormat,
    /// The folder with the site's assets
    #[cfg_attr(feature = "embed", arg(hide = true))]
    #[arg(long, value_name = "FOLDER", default_value = "target/site")]
    pub(super) site: PathBuf,
}

/// What the session's cookie is.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Mode {
    /// Signed, and then encrypted
    #[default]
    Sealed,
    /// Signed, with AURA_AUTH_SIGNING_PRIVATE_KEY if that is set
    Signed,
    /// Encrypted in one step
    Encrypted,
}

impl From<Mode> for SessionMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Sealed => Self::Sealed,
            Mode::Signed => Self::Signed,
            Mode::Encrypted => Self::Encrypted,
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// When the stand-in takes Bitbucket's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DemoMode {
    /// Always
    Always,
    /// When no credentials are configured
    Auto,
    /// Never
    Never,
}

impl Default for DemoMode {
    /// What is deployed must not let anybody in because a variable was forgotten.
    fn default() -> Self {
        if cfg!(debug_assertions) { Self::Auto } else { Self::Never }
    }
}

impl std::fmt::Display for DemoMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

impl std::fmt::Display for LogFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

impl Options {
    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

/// The program: reads the command line and does what it says.
#[must_use]
pub fn run() -> ExitCode {
    // No file is no fault; one that can't be read is.
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        eprintln!(".env can't be read: {error}");
        return ExitCode::FAILURE;
    }
    let Cli { command, options } = Cli::parse();
    let done = match command {
        Some(Command::Secret) => secret(),
        Some(Command::Check) => check::check(&options).map(|()| println!("The configuration is complete.")),
        None => {
            log::start(options.log);
            serve::serve(&options).map_err(|error| error.to_string())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn secret() -> Result<(), String> {
    let new = || generate_secret(&SystemRandom).map_err(|error| error.to_string());
    print!("{}", env_lines(&new()?, &new()?));
    Ok(())
}

/// Lines for `.env`.
pub(super) fn env_lines(secret: &str, salt: &str) -> String {
    format!("AURA_AUTH_SECRET=\"{secret}\"\nAURA_AUTH_SALT=\"{salt}\"\n")
}
