use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderMap;
use serde_json::Value;

use crate::{Identity, Session, TokenSet, User};

/// On what occasion [`on_sign_in`](crate::AuthBuilder::on_sign_in) is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInKind {
    /// The person has come back from the provider.
    SignIn,
    /// Somebody who is signed in has come back from another provider, and has asked for its account to be
    /// linked to their session ([`Api::link_account`](crate::Api::link_account)). Every decision but `Deny`
    /// links it.
    Link,
    /// Somebody who is signed in has the provider asked again who they are
    /// ([`Api::refresh_user_info`](crate::Api::refresh_user_info)). A refusal ends the session.
    Refresh,
}

/// A sign-in that the provider has vouched for and that the app may still refuse.
#[derive(Clone)]
#[non_exhaustive]
pub struct PendingSignIn {
    /// Whether it is a sign-in, a link or a refresh.
    pub kind: SignInKind,
    /// The provider's id.
    pub provider: String,
    /// The account. An app that has users of its own finds them by this.
    pub identity: Identity,
    /// The provider's description of the person, as it came.
    pub profile: Value,
    /// The provider's tokens.
    pub tokens: TokenSet,
    /// The user that the profile became, with name, image and address as a session takes them.
    pub user: User,
    /// The session that the browser has already, if somebody is signed in.
    pub session: Option<Session>,
    /// The headers of the request: the callback's, or that of the refresh.
    pub headers: HeaderMap,
}

impl fmt::Debug for PendingSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingSignIn")
            .field("kind", &self.kind)
            .field("identity", &self.identity)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// What becomes of a [`PendingSignIn`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInDecision {
    /// The person is signed in. Somebody who is signed in with another provider already is not: they link the
    /// account ([`Api::link_account`](crate::Api::link_account)), or sign out first. Where linking was asked
    /// for, the account is linked.
    Allow,
    /// As `Allow`, as this user: with a role, for example, or with the app's own identifier as `sub`. Name, image
    /// and address are bounded and cleaned as the provider's are. In a
    /// refresh and in a link the session goes on as this user, who must have the `sub` that the session has. In
    /// a link, a user with the account's own identifier as `sub` is as `Allow`: the session's user stays.
    AllowAs(User),
    /// As `Allow`, but a sign-in is refused where somebody is signed in with another account. It says that
    /// the app expects to link; only [`Api::link_account`](crate::Api::link_account) begins that, since any
    /// page can send a signed-in person's browser through a sign-in.
    Link,
    /// The person is not signed in, or the account not linked, for this reason, which they are shown. In a
    /// refresh the session ends.
    Deny(String),
}

/// A session that a request has brought.
#[derive(Clone)]
#[non_exhaustive]
pub struct SessionSeen {
    /// The session, with the account that the person signed in with.
    pub session: Session,
    /// The headers of the request.
    pub headers: HeaderMap,
}

impl fmt::Debug for SessionSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSeen").field("session", &self.session).finish_non_exhaustive()
    }
}

/// What becomes of a session that a request has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionDecision {
    /// It counts.
    Keep,
    /// It has ended: the request has no session, and its cookie is cleared.
    End,
}

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Hook<A, T> = Arc<dyn Fn(A) -> Later<T> + Send + Sync>;

/// The app's hooks.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) on_sign_in: Option<Hook<PendingSignIn, SignInDecision>>,
    pub(crate) on_session: Option<Hook<SessionSeen, SessionDecision>>,
    pub(crate) on_sign_out: Option<Hook<Session, ()>>,
}

/// A closure as it is kept.
pub(super) fn hook<A, T, F, R>(hook: F) -> Hook<A, T>
where
    F: Fn(A) -> R + Send + Sync + 'static,
    R: Future<Output = T> + Send + 'static,
{
    Arc::new(move |argument| Box::pin(hook(argument)))
}
