//! The server side. It needs no Leptos; only [`http`] knows axum.

mod api;
mod auth;
mod clock;
mod config;
mod config_error;
mod cookies;
mod csrf;
mod env;
mod events;
mod forwarded;
mod forwarded_syntax;
mod hooks;
mod host_pattern;
mod http;
mod incoming;
mod isolation;
mod jar;
pub mod jose;
mod logged;
mod networks;
pub mod oauth;
mod origin;
mod random;
mod rate_limit;
mod recent;
mod redirect;
mod refusal_log;
mod remedy;
mod secret;
mod session;
mod settings;
mod trusted_proxies;

#[cfg(feature = "ssr")]
pub(crate) use self::api::SessionChange;
pub use self::api::{
    AccessToken, Api, CsrfProof, Done, Endpoint, JsonWebKeySet, ProviderConnection, Reply, SignOutOptions, SignedIn,
    UpdateSessionOptions,
};
pub use self::auth::Auth;
pub use self::clock::{Clock, SystemClock};
pub use self::config::AuthBuilder;
pub use self::config_error::{ConfigError, ConfigProblem, ConfigWarning};
pub use self::events::AuthEvent;
pub use self::hooks::{PendingSignIn, SessionDecision, SessionSeen, SignInDecision, SignInKind};
pub use self::http::{AuthLayer, AuthService, SessionRejection};
#[cfg(feature = "ssr")]
pub(crate) use self::incoming::Incoming;
pub use self::incoming::RequestHead;
pub use self::oauth::ProviderTokens;
#[cfg(feature = "testing")]
pub(crate) use self::random::random_text;
pub use self::random::{Random, RandomError, SystemRandom};
pub use self::rate_limit::{LimitedAction, RateLimit, RateLimitFuture, RateLimitState, RateLimitStore, RateLimits};
pub use self::secret::generate_secret;
pub use self::session::{ClaimType, Expiration, SessionConfig, SessionMode};
