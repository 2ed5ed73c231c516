use oauth2::RefreshToken;

use crate::TokenSet;
use crate::server::oauth::flow::client;
use crate::server::oauth::token_error::TokenError;
use crate::server::providers::{ProviderClient, Refusal};

/// Exchanges the refresh token for new tokens (RFC 6749, 6). This is never retried: a provider that rotates refresh
/// tokens treats a second use as theft.
pub(super) async fn refresh(http: &ProviderClient, tokens: &TokenSet) -> Result<TokenSet, TokenError> {
    let provider = http.provider();
    let refresh_token = tokens.refresh_token.as_ref().ok_or(TokenError::Expired)?;
    let refresh_token = RefreshToken::new(refresh_token.expose().to_owned());
    let answer =
        client(provider).exchange_refresh_token(&refresh_token).request_async(http).await.map_err(|error| {
            match TokenError::of(error, provider) {
                TokenError::Refused { status, error, refusal: Refusal::Grant } => {
                    TokenError::RefreshTokenDead { status, error }
                }
                error => error,
            }
        })?;
    let answer = TokenSet::read(answer, http.now()).ok_or(TokenError::NoBearerToken)?;
    Ok(tokens.refreshed(answer))
}
