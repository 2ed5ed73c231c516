//! The Leptos side: the session as a resource, hooks, components, routes and server functions. The names are the same
//! on the server (feature `ssr`) and in the browser (feature `hydrate`).
//!
//! - Call [`provide_session`] once, in the root component. Then call [`use_session`] and [`use_session_as`] anywhere
//!   below it.
//! - [`use_sign_in`], [`use_sign_out`], [`use_update_session`], [`use_link_account`], [`use_refresh_user_info`],
//!   [`use_revoke_token`], [`use_disconnect_provider`], [`use_revoke_session`] and [`use_revoke_other_sessions`] return
//!   a `ServerAction`. Dispatch it, or use it in Leptos' `ActionForm`.
//! - [`use_access_token`], [`use_provider_tokens`], [`use_is_provider_connected`] and [`use_sessions`] return resources.
//! - [`use_providers`] returns the providers that people can sign in with.
//! - [`SignIn`](fn@SignIn), [`SignOut`](fn@SignOut), [`SignedIn`](fn@SignedIn), [`SignedOut`](fn@SignedOut),
//!   [`WithUser`](fn@WithUser) and [`Protected`](fn@Protected) are components. [`ProtectedRoute`](fn@ProtectedRoute),
//!   [`ProtectedParentRoute`](fn@ProtectedParentRoute) and [`GuestRoute`](fn@GuestRoute) replace a `Route`.
//! - The app's own server functions can call [`session`](fn@session), [`require_session`],
//!   [`access_token`](fn@access_token) and, on the server only, `auth_context`.
//! - [`server_functions`] has the functions that the hooks call, for the app's own actions and resources.

mod components;
mod denial_reason;
mod form_error;
mod hooks;
mod page_settings;
mod page_url;
mod query;
#[cfg(feature = "ssr")]
mod request;
#[cfg(not(feature = "ssr"))]
#[path = "request_stub.rs"]
mod request;
pub mod server_functions;
mod session;
mod sync;

pub use self::components::{
    GuardedView, GuestRoute, GuestRouteProps, Protected, ProtectedParentRoute, ProtectedParentRouteProps,
    ProtectedProps, ProtectedRoute, ProtectedRouteProps, SignIn, SignInProps, SignOut, SignOutProps, SignedIn,
    SignedInProps, SignedOut, SignedOutProps, WithUser, WithUserProps,
};
pub use self::denial_reason::use_denial_reason;
pub use self::hooks::{
    AuthActions, ConfiguredProvider, use_access_token, use_auth_actions, use_disconnect_provider,
    use_is_provider_connected, use_link_account, use_provider_tokens, use_providers, use_refresh_user_info,
    use_revoke_other_sessions, use_revoke_session, use_revoke_token, use_sessions, use_sign_in, use_sign_out,
    use_update_session,
};
pub use self::query::{use_auth_error, use_redirect_to};
#[cfg(feature = "ssr")]
pub use self::request::auth_context;
pub use self::request::{access_token, require_session, session};
pub use self::session::{SessionResource, provide_session, use_session, use_session_as};
