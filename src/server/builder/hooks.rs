//! The app's own code that is asked and told.

use std::future::Future;

use crate::Session;
use crate::server::AuthBuilder;
use crate::server::events::{AuthEvent, Events};
use crate::server::hooks::{PendingSignIn, SessionDecision, SessionSeen, SignInDecision, hook};

impl AuthBuilder {
    /// Decides about every sign-in, once the provider has said who the person is; about every account that
    /// is to be [linked](crate::Api::link_account); and about every refresh of the profile, which is a sign-in
    /// without the redirect: its [`kind`](PendingSignIn::kind) says which it is. A refusal of a refresh ends
    /// the session.
    ///
    /// ```
    /// use aura_auth::{Auth, PendingSignIn, SignInDecision};
    ///
    /// async fn authorize_request(sign_in: PendingSignIn) -> SignInDecision {
    ///     match sign_in.user.email.as_deref() {
    ///         Some(email) if email.ends_with("@example.org") => {
    ///             SignInDecision::AllowAs(sign_in.user.with("role", "staff"))
    ///         }
    ///         _ => SignInDecision::Deny("This app is for people of example.org.".to_owned()),
    ///     }
    /// }
    ///
    /// let auth = Auth::builder().oauth(["bitbucket"]).on_sign_in(admit);
    /// ```
    pub fn on_sign_in<F, R>(mut self, decide: F) -> Self
    where
        F: Fn(PendingSignIn) -> R + Send + Sync + 'static,
        R: Future<Output = SignInDecision> + Send + 'static,
    {
        self.hooks.on_sign_in = Some(hook(decide));
        self
    }

    /// Decides about the session that a request brings, once a request: whether its person was suspended
    /// since, for example. [`Auth::layer`](crate::Auth::layer) asks before a page is rendered, that is, where a
    /// route is there or a browser loads a page. Otherwise the first code that asks for the session waits for
    /// the decision. A request for an asset does not wait.
    ///
    /// ```
    /// use aura_auth::{Auth, SessionDecision};
    ///
    /// let auth = Auth::builder().oauth(["bitbucket"]).on_session(async |seen| {
    ///     match seen.session.user.get::<bool>("suspended") {
    ///         Some(true) => SessionDecision::End,
    ///         _ => SessionDecision::Keep,
    ///     }
    /// });
    /// ```
    pub fn on_session<F, R>(mut self, decide: F) -> Self
    where
        F: Fn(SessionSeen) -> R + Send + Sync + 'static,
        R: Future<Output = SessionDecision> + Send + 'static,
    {
        self.hooks.on_session = Some(hook(decide));
        self
    }

    /// Is told of every sign-out; the answer waits for it.
    pub fn on_sign_out<F, R>(mut self, told: F) -> Self
    where
        F: Fn(Session) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.hooks.on_sign_out = Some(hook(told));
        self
    }

    /// Is told of everything that an audit wants to know, at once: what takes long belongs in a
    /// task of its own.
    ///
    /// ```
    /// use aura_auth::{Auth, AuthEvent};
    ///
    /// let (events, audit) = std::sync::mpsc::channel();
    /// let auth = Auth::builder().oauth(["bitbucket"]).on_event(move |event: &AuthEvent| {
    ///     let _ = events.send(serde_json::to_string(event));
    /// });
    /// ```
    pub fn on_event(mut self, told: impl Fn(&AuthEvent) + Send + Sync + 'static) -> Self {
        self.events = Events::told(told);
        self
    }
}
