//! OAuth 2.0: providers, and the authorization code flow with PKCE (RFC 6749, 7636, 9700).

mod bitbucket;
mod budget;
mod builder;
mod failed_exchanges;
mod flow;
mod http_client;
mod provider;
mod provider_client;
mod refresh;
mod refreshes;
mod revoke;
mod state;
mod tokens;
mod used_flows;
mod user_info;
mod workspaces;

pub use self::bitbucket::{BitbucketLink, BitbucketLinks, BitbucketProfile, bitbucket};
pub use self::builder::{IntoProvider, ProviderBuilder};
pub use self::provider::{AuthMethod, ProviderTokens};
pub use self::workspaces::WorkspaceRole;

pub(crate) use self::budget::ProviderBudget;
pub(crate) use self::failed_exchanges::{Attempt, FailedExchanges};
pub(crate) use self::flow::{
    Exchange, ExchangeFailure, FlowRequest, authorize, exchange, flow_ids, oldest_flows, open_flow,
};
pub(crate) use self::http_client::HttpClient;
pub(crate) use self::provider::Provider;
pub(crate) use self::provider_client::ProviderClient;
pub(crate) use self::refreshes::{Fresh, Refreshes, fresh_tokens};
pub(crate) use self::revoke::revoke;
pub(crate) use self::state::State;
pub(crate) use self::used_flows::UsedFlows;
pub(crate) use self::user_info::user_info;
