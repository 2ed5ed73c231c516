//! The providers that users sign in with.

use crate::server::AuthBuilder;
use crate::server::providers::{IntoProvider, TokenStorage};

impl AuthBuilder {
    /// Adds providers: names of built-in ones (`"bitbucket"`), or [configured providers](crate::oauth). Unless a
    /// configured provider has its own credentials, they come from the environment: `AURA_AUTH_BITBUCKET_CLIENT_ID`,
    /// `AURA_AUTH_BITBUCKET_CLIENT_SECRET`.
    pub fn oauth<P: IntoProvider>(mut self, providers: impl IntoIterator<Item = P>) -> Self {
        self.providers.extend(providers.into_iter().map(IntoProvider::into_provider));
        self
    }

    /// Sets whether and where the providers' tokens are kept. By default they are in the [`store`](Self::store), or in
    /// cookies if there is none.
    pub fn provider_tokens(mut self, storage: TokenStorage) -> Self {
        self.provider_tokens = Some(storage);
        self
    }

    /// Sends refresh tokens to code in the browser too, not only access tokens. Anybody who has a refresh token can act
    /// for the user long after the sign-out. Code on the server never needs this setting.
    pub fn reveal_refresh_tokens(mut self) -> Self {
        self.reveal_refresh_tokens = true;
        self
    }
}
