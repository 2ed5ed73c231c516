//! Providers: their configuration, and the calls to them.

mod bitbucket;
mod builder;
mod description;
mod github;
mod http_client;
mod identify;
mod into_provider;
mod pagination;
mod provider;
mod provider_budget;
mod provider_client;
mod provider_error;
mod provider_list;
mod refusal;
mod revocation;
mod token_response;
mod user_info;

pub use self::bitbucket::{Bitbucket, BitbucketLink, BitbucketLinks, BitbucketProfile, WorkspaceRole, bitbucket};
pub use self::builder::ProviderBuilder;
pub use self::github::github;
pub use self::into_provider::IntoProvider;
pub use self::provider::{AuthMethod, TokenStorage};

pub(crate) use self::http_client::{HttpClient, HttpClientSettings, HttpError};
pub(crate) use self::provider::Provider;
pub(crate) use self::provider_budget::ProviderBudget;
pub(crate) use self::provider_client::ProviderClient;
pub(crate) use self::provider_error::{Document, ProviderError};
pub(crate) use self::provider_list::Providers;
pub(crate) use self::refusal::Refusal;

/// Returns the built-in provider with this name.
fn built_in(name: &str) -> Option<ProviderBuilder> {
    Some(match name {
        "bitbucket" => bitbucket().into(),
        "github" => github(),
        _ => return None,
    })
}
