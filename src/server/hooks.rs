use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderMap;
use serde_json::Value;

use crate::{Identity, Session, TokenSet, User};

/// Why [`on_sign_in`](crate::AuthBuilder::on_sign_in) is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInKind {
    /// A person came back from the provider to sign in.
    SignIn,
    /// A signed-in person came back from another provider to link its account to their session
    /// ([`Api::link_account`](crate::Api::link_account)). Every decision except `Deny` links the account.
    Link,
    /// The provider is asked again who a signed-in person is
    /// ([`Api::refresh_user_info`](crate::Api::refresh_user_info)). `Deny` ends the session.
    Refresh,
}

/// A sign-in that the provider has confirmed and that the app may still deny.
#[derive(Clone)]
#[non_exhaustive]
pub struct PendingSignIn {
    /// Whether it is a sign-in, a link or a refresh.
    pub kind: SignInKind,
    /// The provider's id.
    pub provider: String,
    /// The account. An app with its own users finds the user by this value.
    pub identity: Identity,
    /// The provider's profile of the person, unchanged.
    pub profile: Value,
    /// The provider's tokens.
    pub tokens: TokenSet,
    /// The user that was made from the profile. Name, image and e-mail address are already cleaned for a session.
    pub user: User,
    /// The browser's present session, if the person is signed in.
    pub session: Option<Session>,
    /// The headers of the request: the callback or the refresh.
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

/// The app's decision about a [`PendingSignIn`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInDecision {
    /// The person is signed in. If they are already signed in with another provider, the sign-in is rejected: they must
    /// link the account ([`Api::link_account`](crate::Api::link_account)) or sign out first. If the person asked for a
    /// link, the account is linked.
    Allow,
    /// Like `Allow`, but with this user, for example with a role, or with the app's own identifier as `sub`. Name,
    /// image and e-mail address are cleaned like the provider's. In a refresh and in a link, the session continues with
    /// this user, and the user's `sub` must be the session's. In a link, if the user's `sub` is the account's own
    /// identifier, `AllowAs` means `Allow`: the session keeps its user.
    AllowAs(User),
    /// Like `Allow`, but a sign-in is rejected if the person is signed in with another account. `Link` says that the
    /// app expects a link. Only [`Api::link_account`](crate::Api::link_account) starts a link, because any page can
    /// send a signed-in person's browser through a sign-in.
    Link,
    /// The person is not signed in, or the account is not linked, and the person sees this reason. In a refresh, the
    /// session ends.
    Deny(String),
}

/// The session of a request.
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

/// The app's decision about the session of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionDecision {
    /// The session stays valid.
    Keep,
    /// The session ends, and the request has no session. For the next ten minutes, this process rejects the session
    /// without another call of the hook. Only [`Api::get_session`](crate::Api::get_session) clears the cookie, and a
    /// page does not, so the hook must go on to return `End` for this session.
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

/// Boxes a closure, so that it can be stored as a hook.
pub(super) fn hook<A, T, F, R>(hook: F) -> Hook<A, T>
where
    F: Fn(A) -> R + Send + Sync + 'static,
    R: Future<Output = T> + Send + 'static,
{
    Arc::new(move |argument| Box::pin(hook(argument)))
}
