use leptos::prelude::*;

use crate::leptos::server_functions::PageClient;
use crate::{AuthError, Secret, Session, TokenSet};

/// Returns a provider's tokens. Tokens that are about to expire are refreshed first. See
/// [`Api::get_provider_tokens`](crate::Api::get_provider_tokens).
///
/// # Errors
///
/// - [`ProviderNotConnected`](AuthError::ProviderNotConnected), [`RefreshTokenDead`](AuthError::RefreshTokenDead),
///   [`AccessTokenExpired`](AuthError::AccessTokenExpired) or the provider's error.
/// - A session error.
/// - [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app sent the request.
#[server(name = FetchProviderTokens, prefix = "/auth/providers", endpoint = "provider_tokens", client = PageClient)]
pub async fn provider_tokens(
    /// The provider's id.
    #[server(default)]
    provider: String,
) -> Result<TokenSet, AuthError> {
    let request = crate::leptos::request::Request::of_call::<FetchProviderTokens>(None).await?;
    let reply = request.auth.api().get_provider_tokens(&request.parts, &provider, &crate::CsrfProof::SameOrigin).await;
    request.answer::<FetchProviderTokens, _>(None, reply, |_| None)
}

/// Returns a provider's access token, for page code that calls the provider itself. It works like [`provider_tokens`].
/// Inside the app's own server functions, call [`access_token`](fn@crate::leptos::access_token). The token then never
/// reaches the page.
///
/// # Errors
///
/// Those of [`provider_tokens`].
#[server(name = FetchAccessToken, prefix = "/auth/providers", endpoint = "access_token", client = PageClient)]
pub async fn access_token(
    /// The provider's id.
    #[server(default)]
    provider: String,
) -> Result<Secret, AuthError> {
    let request = crate::leptos::request::Request::of_call::<FetchAccessToken>(None).await?;
    let reply = request.auth.api().get_provider_tokens(&request.parts, &provider, &crate::CsrfProof::SameOrigin).await;
    let tokens = request.answer::<FetchAccessToken, _>(None, reply, |_| None)?;
    Ok(tokens.access_token)
}

/// Returns whether the session has tokens of a provider. See
/// [`Api::is_provider_connected`](crate::Api::is_provider_connected).
///
/// # Errors
///
/// A session error if nobody is signed in. [`InvalidParameters`](AuthError::InvalidParameters) if the provider is not
/// configured.
#[server(
    name = CheckProviderConnection,
    prefix = "/auth/providers",
    endpoint = "is_provider_connected",
    client = PageClient
)]
pub async fn is_provider_connected(
    /// The provider's id.
    #[server(default)]
    provider: String,
) -> Result<bool, AuthError> {
    let request = crate::leptos::request::Request::of_call::<CheckProviderConnection>(None).await?;
    let reply = request.auth.api().is_provider_connected(&request.parts, &provider).await;
    let connection = request.answer::<CheckProviderConnection, _>(None, reply, |_| None)?;
    Ok(connection.connected)
}

/// Fetches the user info from the provider again. Returns the updated session. See
/// [`Api::refresh_user_info`](crate::Api::refresh_user_info).
///
/// # Errors
///
/// Those of [`provider_tokens`]. [`AccountMismatch`](AuthError::AccountMismatch) if the provider returns another
/// account.
#[server(name = RefreshUserInfo, prefix = "/auth/providers", endpoint = "refresh_user_info", client = PageClient)]
pub async fn refresh_user_info(
    /// The provider's id.
    #[server(default)]
    provider: String,
) -> Result<Session, AuthError> {
    let request = crate::leptos::request::Request::of_call::<RefreshUserInfo>(None).await?;
    let reply = request.auth.api().refresh_user_info(&request.parts, &provider, &crate::CsrfProof::SameOrigin).await;
    request.answer::<RefreshUserInfo, _>(None, reply, |_| None)
}

/// Revokes the tokens at the provider (RFC 7009), and deletes them. See
/// [`Api::revoke_token`](crate::Api::revoke_token).
///
/// # Errors
///
/// - [`RevocationUnsupported`](AuthError::RevocationUnsupported) if the provider documents no revocation, such as
///   Bitbucket.
/// - [`RevocationFailed`](AuthError::RevocationFailed).
/// - Those of [`disconnect_provider`].
#[server(name = RevokeToken, prefix = "/auth/providers", endpoint = "revoke_token", client = PageClient)]
pub async fn revoke_token(
    /// The provider's id.
    #[server(default)]
    provider: String,
) -> Result<(), AuthError> {
    let request = crate::leptos::request::Request::of_call::<RevokeToken>(None).await?;
    let reply = request.auth.api().revoke_token(&request.parts, &provider, &crate::CsrfProof::SameOrigin).await;
    request.answer::<RevokeToken, _>(None, reply, |_| None).map(|_| ())
}

/// Deletes a provider's tokens. The session continues. See
/// [`Api::disconnect_provider`](crate::Api::disconnect_provider).
///
/// # Errors
///
/// - [`ProviderNotConnected`](AuthError::ProviderNotConnected).
/// - A session error.
/// - [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app sent the request.
#[server(name = DisconnectProvider, prefix = "/api/aura-auth", endpoint = "disconnect_provider", client = PageClient)]
pub async fn disconnect_provider(
    /// The provider's id.
    #[server(default)]
    provider: String,
) -> Result<(), AuthError> {
    let request = crate::leptos::request::Request::of_call::<DisconnectProvider>(None).await?;
    let reply = request.auth.api().disconnect_provider(&request.parts, &provider, &crate::CsrfProof::SameOrigin).await;
    request.answer::<DisconnectProvider, _>(None, reply, |_| None).map(|_| ())
}
