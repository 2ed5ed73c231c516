//! The operations of [`auth.api()`](crate::Auth::api) as server functions. The hooks call these functions. The app's
//! own actions and resources can call them too.
//!
//! | function | its action's type | path |
//! |---|---|---|
//! | [`sign_in`] | [`StartSignIn`] | `/api/aura-auth/sign_in` |
//! | [`sign_out`] | [`EndSession`] | `/api/aura-auth/sign_out` |
//! | [`get_session`] | [`FetchSession`] | `/api/aura-auth/get_session` |
//! | [`update_session`] | [`UpdateSession`] | `/api/aura-auth/update_session` |
//! | [`get_sessions`] | [`FetchSessions`] | `/api/aura-auth/get_sessions` |
//! | [`revoke_session`] | [`RevokeSession`] | `/api/aura-auth/revoke_session` |
//! | [`revoke_other_sessions`] | [`RevokeOtherSessions`] | `/api/aura-auth/revoke_other_sessions` |
//! | [`link_account`] | [`LinkAccount`] | `/api/aura-auth/link_account` |
//! | [`disconnect_provider`] | [`DisconnectProvider`] | `/api/aura-auth/disconnect_provider` |
//! | [`provider_tokens`] | [`FetchProviderTokens`] | `/auth/providers/provider_tokens` |
//! | [`access_token`] | [`FetchAccessToken`] | `/auth/providers/access_token` |
//! | [`is_provider_connected`] | [`CheckProviderConnection`] | `/auth/providers/is_provider_connected` |
//! | [`refresh_user_info`] | [`RefreshUserInfo`] | `/auth/providers/refresh_user_info` |
//! | [`revoke_token`] | [`RevokeToken`] | `/auth/providers/revoke_token` |
//!
//! The paths are fixed, so that a page that was loaded before an upgrade still works after it. All functions take
//! `POST`.
//!
//! No function takes a CSRF token. A function that changes or reveals something checks the headers that browsers set: a
//! page of the app's own origin must have sent the request ([`CsrfProof::SameOrigin`](crate::CsrfProof::SameOrigin)).
//! Other programs use the endpoints and [`AuthClient`](crate::AuthClient).
//!
//! If a form is sent without scripts, each function answers with 303: to the provider, to `redirect_to`, or back to the
//! form's page. If there is an error, the page's URL contains it. The form's page is `from_page`, or else the
//! `Referer`.
//!
//! The last five functions need the cookies of provider tokens. Browsers send these cookies only to URLs under the base
//! path's `/providers`. The path of a server function is fixed at compile time. So if the base path is not `/auth`,
//! these five functions fail with [`ProviderTokensNotSent`](crate::AuthError::ProviderTokensNotSent). In the browser,
//! they work with every base path, since they then call the endpoints of that base path.

mod active_session_functions;
mod page_client;
mod provider_functions;
mod session_functions;
mod wire_error;

pub use self::active_session_functions::{
    FetchSessions, RevokeOtherSessions, RevokeSession, get_sessions, revoke_other_sessions, revoke_session,
};
pub use self::page_client::PageClient;
pub use self::provider_functions::{
    CheckProviderConnection, DisconnectProvider, FetchAccessToken, FetchProviderTokens, RefreshUserInfo, RevokeToken,
    access_token, disconnect_provider, is_provider_connected, provider_tokens, refresh_user_info, revoke_token,
};
pub use self::session_functions::{
    EndSession, FetchSession, LinkAccount, StartSignIn, UpdateSession, get_session, link_account, sign_in, sign_out,
    update_session,
};

#[cfg(not(feature = "ssr"))]
pub(super) use self::page_client::sleep;
