//! The Leptos side: server functions, the session as a resource, and components. The same names
//! on the server (feature `ssr`) and in the browser (feature `hydrate`).

mod actions;
mod components;
#[cfg(feature = "ssr")]
mod context;
mod denial_reason;
mod hooks;
mod redirect_to;
mod session;

pub use self::actions::{CsrfToken, GetSession, SignIn, SignOut, csrf_token, get_session, sign_in, sign_out};
pub use self::components::{
    Protected, ProtectedProps, SignIn, SignInProps, SignOut, SignOutProps, SignedIn, SignedInProps, SignedOut,
    SignedOutProps,
};
pub use self::denial_reason::use_denial_reason;
#[cfg(feature = "ssr")]
pub use self::hooks::use_access_token;
pub use self::hooks::{use_sign_in, use_sign_out};
pub use self::redirect_to::use_redirect_to;
pub use self::session::{SessionResource, provide_session, use_session};
