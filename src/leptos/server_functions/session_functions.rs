use std::collections::BTreeMap;

use leptos::prelude::*;

use super::PageClient;
use crate::{AuthError, Session, SignInStarted, SignOutOutcome};

/// Starts a sign-in with a provider; see [`Api::sign_in`](crate::Api::sign_in).
///
/// Called by scripts, the answer says where the browser must go;
/// [`use_sign_in`](super::super::use_sign_in) goes there. A form that is sent without scripts is
/// redirected there.
///
/// # Errors
///
/// [`InvalidParameters`](AuthError::InvalidParameters) for a provider that is not configured;
/// [`RateLimited`](AuthError::RateLimited).
#[server(name = StartSignIn, prefix = "/api/aura-auth", endpoint = "sign_in", client = PageClient)]
pub async fn sign_in(
    /// The provider's id.
    #[server(default)]
    provider: String,
    /// Where the person goes then: a path of the app, or a URL of a trusted origin. Without it, back
    /// to the page that the form is on.
    redirect_to: Option<String>,
    /// The path of the page that the form is on; without it, the `Referer`.
    from_page: Option<String>,
) -> Result<SignInStarted, AuthError> {
    let request = super::super::request::Request::of_call::<StartSignIn>(from_page.as_deref()).await?;
    let redirect_to = redirect_to.or_else(|| request.form_page(from_page.as_deref()));
    let options = crate::SignInOptions { redirect_to, ..crate::SignInOptions::default() };
    let reply = request.auth.api().sign_in(&request.parts, &provider, options).await;
    request.answer::<StartSignIn, _>(from_page.as_deref(), reply, |started| Some(started.sign_in_url.clone()))
}

/// Begins to link an account at another provider to the session; see
/// [`Api::link_account`](crate::Api::link_account).
///
/// Called by scripts, the answer says where the browser must go;
/// [`use_link_account`](super::super::use_link_account) goes there. A form that is sent without scripts is
/// redirected there.
///
/// # Errors
///
/// [`InvalidParameters`](AuthError::InvalidParameters) for a provider that is not configured; a session
/// error where nobody is signed in; [`InvalidCsrfToken`](AuthError::InvalidCsrfToken) when somebody else is
/// signed in than the page shows; [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the
/// app's own sent it; [`RateLimited`](AuthError::RateLimited).
#[server(name = LinkAccount, prefix = "/api/aura-auth", endpoint = "link_account", client = PageClient)]
pub async fn link_account(
    /// The provider's id.
    #[server(default)]
    provider: String,
    /// Where the person goes then: a path of the app, or a URL of a trusted origin. Without it, back
    /// to the page that the form is on.
    redirect_to: Option<String>,
    /// The path of the page that the form is on; without it, the `Referer`.
    from_page: Option<String>,
) -> Result<SignInStarted, AuthError> {
    let request = super::super::request::Request::of_call::<LinkAccount>(from_page.as_deref()).await?;
    let redirect_to = redirect_to.or_else(|| request.form_page(from_page.as_deref()));
    let options = crate::SignInOptions { redirect_to, ..crate::SignInOptions::default() };
    let csrf = crate::CsrfProof::SameOrigin;
    let reply = request.auth.api().link_account(&request.parts, &provider, &csrf, options).await;
    request.answer::<LinkAccount, _>(from_page.as_deref(), reply, |started| Some(started.sign_in_url.clone()))
}

/// Signs out; see [`Api::sign_out`](crate::Api::sign_out). Somebody who is signed out already is
/// answered all the same.
///
/// Called by scripts, the answer says where the browser must go;
/// [`use_sign_out`](super::super::use_sign_out) goes there. A form that is sent without scripts is
/// redirected there.
///
/// # Errors
///
/// [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app's own sent it.
#[server(name = EndSession, prefix = "/api/aura-auth", endpoint = "sign_out", client = PageClient)]
pub async fn sign_out(
    /// Where the person goes then: a path of the app, or a URL of a trusted origin. Without it, to the
    /// front page.
    redirect_to: Option<String>,
    /// The path of the page that the form is on; without it, the `Referer`.
    from_page: Option<String>,
) -> Result<SignOutOutcome, AuthError> {
    let request = super::super::request::Request::of_call::<EndSession>(from_page.as_deref()).await?;
    let redirect_to = redirect_to.filter(|wanted| !wanted.is_empty()).or_else(|| Some("/".to_owned()));
    let options = crate::SignOutOptions { redirect_to, redirect: false };
    let reply = request.auth.api().sign_out(&request.parts, &crate::CsrfProof::SameOrigin, options).await;
    request.answer::<EndSession, _>(from_page.as_deref(), reply, |ended| ended.redirect_url.clone())
}

