//! The operations, one per file. Each takes a request's head, adds cookies to the request's context, and returns data.

mod account_check;
mod active_sessions;
mod callback;
mod connection;
mod csrf_check;
mod csrf_token;
mod disconnect;
mod error_page;
mod failure;
mod flow_cookies;
mod flow_failure;
mod form_answer;
mod get_session;
mod jwks;
mod limit;
mod link_account;
mod membership;
mod page;
mod provider_tokens;
mod provider_url;
mod query;
mod refresh_user_info;
mod reply;
mod session_cookies;
mod sign_in;
mod sign_out;
mod update_session;
mod user_sessions;

use std::sync::Arc;

use crate::server::auth_state::AuthState;

pub use self::callback::SignInOutcome;
pub use self::csrf_check::CsrfProof;
pub use self::jwks::JsonWebKeySet;
pub use self::provider_tokens::ProviderConnection;
pub use self::reply::{Reply, ReplyBody};
pub use self::user_sessions::UserSessions;

pub(crate) use self::error_page::wants_html;
pub(crate) use self::failure::RoomError;
pub(crate) use self::query::Query;
pub(crate) use self::reply::add_secure_headers;
pub(crate) use self::session_cookies::finish_cookies;
pub(crate) use self::update_session::SessionChange;

/// The operations, for code on the server. [`Auth::api`](crate::server::Auth::api) returns this.
#[derive(Clone)]
pub struct Api(Arc<AuthState>);

impl Api {
    pub(in crate::server) fn new(auth: Arc<AuthState>) -> Self {
        Self(auth)
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Api")
    }
}
