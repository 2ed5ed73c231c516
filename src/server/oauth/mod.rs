//! OAuth 2.0: the authorization code flow with PKCE (RFC 6749, 7636, 9700), token refresh and token revocation.

mod failed_exchanges;
mod flow;
mod flow_state;
mod refresh;
mod refreshes;
mod revoke;
mod shared_refresh;
mod stored_flows;
mod stored_tokens;
mod token_error;
mod token_set;
mod used_flows;

pub(crate) use self::failed_exchanges::{Attempt, FailedExchanges};
pub(crate) use self::flow::{
    Exchange, Flow, FlowRequest, authorize, check_issuer, exchange, flow_cookies, oldest_flows, open_flow,
};
pub(crate) use self::flow_state::State;
pub(crate) use self::refreshes::{CurrentTokens, Refreshes, ValidTokens, valid_tokens};
pub(crate) use self::revoke::revoke;
pub(crate) use self::stored_flows::{store_flow, take_flow};
pub(crate) use self::stored_tokens::StoredTokensOf;
pub(crate) use self::token_error::{FlowError, TokenError};
pub(crate) use self::used_flows::UsedFlows;
