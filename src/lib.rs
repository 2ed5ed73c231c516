//! Sign-in with Bitbucket for full-stack Leptos apps, in one server-rendered binary.
//!
//! - [`Auth`] is configured once, on the server. It provides the endpoints ([`Auth::handlers`]), the layer around the
//!   app ([`Auth::layer`]), the operations for code on the server ([`Auth::api`]), tokens with the app's keys
//!   ([`Auth::jose`]), and the context for Leptos ([`Auth::context`]).
//! - [The module `leptos`](mod@crate::leptos) provides the session to components: hooks, forms, routes and server
//!   functions.
//! - [`AuthClient`] is for Rust programs and for code in the browser.
//!
//! # Features
//!
//! No feature is on by default, and no feature changes what another one does.
//!
//! | feature | what it adds | for |
//! |---|---|---|
//! | `client` | `AuthClient` | a program, or code in a browser, that calls the endpoints of a server |
//! | `server` | `Auth`, axum handlers and layer | an axum app without Leptos |
//! | `ssr` | `client`, `server`, and the Leptos side on the server | the server of a Leptos app |
//! | `hydrate` | `client`, and the Leptos side in the browser | the browser half of a Leptos app |
//! | `sqlite` | `server`; [sessions in a SQLite database](store) | an app on one machine |
//! | `postgres` | `server`; [sessions in a PostgreSQL database](store) | an app on several machines |
//! | `metrics` | `server`; counts [events](AuthEvent) by the `metrics` facade | an app whose metrics are collected |
//! | `testing` | `server`, a stand-in for Bitbucket, sessions without a sign-in | tests and demonstrations |
#![cfg_attr(feature = "ssr", doc = "")]
#![cfg_attr(feature = "ssr", doc = include_str!("docs/quick_start.md"))]
#![cfg_attr(feature = "server", doc = "")]
#![cfg_attr(feature = "server", doc = include_str!("docs/server.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

mod active_session;
mod claims;
#[cfg(feature = "client")]
mod client;
mod error;
mod identity;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod leptos;
mod operation;
mod secret;
#[cfg(feature = "server")]
mod server;
mod session;
#[cfg(feature = "testing")]
pub mod testing;

pub use self::active_session::{ActiveSession, EndedSessions};
pub use self::claims::Claims;
#[cfg(feature = "client")]
pub use self::client::{AuthClient, ClientError};
pub use self::error::{AuthError, ErrorSource};
pub use self::identity::Identity;
pub use self::operation::{
    CsrfToken, RedirectOptions, SessionUpdate, SessionUpdated, SignInStarted, SignOutOutcome, TokenSet,
};
pub use self::secret::Secret;
#[cfg(feature = "server")]
pub use self::server::{
    Api, Auth, AuthBuilder, AuthEvent, AuthLayer, AuthService, ClaimType, Clock, ConfigError, ConfigProblem,
    ConfigWarning, CsrfProof, Expiration, JsonWebKeySet, LimitedAction, PendingSignIn, ProviderConnection, Random,
    RandomError, RateLimit, RateLimitFuture, RateLimitState, RateLimitStore, RateLimits, Reply, RequestHead, RequestId,
    SessionConfig, SessionDecision, SessionMode, SessionRejection, SessionSeen, SignInDecision, SignInKind,
    SignInOutcome, SystemClock, SystemRandom, TokenStorage, UserSessions, generate_secret, jose, providers as oauth,
    store,
};
pub use self::session::{Session, SessionStatus, User};

#[cfg(all(any(doc, doctest), feature = "ssr"))]
#[doc = include_str!("../README.md")]
pub mod guide {}
