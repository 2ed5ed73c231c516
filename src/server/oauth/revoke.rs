use crate::TokenSet;
use crate::server::oauth::error::TokenError;
use crate::server::providers::AuthMethod;
use crate::server::providers::ProviderClient;

/// Revokes tokens (RFC 7009): the refresh token, which ends the access token with it where the
/// provider follows the RFC's advice (2.1), and then the access token all the same.
///
/// The request is made here and sent by the client that sends the `oauth2` crate's requests: its own
/// `revoke_token` refuses an `http` URL, which a provider on this machine has in tests and demos.
pub(crate) async fn revoke(client: &ProviderClient, tokens: &TokenSet) -> Result<(), TokenError> {
    let provider = client.provider();
    let url = provider.revoke_url.as_ref().ok_or(TokenError::RevocationUnsupported)?;
    let both =
        [(tokens.refresh_token.as_deref(), "refresh_token"), (Some(tokens.access_token.as_str()), "access_token")];
    for (token, hint) in both {
        let Some(token) = token else { continue };
        let mut form = vec![("token", token), ("token_type_hint", hint)];
        let credentials = (provider.client_id.as_str(), provider.client_secret.expose());
        let basic = match provider.auth_method {
            AuthMethod::Basic => Some(credentials),
            AuthMethod::Body => {
                form.extend([("client_id", credentials.0), ("client_secret", credentials.1)]);
                None
            }
        };
        let status = client.post_form(url, &form, basic).await.map_err(TokenError::Http)?;
        if !status.is_success() {
            return Err(TokenError::NotRevoked(status));
        }
    }
    Ok(())
}
