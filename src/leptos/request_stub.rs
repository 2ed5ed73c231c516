//! The browser's versions of [`session`], [`require_session`] and [`access_token`], so that a `use` of them next to a
//! `#[server]` function also compiles for the browser. The body of a server function never runs in the browser. If
//! other code calls them, they log which function to call instead.

use crate::{AuthError, Session};

/// Returns the session, inside a server function. In the browser always `None`: use
/// [`use_session`](crate::leptos::use_session).
pub async fn session() -> Option<Session> {
    leptos::logging::error!("session() is for server functions: call use_session() in a component");
    None
}

/// Returns the session, inside a server function.
///
/// # Errors
///
/// In the browser always [`ServerError`](AuthError::ServerError): use [`use_session`](crate::leptos::use_session).
pub async fn require_session() -> Result<Session, AuthError> {
    leptos::logging::error!("require_session() is for server functions: call use_session() in a component");
    Err(AuthError::ServerError)
}

/// Returns the provider's access token, inside a server function.
///
/// # Errors
///
/// In the browser always [`ProviderTokensNotSent`](AuthError::ProviderTokensNotSent): use
/// [`use_access_token`](crate::leptos::use_access_token), or call a server function under `/auth/providers`.
pub async fn access_token(_provider: &str) -> Result<String, AuthError> {
    leptos::logging::error!(
        "access_token() is for server functions: call use_access_token() in a component, or a server function \
         under the base path's /providers"
    );
    Err(AuthError::ProviderTokensNotSent)
}
