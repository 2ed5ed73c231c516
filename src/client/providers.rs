use serde::Deserialize;

use crate::client::{AuthClient, ClientError, Method, SessionAnswer};
use crate::{Session, TokenSet};

impl AuthClient {
    /// Returns the provider's tokens. Tokens that are about to expire are refreshed first. The refresh token is
    /// included only if the server reveals it.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `OAUTH_UNLINKED_ACCOUNT_ERROR` if the session has no tokens of this
    /// provider.
    pub async fn provider_tokens(&self, provider: &str) -> Result<TokenSet, ClientError> {
        #[derive(Deserialize)]
        struct Body {
            tokens: TokenSet,
        }
        let Body { tokens } =
            self.ask_with_token(Method::Get, &format!("/providers/{provider}/tokens"), &[], None).await?;
        Ok(tokens)
    }

    /// Returns whether the session has tokens of this provider.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `SESSION_NOT_FOUND` if nobody is signed in.
    pub async fn is_provider_connected(&self, provider: &str) -> Result<bool, ClientError> {
        #[derive(Deserialize)]
        struct Body {
            connected: bool,
        }
        let path = format!("/providers/{provider}");
        let Body { connected } = self.ask(Method::Get, &path, &[]).await?;
        Ok(connected)
    }

    /// Makes the server fetch the user info from the provider again. Returns the updated session.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with the provider's error.
    pub async fn refresh_user_info(&self, provider: &str) -> Result<Session, ClientError> {
        let path = format!("/providers/{provider}/user/refresh");
        let SessionAnswer { session } = self.ask_with_token(Method::Post, &path, &[], None).await?;
        Ok(session)
    }

    /// Revokes the tokens at the provider, and deletes them.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `OAUTH_INVALID_REVOKE_TOKEN_CONFIG` for Bitbucket,
    /// which documents no revocation.
    pub async fn revoke_token(&self, provider: &str) -> Result<(), ClientError> {
        let path = format!("/providers/{provider}/tokens/revoke");
        self.ask_with_token::<Done>(Method::Post, &path, &[], None).await.map(|_| ())
    }

    /// Deletes the provider's tokens. The session continues.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `OAUTH_UNLINKED_ACCOUNT_ERROR` if the session has no tokens of this
    /// provider.
    pub async fn disconnect_provider(&self, provider: &str) -> Result<(), ClientError> {
        self.ask_with_token::<Done>(Method::Delete, &format!("/providers/{provider}"), &[], None).await.map(|_| ())
    }
}

/// A response without data counts as success only if it says so: a proxy may answer 200 with JSON of its own.
#[derive(Deserialize)]
struct Done {
    #[expect(dead_code, reason = "the client has refused an answer in which it is false")]
    success: bool,
}
