//! Callbacks: the app's own code for sign-ins, sessions, sign-outs and audit events.

use std::future::Future;

use crate::Session;
use crate::server::AuthBuilder;
use crate::server::events::{AuthEvent, Events};
use crate::server::hooks::{PendingSignIn, SessionDecision, SessionSeen, SignInDecision, hook};

impl AuthBuilder {
    /// Sets the hook that allows or denies a sign-in. It is called after the provider has identified the user. It is
    /// also called when an account is about to be [linked](crate::Api::link_account), and when the profile is
    /// refreshed, which is a sign-in without the redirect. [`kind`](PendingSignIn::kind) says which of these it is. If
    /// the hook denies a refresh, the session ends.
    ///
    /// ```
    /// use aura_auth::{Auth, PendingSignIn, SignInDecision};
    ///
    /// async fn admit(sign_in: PendingSignIn) -> SignInDecision {
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

    /// Sets the hook that keeps or ends the session of a request, for example if the user was suspended meanwhile. It
    /// is called at most once per request. [`Auth::layer`](crate::Auth::layer) calls it before a page is rendered, that
    /// is, if a route matches or if a browser loads a page. Otherwise the first code that asks for the session waits
    /// for the decision. A request for an asset does not wait.
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

    /// Sets the hook that is called for every sign-out. The response waits for it. It is not called for sessions that
    /// are ended from elsewhere; the event [`SessionsRevoked`](crate::AuthEvent::SessionsRevoked) reports them.
    pub fn on_sign_out<F, R>(mut self, told: F) -> Self
    where
        F: Fn(Session) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.hooks.on_sign_out = Some(hook(told));
        self
    }

    /// Sets the function that is called synchronously for every audit event. Spawn a task for slow work.
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
