#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aura_auth::{SessionMode, SystemRandom, generate_secret};
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::server::database::DatabaseOptions;
use crate::server::log::LogFormat;
use crate::server::time_limits::TimeLimits;
use crate::server::{check, database, log, serve};

/// A Leptos application that signs people in with Bitbucket.
///
/// The environment and the file of --env-file configure it. Without --env-file, a debug build reads `.env` in the
/// working directory. `.env.example` explains each value.
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
    /// Prints a new secret and salt, ready for `.env`
    Secret,
    /// Reports every missing or weak value of the configuration and how to fix it, and exits
    Check {
        /// Treat warnings as errors
        #[arg(long)]
        strict: bool,
    },
    /// Creates the tables of the database or brings them up to date, and exits; the app does the same at its start
    Migrate {
        /// Print the SQL instead, which can run any number of times; only the scheme of the URL counts
        #[arg(long)]
        print: bool,
    },
}

#[derive(clap::Args)]
pub(super) struct Options {
    /// Read variables from this file; variables of the environment take precedence
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// The address to listen on
    #[arg(long, global = true, env = "HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 chooses a free port
    #[arg(long, global = true, env = "PORT", default_value_t = 3000)]
    port: u16,
    /// Sign in with a stand-in for Bitbucket, on this computer only, if the program was built with it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "always", default_value_t, value_enum)]
    pub(super) demo: DemoMode,
    /// The file in which the demo stores its secret and salt, so that people stay signed in after a restart
    #[cfg(feature = "demo")]
    #[arg(long, value_name = "FILE")]
    pub(super) demo_secrets: Option<PathBuf>,
    /// The format of the session cookie; a change signs everybody out
    #[arg(long, env = "SESSION_MODE", default_value_t, value_enum)]
    pub(super) session_mode: Mode,
    /// Allow only members of this Bitbucket workspace to sign in: its slug, or its UUID in braces
    #[arg(long, env = "WORKSPACE", value_parser = workspace)]
    pub(super) workspace: Option<String>,
    #[command(flatten)]
    pub(super) database: DatabaseOptions,
    /// Serve metrics for Prometheus on this loopback address, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS", env = "METRICS")]
    pub(super) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(super) time_limits: TimeLimits,
    /// The format of log lines
    #[arg(long, default_value_t, value_enum)]
    log: LogFormat,
    /// The folder of the site's assets
    #[cfg_attr(feature = "embed", arg(hide = true))]
    #[arg(long, value_name = "FOLDER", default_value = "target/site")]
    pub(super) site: PathBuf,
}

/// The format of the session cookie.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Mode {
    /// Signed, and then encrypted
    #[default]
    Sealed,
    /// Signed, with AURA_AUTH_SIGNING_PRIVATE_KEY if it is set
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

/// When the stand-in replaces Bitbucket.
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
    /// A deployed program must not let anybody sign in because a variable is missing.
    fn default() -> Self {
        if cfg!(all(debug_assertions, feature = "demo")) { Self::Auto } else { Self::Never }
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

/// Runs the program: parses the command line and executes the command.
#[must_use]
pub fn run() -> ExitCode {
    if let Err(error) = read_env_file() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let Cli { command, options } = Cli::parse();
    let done = match command {
        Some(Command::Secret) => secret(),
        Some(Command::Check { strict }) => {
            let checked = check::check(&options, strict);
            checked.map(|database| println!("The configuration is valid. Sessions are in {database}."))
        }
        Some(Command::Migrate { print }) => database::migrate(&options.database, print),
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

/// Reads the env file. This comes before the command line is parsed, since options take values from the environment.
fn read_env_file() -> Result<(), String> {
    // Errors of the command line are ignored here. They are reported when it is parsed again.
    let matches = Cli::command().ignore_errors(true).try_get_matches().ok();
    let asked = matches.and_then(|matches| matches.try_get_one::<PathBuf>("env_file").ok().flatten().cloned());
    let Some(file) = env_file(asked, cfg!(debug_assertions), Path::new(".env").is_file()) else { return Ok(()) };
    dotenvy::from_path(&file).map_err(|error| format!("{} can't be read: {error}", file.display()))
}

/// Returns the env file: the one of the option, or else, in a debug build, the `.env` of the working directory if it
/// exists. A release build reads only the file of the option, and no build searches the parent folders, so that an
/// unrelated file can't configure the program.
fn env_file(asked: Option<PathBuf>, is_debug: bool, is_there: bool) -> Option<PathBuf> {
    asked.or_else(|| (is_debug && is_there).then(|| PathBuf::from(".env")))
}

/// Parses a workspace's slug or UUID. Neither contains quotes or comments, which some tools do not remove from the
/// values of an env file.
fn workspace(text: &str) -> Result<String, String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.{}".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_allowed) {
        return Ok(text.to_owned());
    }
    Err("use only letters, digits, `-`, `_`, `.` and braces, without quotes, white space or a comment".to_owned())
}

fn secret() -> Result<(), String> {
    let new = || generate_secret(&SystemRandom).map_err(|error| error.to_string());
    print!("{}", env_lines(new()?.expose(), new()?.expose()));
    Ok(())
}

/// Returns the two lines for `.env`.
pub(super) fn env_lines(secret: &str, salt: &str) -> String {
    format!("AURA_AUTH_SECRET=\"{secret}\"\nAURA_AUTH_SALT=\"{salt}\"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_build_reads_an_env_file_only_if_an_argument_names_it() {
        let asked = || Some(PathBuf::from("production.env"));
        for (is_debug, is_there) in [(true, true), (true, false), (false, true), (false, false)] {
            assert_eq!(env_file(asked(), is_debug, is_there), asked());
            let found = (is_debug && is_there).then(|| PathBuf::from(".env"));
            assert_eq!(env_file(None, is_debug, is_there), found);
        }
    }
}
