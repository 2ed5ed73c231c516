use std::net::SocketAddr;

use aura_auth::{Auth, AuthBuilder, ConfigError, ConfigProblem, SessionConfig};

use super::cli::Mode;

/// The app's own settings; the rest is the environment's.
pub(super) fn builder(mode: Mode) -> AuthBuilder {
    Auth::builder().error_page("/sign-in/failed").session(SessionConfig::default().mode(mode.into()))
}

/// The real configuration, if all of it is right for this address.
pub(super) fn configure(address: SocketAddr, mode: Mode) -> Result<Auth, ConfigError> {
    let auth = builder(mode).oauth(["bitbucket"]).build()?;
    auth.check_address(address)?;
    Ok(auth)
}

/// Whether there are no credentials at all: then nobody has begun to configure a consumer.
pub(super) fn has_no_credentials(error: &ConfigError) -> bool {
    let missing = |problem: &&ConfigProblem| matches!(problem, ConfigProblem::CredentialMissing { .. });
    error.problems().iter().filter(missing).count() == 2
}
