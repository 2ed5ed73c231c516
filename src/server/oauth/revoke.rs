use crate::TokenSet;
use crate::server::oauth::token_error::TokenError;
use crate::server::providers::{Document, ProviderClient};

/// Revokes tokens with the provider's own requests.
pub(crate) async fn revoke(http: &ProviderClient, tokens: &TokenSet) -> Result<(), TokenError> {
    let provider = http.provider();
    let url = provider.revoke_url.as_ref().ok_or(TokenError::RevocationUnsupported)?;
    for request in (provider.revocation)(provider, url, tokens).map_err(TokenError::RevocationRequest)? {
        let status = http
            .status(request)
            .await
            .map_err(|source| TokenError::Http { of: Document::new("the revocation response", url), source })?;
        if !status.is_success() {
            return Err(TokenError::NotRevoked(status));
        }
    }
    Ok(())
}
