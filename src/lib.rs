//! Sign-in with Bitbucket for Leptos and axum.
#![deny(missing_docs)]

#[cfg(any(feature = "server", feature = "hydrate"))]
mod client;
mod error;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod leptos;
mod operation;
#[cfg(feature = "server")]
mod server;
mod session;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(any(feature = "server", feature = "hydrate"))]
pub use self::client::{AuthClient, ClientError};
pub use self::error::{AuthError, Fault};
pub use self::operation::{CsrfToken, SignInOptions, SignInStarted, SignedOut};
#[cfg(feature = "server")]
pub use self::server::{
    Api, Auth, AuthBuilder, AuthLayer, AuthService, CallbackQuery, Clock, ConfigError, ConfigProblem, Endpoint, Random,
    RandomError, Reply, RequestHead, SessionConfig, SessionRejection, SignOutOptions, SignedIn, SystemClock,
    SystemRandom, generate_secret, jose, oauth,
};
pub use self::session::{Session, SessionStatus, User};
