#![allow(clippy::print_stderr, reason = "warnings are for the person at the command line")]

use std::net::SocketAddr;

use aura_auth::oauth::{Bitbucket, ProviderBuilder, bitbucket, github};
use aura_auth::{Auth, AuthBuilder, ConfigError, ConfigProblem, SessionConfig, SignInDecision, SignInKind};
use time::OffsetDateTime;

use crate::app::SIGN_IN_PAGE;
use crate::server::cli::Options;
use crate::server::database::{Database, SessionStore};

/// Returns the app's own settings. The other settings come from the environment.
pub(super) fn builder(options: &Options, store: &SessionStore) -> AuthBuilder {
    let session = SessionConfig::default().mode(options.session_mode.into());
    let builder = Auth::builder().sign_in_page(SIGN_IN_PAGE).error_page("/sign-in/failed").session(session);
    store.keep_sessions(builder).fetch_metadata_isolation(["/pkg"]).on_sign_in(async |sign_in| {
        // The session's own times change when it is extended, so the time of the sign-in is a claim. A refresh of the
        // user info is not a new sign-in and keeps this claim.
        let before = sign_in.session.filter(|_| sign_in.kind == SignInKind::Refresh);
        let before = before.and_then(|session| session.user.get::<i64>("signed_in_at"));
        let signed_in_at = before.unwrap_or_else(|| OffsetDateTime::now_utc().unix_timestamp());
        SignInDecision::AllowAs(sign_in.user.with("signed_in_at", signed_in_at))
    })
}

/// The providers other than Bitbucket. A provider is enabled if its credentials are set.
const OTHERS: [fn() -> ProviderBuilder; 1] = [github];

/// Returns Bitbucket, and the other providers whose credentials are set.
fn providers(options: &Options) -> Vec<ProviderBuilder> {
    let others = OTHERS.into_iter().filter(has_credentials).map(|other| other());
    std::iter::once(provider(bitbucket(), options).into()).chain(others).collect()
}

/// Checks whether the client id or the client secret is set. If only one of them is set, the provider stays enabled, so
/// that the configuration fails with an error.
fn has_credentials(provider: &fn() -> ProviderBuilder) -> bool {
    let built = Auth::builder().oauth([provider()]).build();
    !built.is_err_and(|error| has_no_credentials(&error))
}

/// Configures Bitbucket. If the options name a workspace, only its members may sign in.
pub(super) fn provider(bitbucket: ProviderBuilder<Bitbucket>, options: &Options) -> ProviderBuilder<Bitbucket> {
    match &options.workspace {
        Some(workspace) => bitbucket.require_workspace(workspace),
        None => bitbucket,
    }
}

/// Reports all errors of the configuration, and prints warnings about settings that could be safer. If `is_strict` is
/// set, warnings are errors. Returns where sessions are kept. A database is not opened, because that changes it.
pub(super) fn check(options: &Options, is_strict: bool) -> Result<Database, String> {
    let address = options.address();
    let database = options.database.database();
    let auth = configure(address, options, &SessionStore::stand_in(&database));
    let valid = all_valid(auth, database);
    let (auth, database) = valid.map_err(|problems| format!("The configuration is not valid:\n{problems}"))?;
    let warnings = auth.config_warnings(address);
    for warning in &warnings {
        eprintln!("Warning: {warning} [{}]", warning.code());
    }
    if is_strict && !warnings.is_empty() {
        return Err("The configuration has warnings, which --strict treats as errors.".to_owned());
    }
    Ok(database)
}

/// Returns both values, or the problems of both, one per line.
pub(super) fn all_valid<T>(
    configured: Result<T, ConfigError>,
    database: Result<Database, String>,
) -> Result<(T, Database), String> {
    match (configured, database) {
        (Ok(configured), Ok(database)) => Ok((configured, database)),
        (configured, database) => {
            let problems = [configured.err().map(|error| error.to_string()), database.err()];
            Err(problems.into_iter().flatten().collect::<Vec<_>>().join("\n"))
        }
    }
}

/// Returns the real configuration, if it is valid for this address.
pub(super) fn configure(address: SocketAddr, options: &Options, store: &SessionStore) -> Result<Auth, ConfigError> {
    let auth = builder(options, store).oauth(providers(options)).build()?;
    auth.check_address(address)?;
    Ok(auth)
}

/// Checks whether both credentials are missing: then nobody has started to configure an OAuth consumer.
pub(super) fn has_no_credentials(error: &ConfigError) -> bool {
    let missing = |problem: &&ConfigProblem| matches!(problem, ConfigProblem::CredentialMissing { .. });
    error.problems().iter().filter(missing).count() == 2
}
