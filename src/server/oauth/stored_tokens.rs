use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::TokenSet;
use crate::server::jose::{Jose, Purpose};
use crate::server::oauth::token_error::TokenError;
use crate::server::store::{SessionId, Store};

/// The place of a session's tokens of one provider in a store.
#[derive(Clone)]
pub(crate) struct StoredTokensOf {
    pub(super) store: Arc<dyn Store>,
    pub(super) jose: Jose,
    pub(super) session: SessionId,
    pub(super) provider: String,
}

/// A provider's tokens as they were read from the store.
#[derive(Clone)]
pub(crate) struct VersionedTokens {
    pub(crate) tokens: TokenSet,
    /// The version that was read. A write names it, so that it does not overwrite newer tokens.
    pub(super) version: i64,
    /// Until when no process refreshes the tokens, because a refresh has failed.
    pub(super) paused_until: Option<i64>,
}

/// The encrypted content of a row.
#[derive(Serialize, Deserialize)]
struct Sealed<T, S> {
    #[serde(flatten)]
    tokens: T,
    /// The session and the provider that the tokens belong to. In another row they are rejected.
    session: S,
    provider: S,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paused_until: Option<i64>,
}

impl StoredTokensOf {
    pub(crate) fn new(store: &Arc<dyn Store>, jose: &Jose, session: SessionId, provider: &str) -> Self {
        Self { store: Arc::clone(store), jose: jose.clone(), session, provider: provider.to_owned() }
    }

    /// Returns the tokens, or `None` if there are none, or if they can't be decrypted.
    pub(crate) async fn read(&self) -> Result<Option<VersionedTokens>, TokenError> {
        let Some(stored) = self.store.tokens(self.session, &self.provider).await? else { return Ok(None) };
        let opened = str::from_utf8(&stored.sealed).ok().and_then(|sealed| {
            let opened: Sealed<TokenSet, String> = self.jose.decrypt_json(Purpose::StoredTokens, sealed).ok()?;
            let is_ours = opened.session == self.session.to_string() && opened.provider == self.provider;
            is_ours.then_some(opened)
        });
        if opened.is_none() {
            tracing::warn!(provider = self.provider, "tokens in the store can't be decrypted with the present secrets");
        }
        Ok(opened.map(|Sealed { tokens, paused_until, .. }| VersionedTokens {
            tokens,
            version: stored.version,
            paused_until,
        }))
    }

    /// Writes tokens, whatever is there. Returns whether the session exists.
    pub(crate) async fn put(&self, tokens: &TokenSet) -> Result<bool, TokenError> {
        Ok(self.write(tokens, None, None).await?.is_some())
    }

    /// Deletes the tokens. Returns whether there were any.
    pub(crate) async fn delete(&self) -> Result<bool, TokenError> {
        Ok(self.store.delete_tokens(self.session, &self.provider).await?)
    }

    /// Writes tokens. If `version` is set, this fails with `None` if the tokens have another version by now.
    pub(super) async fn write(
        &self,
        tokens: &TokenSet,
        paused_until: Option<i64>,
        version: Option<i64>,
    ) -> Result<Option<i64>, TokenError> {
        let session = self.session.to_string();
        let sealed = Sealed { tokens, session: &*session, provider: &*self.provider, paused_until };
        let sealed = self.jose.encrypt_json(Purpose::StoredTokens, &sealed).map_err(TokenError::NotSealed)?;
        Ok(self.store.put_tokens(self.session, &self.provider, sealed.as_bytes(), version).await?)
    }
}
