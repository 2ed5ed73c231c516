//! Providers: what is known of each, and the calls to them.

mod bitbucket;
mod budget;
mod builder;
mod error;
mod http_client;
mod provider;
mod provider_client;
mod provider_list;
mod refusal;
mod user_info;

pub use self::bitbucket::{BitbucketLink, BitbucketLinks, BitbucketProfile, WorkspaceRole, bitbucket};
pub use self::builder::{IntoProvider, ProviderBuilder};
pub use self::provider::{AuthMethod, ProviderTokens};

pub(crate) use self::budget::ProviderBudget;
pub(crate) use self::error::ProviderError;
pub(crate) use self::http_client::{HttpClient, HttpError};
pub(crate) use self::provider::Provider;
pub(crate) use self::provider_client::ProviderClient;
pub(crate) use self::provider_list::Providers;
pub(crate) use self::refusal::Refusal;
pub(crate) use self::user_info::user_info;
