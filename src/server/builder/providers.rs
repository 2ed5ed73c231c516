//! Who people sign in with.

use crate::server::AuthBuilder;
use crate::server::providers::{IntoProvider, TokenStorage};

impl AuthBuilder {
    /// The providers that people can sign in with: names of built-in ones (`"bitbucket"`) or
    /// [descriptions](crate::oauth). Credentials come from the environment unless a description
    /// has them: `AURA_AUTH_BITBUCKET_CLIENT_ID`, `AURA_AUTH_BITBUCKET_CLIENT_SECRET`.
    pub fn oauth<P: IntoProvider>(mut self, providers: impl IntoIterator<Item = P>) -> Self {
        self.providers.extend(providers.into_iter().map(IntoProvider::into_provider));
        self
    }

    /// What becomes of the providers' tokens; they are kept in cookies by default.
    pub fn provider_tokens(mut self, storage: TokenStorage) -> Self {
        self.provider_tokens = storage;
        self
    }

    /// Gives page code refresh tokens too, and not only access tokens. Who has one can act for
    /// the person long after they have signed out; code on the server never needs this.
    pub fn reveal_refresh_tokens(mut self) -> Self {
        self.reveal_refresh_tokens = true;
        self
    }
}