/// Who is signed in, if anybody; see [`Api::get_session`](crate::Api::get_session). It answers 200 either
/// way.
///
/// It is the fetcher of the resource that [`use_session`](super::super::use_session) gives. Code on the
/// server calls [`session`](fn@super::super::session).
///
/// # Errors
///
/// [`ServerError`](AuthError::ServerError) where the app is not set up, which the log explains.
#[server(name = FetchSession, prefix = "/api/aura-auth", endpoint = "get_session", client = PageClient)]
pub async fn get_session() -> Result<Option<Session>, AuthError> {
    Ok(super::super::request::Request::of_call::<FetchSession>(None).await?.session().await)
}

/// Changes what people may change of themselves; see
/// [`Api::update_session`](crate::Api::update_session). The answer is the session as it is then.
///
/// Each field is one of the user's: `name`, `image`, or a claim that the app has made editable
/// ([`SessionConfig::editable`](crate::SessionConfig::editable),
/// [`editable_claims`](crate::SessionConfig::editable_claims)), whose text becomes a value of the type
/// that the claim was declared with. A field that is absent stays as it is, and an empty one takes the
/// value away.
///
/// # Errors
///
/// [`UpdateSessionInvalid`](AuthError::UpdateSessionInvalid) when a field is not editable or a value is
/// not allowed; a session error where nobody is signed in;
/// [`InvalidCsrfToken`](AuthError::InvalidCsrfToken) when somebody else is signed in than the page shows;
/// [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app's own sent it.
#[server(name = UpdateSession, prefix = "/api/aura-auth", endpoint = "update_session", client = PageClient)]
pub async fn update_session(
    /// The path of the page that the form is on; without it, the `Referer`.
    from_page: Option<String>,
    /// What changes, by name. (Not an `Option` for each: `serde_qs` reads an empty field as none, and so
    /// as an absent one.)
    #[server(flatten)]
    fields: BTreeMap<String, String>,
) -> Result<Session, AuthError> {
    let request = super::super::request::Request::of_call::<UpdateSession>(from_page.as_deref()).await?;
    let api = request.auth.api();
    let fields = fields.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let read = || api.update_of_fields(fields).map(crate::server::SessionChange::of);
    let reply = api.change_session(&request.parts, &crate::CsrfProof::SameOrigin, read).await;
    request.answer::<UpdateSession, _>(from_page.as_deref(), reply, |_| None).map(|updated| updated.session)
}

impl StartSignIn {
    /// A sign-in with this provider, from which the person comes back to the page that they are on.
    ///
    /// ```
    /// use aura_auth::leptos::server_functions::StartSignIn;
    ///
    /// let start = StartSignIn::with("bitbucket").redirect_to("/dashboard");
    /// assert_eq!(start.redirect_to.as_deref(), Some("/dashboard"));
    /// ```
    #[must_use]
    pub fn with(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), redirect_to: None, from_page: None }
    }

    /// Where the person goes then.
    #[must_use]
    pub fn redirect_to(self, path: impl Into<String>) -> Self {
        Self { redirect_to: Some(path.into()), ..self }
    }
}

impl LinkAccount {
    /// A link of an account at this provider, from which the person comes back to the page that they are on.
    ///
    /// ```
    /// use aura_auth::leptos::server_functions::LinkAccount;
    ///
    /// let link = LinkAccount::with("github").redirect_to("/account");
    /// assert_eq!(link.redirect_to.as_deref(), Some("/account"));
    /// ```
    #[must_use]
    pub fn with(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), redirect_to: None, from_page: None }
    }

    /// Where the person goes then.
    #[must_use]
    pub fn redirect_to(self, path: impl Into<String>) -> Self {
        Self { redirect_to: Some(path.into()), ..self }
    }
}

impl EndSession {
    /// A sign-out that leads to the front page.
    #[must_use]
    pub fn new() -> Self {
        Self { redirect_to: None, from_page: None }
    }

    /// Where the person goes then.
    #[must_use]
    pub fn redirect_to(self, path: impl Into<String>) -> Self {
        Self { redirect_to: Some(path.into()), ..self }
    }
}

impl Default for EndSession {
    fn default() -> Self {
        Self::new()
    }
}

impl UpdateSession {
    /// An update that changes nothing.
    ///
    /// ```
    /// use aura_auth::leptos::server_functions::UpdateSession;
    ///
    /// let update = UpdateSession::new().set("name", "Countess Lovelace").set("theme", "dark");
    /// assert_eq!(update.fields["name"], "Countess Lovelace");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { from_page: None, fields: BTreeMap::new() }
    }

    /// Changes one more field, as a form's field of that name does. Empty text takes its value away.
    #[must_use]
    pub fn set(mut self, field: impl Into<String>, text: impl Into<String>) -> Self {
        self.fields.insert(field.into(), text.into());
        self
    }
}

impl Default for UpdateSession {
    fn default() -> Self {
        Self::new()
    }
}
