use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::server::providers::provider_client::ProviderClient;
use crate::server::providers::provider_error::ProviderError;
use crate::server::providers::user_info::{profile, user_info};
use crate::{TokenSet, User};

/// The user as the provider describes them.
pub(crate) struct ProviderProfile {
    pub(crate) user: User,
    /// The user info as the provider sent it.
    pub(crate) json: Value,
}

pub(crate) type ProviderFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// How a provider identifies the user, and whom it allows to sign in.
pub(crate) trait Identify: Send + Sync {
    /// Returns the user that the tokens belong to.
    fn identify<'a>(&'a self, tokens: &'a TokenSet, http: &'a ProviderClient) -> ProviderFuture<'a, ProviderProfile>;

    /// Whether [`denial`](Self::denial) can deny anybody.
    fn has_rules(&self) -> bool {
        false
    }

    /// Returns the message for a user who may not sign in, or `None` if the user may.
    fn denial<'a>(&'a self, _: &'a TokenSet, _: &'a ProviderClient) -> ProviderFuture<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }
}

/// The behavior of most providers: the user info identifies the user, and everybody may sign in.
pub(crate) struct ByUserInfo;

impl Identify for ByUserInfo {
    fn identify<'a>(&'a self, tokens: &'a TokenSet, http: &'a ProviderClient) -> ProviderFuture<'a, ProviderProfile> {
        Box::pin(async move { profile(tokens, http, user_info(tokens, http).await?).await })
    }
}
