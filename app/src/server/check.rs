#![allow(clippy::print_stderr, reason = "warnings are for the person at the command line")]

use std::net::SocketAddr;

use aura_auth::oauth::{Bitbucket, ProviderBuilder, bitbucket, github};
use aura_auth::{Auth, AuthBuilder, ConfigError, ConfigProblem, SessionConfig, SignInDecision, SignInKind};
use time::OffsetDateTime;

use super::cli::Options;
use crate::app::SIGN_IN_PAGE;

/// The app's own settings; the rest is the environment's.
pub(super) fn builder(options: &Options) -> AuthBuilder {
    let session = SessionConfig::default().mode(options.session_mode.into());
    let builder = Auth::builder().sign_in_page(SIGN_IN_PAGE).error_page("/sign-in/failed").session(session);
    builder.fetch_metadata_isolation(["/pkg"]).on_sign_in(async |sign_in| {
        // The session's own times say when it was last prolonged, and a refresh is no new sign-in.
        let before = sign_in.session.filter(|_| sign_in.kind == SignInKind::Refresh);
        let before = before.and_then(|session| session.user.get::<i64>("signed_in_at"));
        let signed_in_at = before.unwrap_or_else(|| OffsetDateTime::now_utc().unix_timestamp());
        SignInDecision::AllowAs(sign_in.user.with("signed_in_at", signed_in_at))
    })
}

/// The providers beside Bitbucket. Each is there where its credentials are set.
const OTHERS: [fn() -> ProviderBuilder; 1] = [github];

/// Bitbucket, and the others whose credentials are set.
fn providers(options: &Options) -> Vec<ProviderBuilder> {
    let others = OTHERS.into_iter().filter(has_credentials).map(|other| other());
    std::iter::once(provider(bitbucket(), options).into()).chain(others).collect()
}

/// Whether one of the two is set. Half a configuration is an error, and no reason to leave the provider out.
fn has_credentials(provider: &fn() -> ProviderBuilder) -> bool {
    let built = Auth::builder().oauth([provider()]).build();
    !built.is_err_and(|error| has_no_credentials(&error))
}

/// Bitbucket. It admits the members of the workspace that the options name, or everybody.
pub(super) fn provider(bitbucket: ProviderBuilder<Bitbucket>, options: &Options) -> ProviderBuilder<Bitbucket> {
    match &options.workspace {
        Some(workspace) => bitbucket.require_workspace(workspace),
        None => bitbucket,
    }
}

/// Names all that is wrong with the configuration, and prints what is less safe than it could be; where that
/// is strict, it is wrong too.
pub(super) fn check(options: &Options, is_strict: bool) -> Result<(), String> {
    let address = options.address();
    let auth = configure(address, options).map_err(|error| format!("The configuration is not complete:\n{error}"))?;
    let warnings = auth.config_warnings(address);
    for warning in &warnings {
        eprintln!("Warning: {warning} [{}]", warning.code());
    }
    if is_strict && !warnings.is_empty() {
        return Err("The configuration is not safe enough for --strict.".to_owned());
    }
    Ok(())
}

/// The real configuration, if all of it is right for this address.
pub(super) fn configure(address: SocketAddr, options: &Options) -> Result<Auth, ConfigError> {
    let auth = builder(options).oauth(providers(options)).build()?;
    auth.check_address(address)?;
    Ok(auth)
}

/// Whether there are no credentials at all: then nobody has begun to configure a consumer.
pub(super) fn has_no_credentials(error: &ConfigError) -> bool {
    let missing = |problem: &&ConfigProblem| matches!(problem, ConfigProblem::CredentialMissing { .. });
    error.problems().iter().filter(missing).count() == 2
}
