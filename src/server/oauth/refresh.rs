use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType};
use oauth2::{RefreshToken, RequestTokenError};

use crate::server::logged::logged;
use crate::server::oauth::flow::{client, refused};
use crate::server::providers::HttpError;
use crate::server::providers::Provider;
use crate::server::providers::ProviderClient;
use crate::{AuthError, TokenSet};

/// Exchanges the refresh token for new tokens (RFC 6749, 6). Never retried: a provider that
/// rotates refresh tokens takes a second use for theft.
pub(super) async fn refresh(http: &ProviderClient, tokens: &TokenSet) -> Result<TokenSet, AuthError> {
    let provider = http.provider();
    let refresh_token = tokens.refresh_token.clone().ok_or(AuthError::AccessTokenExpired)?;
    let answer = client(provider)
        .exchange_refresh_token(&RefreshToken::new(refresh_token))
        .request_async(http)
        .await
        .map_err(|error| failed(provider, &error))?;
    let answer = TokenSet::read(answer, http.now()).ok_or_else(|| {
        tracing::warn!(provider = provider.id, "the refreshed tokens have no usable bearer token");
        AuthError::TokenMalformed
    })?;
    Ok(tokens.refreshed(answer))
}

fn failed(provider: &Provider, error: &RequestTokenError<HttpError, BasicErrorResponse>) -> AuthError {
    match error {
        RequestTokenError::ServerResponse(answer) if is_dead(answer) => {
            tracing::info!(
                provider = provider.id,
                error = logged(answer.error().as_ref()),
                "the refresh token is dead"
            );
            AuthError::RefreshTokenDead
        }
        error => refused(provider, error),
    }
}

/// Whether the provider says that this refresh token is good for nothing any more. Bitbucket calls
/// that `invalid_request`, with "Invalid refresh_token" behind it.
fn is_dead(answer: &BasicErrorResponse) -> bool {
    let description = answer.error_description().map(|text| text.to_ascii_lowercase()).unwrap_or_default();
    match answer.error() {
        BasicErrorResponseType::InvalidGrant => true,
        BasicErrorResponseType::InvalidRequest => description.contains("invalid refresh_token"),
        _ => false,
    }
}
