//! The server side, in modules that call each other from top to bottom: `http` → `operations` → `request` → (`session`,
//! `providers`, `oauth`, `guard`) → (`origin`, `limits`, `cookies`, `jose`). The server side does not need Leptos. Only
//! [`http`] knows axum.

mod auth;
mod auth_state;
mod builder;
mod clock;
mod config;
mod cookies;
mod events;
mod expiring_cache;
mod gcra;
mod guard;
mod help;
mod hooks;
mod http;
pub mod jose;
mod limits;
mod oauth;
mod operations;
mod origin;
mod plain_text;
pub mod providers;
mod random;
mod request;
mod sanitize_for_log;
mod session;
pub mod store;

pub use self::auth::Auth;
pub use self::builder::AuthBuilder;
pub use self::clock::{Clock, SystemClock};
pub use self::config::{ConfigError, ConfigProblem, ConfigWarning};
pub use self::events::AuthEvent;
pub use self::hooks::{PendingSignIn, SessionDecision, SessionSeen, SignInDecision, SignInKind};
pub use self::http::{AuthLayer, AuthService, SessionRejection};
pub use self::jose::generate_secret;
pub use self::limits::{LimitedAction, RateLimit, RateLimitFuture, RateLimitState, RateLimitStore, RateLimits};
#[cfg(feature = "ssr")]
pub(crate) use self::operations::SessionChange;
pub use self::operations::{Api, CsrfProof, JsonWebKeySet, ProviderConnection, Reply, SignInOutcome, UserSessions};
pub use self::providers::TokenStorage;
#[cfg(feature = "testing")]
pub(crate) use self::random::random_text;
pub use self::random::{Random, RandomError, SystemRandom};
#[cfg(feature = "ssr")]
pub(crate) use self::request::RequestContext;
pub use self::request::{RequestHead, RequestId};
pub use self::session::{ClaimType, Expiration, SessionConfig, SessionMode};
