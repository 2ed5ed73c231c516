//! The Leptos side: server functions, the session as a resource, and components. The same names
//! on the server (feature `ssr`) and in the browser (feature `hydrate`).
//!
//! ```
//! use aura_auth::leptos::{SignIn, SignOut, SignedIn, SignedOut, provide_session, use_session};
//! use leptos::prelude::*;
//!
//! #[component]
//! fn App() -> impl IntoView {
//!     provide_session();
//!     view! { <Greeting/> }
//! }
//!
//! #[component]
//! fn Greeting() -> impl IntoView {
//!     let session = use_session();
//!     view! {
//!         <SignedOut>
//!             <SignIn provider="bitbucket" redirect_to="/dashboard">"Continue with Bitbucket"</SignIn>
//!         </SignedOut>
//!         <SignedIn>
//!             <p>{move || session.user().map(|user| user.name)}</p>
//!             <SignOut>"Sign out"</SignOut>
//!         </SignedIn>
//!     }
//! }
//! ```

mod actions;
mod components;
#[cfg(feature = "ssr")]
mod context;
mod hooks;
mod redirect_to;
mod session;

pub use self::actions::{CsrfToken, GetSession, SignIn, SignOut, csrf_token, get_session, sign_in, sign_out};
pub use self::components::{
    Protected, ProtectedProps, SignIn, SignInProps, SignOut, SignOutProps, SignedIn, SignedInProps, SignedOut,
    SignedOutProps,
};
pub use self::hooks::{use_sign_in, use_sign_out};
pub use self::redirect_to::use_redirect_to;
pub use self::session::{SessionResource, provide_session, use_session};
