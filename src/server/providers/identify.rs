use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::server::providers::error::ProviderError;
use crate::server::providers::provider_client::ProviderClient;
use crate::server::providers::user_info::{profile, user_info};
use crate::{TokenSet, User};

/// A person, as the provider describes them.
pub(crate) struct ProviderProfile {
    pub(crate) user: User,
    /// The description as it came.
    pub(crate) json: Value,
}

pub(crate) type ProviderFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// How a provider says who a person is, and whom it admits.
pub(crate) trait Identify: Send + Sync {
    /// Who the person is that the tokens are of.
    fn identify<'a>(&'a self, tokens: &'a TokenSet, http: &'a ProviderClient) -> ProviderFuture<'a, ProviderProfile>;

    /// Why the person may not sign in, in words for them; `None` for who may.
    fn denial<'a>(&'a self, _: &'a TokenSet, _: &'a ProviderClient) -> ProviderFuture<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }
}

/// As most providers: the user information says who it is, and everybody is admitted.
pub(crate) struct ByUserInfo;

impl Identify for ByUserInfo {
    fn identify<'a>(&'a self, tokens: &'a TokenSet, http: &'a ProviderClient) -> ProviderFuture<'a, ProviderProfile> {
        Box::pin(async move { profile(tokens, http, user_info(tokens, http).await?).await })
    }
}
