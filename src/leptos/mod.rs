//! The Leptos side: the session as a handle, hooks, components, routes and server functions. The same
//! names on the server (feature `ssr`) and in the browser (feature `hydrate`).
//!
//! - [`provide_session`] once, in the root component; then [`use_session`] and [`use_session_as`]
//!   anywhere below it.
//! - [`use_sign_in`], [`use_sign_out`], [`use_update_session`], [`use_access_token`],
//!   [`use_provider_tokens`], [`use_is_provider_connected`], [`use_refresh_user_info`],
//!   [`use_revoke_token`], [`use_disconnect_provider`] and [`use_auth_actions`]: each an
//!   [`AuthAction`], which [`AuthForm`](fn@AuthForm) makes a form of that works without scripts.
//! - [`SignIn`](fn@SignIn), [`SignOut`](fn@SignOut), [`SignedIn`](fn@SignedIn), [`SignedOut`](fn@SignedOut)
//!   and [`Protected`](fn@Protected); [`ProtectedRoute`](fn@ProtectedRoute),
//!   [`ProtectedParentRoute`](fn@ProtectedParentRoute) and [`GuestRoute`](fn@GuestRoute) in place of a
//!   `Route`.
//! - In the app's own server functions, on the server: [`session`](fn@session), [`require_session`],
//!   [`access_token`] and [`auth_context`].
//! - [`server_functions`], for code that would rather call one than an endpoint. Nothing else here
//!   uses them, so an app that has no server function has none in its wasm.

mod action;
#[cfg(not(feature = "ssr"))]
mod browser;
mod components;
mod denial_reason;
mod hooks;
mod query;
#[cfg(feature = "ssr")]
mod request;
pub mod server_functions;
mod session;

pub use self::action::AuthAction;
pub use self::components::{
    AuthForm, AuthFormProps, FormFields, FormInput, GuardedView, GuestRoute, GuestRouteProps, Protected,
    ProtectedParentRoute, ProtectedParentRouteProps, ProtectedProps, ProtectedRoute, ProtectedRouteProps, SignIn,
    SignInProps, SignOut, SignOutProps, SignedIn, SignedInProps, SignedOut, SignedOutProps,
};
pub use self::denial_reason::use_denial_reason;
pub use self::hooks::{
    AuthActions, SignInWith, use_access_token, use_auth_actions, use_disconnect_provider, use_is_provider_connected,
    use_provider_tokens, use_refresh_user_info, use_revoke_token, use_sign_in, use_sign_out, use_update_session,
};
pub use self::query::{use_auth_error, use_redirect_to};
#[cfg(feature = "ssr")]
pub use self::request::{access_token, auth_context, require_session, session};
pub use self::session::{SessionHandle, provide_session, use_session, use_session_as};
