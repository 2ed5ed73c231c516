use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::leptos::server_functions::PageClient;
use crate::{AuthError, Session, SignInStarted, SignOutOutcome};

/// Starts a sign-in with a provider; see [`Api::sign_in`](crate::Api::sign_in).
///
/// If a script calls it, the result says where the browser must go, and [`use_sign_in`](crate::leptos::use_sign_in)
/// navigates there. A form that is sent without scripts is redirected there.
///
/// # Errors
///
/// [`InvalidParameters`](AuthError::InvalidParameters) if the provider is not configured;
/// [`RateLimited`](AuthError::RateLimited).
#[server(name = StartSignIn, prefix = "/api/aura-auth", endpoint = "sign_in", client = PageClient)]
pub async fn sign_in(
    /// The provider's id.
    #[server(default)]
    provider: String,
    /// Where the person goes after the sign-in: a path of the app, or a URL of a trusted origin. Without it, the person
    /// returns to the page that contains the form.
    redirect_to: Option<String>,
    /// The path of the page that contains the form. Without it, the `Referer` is used.
    from_page: Option<String>,
) -> Result<SignInStarted, AuthError> {
    let request = crate::leptos::request::Request::of_call::<StartSignIn>(from_page.as_deref()).await?;
    let redirect_to = redirect_to.or_else(|| request.form_page(from_page.as_deref()));
    let options = crate::RedirectOptions { redirect_to, ..crate::RedirectOptions::default() };
    let reply = request.auth.api().sign_in(&request.parts, &provider, options).await;
    request.answer::<StartSignIn, _>(from_page.as_deref(), reply, |started| Some(started.sign_in_url.clone()))
}

/// Starts to link an account at another provider to the session; see [`Api::link_account`](crate::Api::link_account).
///
/// If a script calls it, the result says where the browser must go, and
/// [`use_link_account`](crate::leptos::use_link_account) navigates there. A form that is sent without scripts is
/// redirected there.
///
/// # Errors
///
/// - [`InvalidParameters`](AuthError::InvalidParameters) if the provider is not configured.
/// - A session error if nobody is signed in.
/// - [`InvalidCsrfToken`](AuthError::InvalidCsrfToken) if the signed-in person is not the one that the page shows.
/// - [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app sent the request.
/// - [`RateLimited`](AuthError::RateLimited).
#[server(name = LinkAccount, prefix = "/api/aura-auth", endpoint = "link_account", client = PageClient)]
pub async fn link_account(
    /// The provider's id.
    #[server(default)]
    provider: String,
    /// Where the person goes after the link: a path of the app, or a URL of a trusted origin. Without it, the person
    /// returns to the page that contains the form.
    redirect_to: Option<String>,
    /// The path of the page that contains the form. Without it, the `Referer` is used.
    from_page: Option<String>,
) -> Result<SignInStarted, AuthError> {
    let request = crate::leptos::request::Request::of_call::<LinkAccount>(from_page.as_deref()).await?;
    let redirect_to = redirect_to.or_else(|| request.form_page(from_page.as_deref()));
    let options = crate::RedirectOptions { redirect_to, ..crate::RedirectOptions::default() };
    let csrf = crate::CsrfProof::SameOrigin;
    let reply = request.auth.api().link_account(&request.parts, &provider, &csrf, options).await;
    request.answer::<LinkAccount, _>(from_page.as_deref(), reply, |started| Some(started.sign_in_url.clone()))
}

/// Signs out; see [`Api::sign_out`](crate::Api::sign_out). It also succeeds if the person is already signed out.
///
/// If a script calls it, the result says where the browser must go, and [`use_sign_out`](crate::leptos::use_sign_out)
/// navigates there. A form that is sent without scripts is redirected there.
///
/// # Errors
///
/// [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app sent the request.
#[server(name = EndSession, prefix = "/api/aura-auth", endpoint = "sign_out", client = PageClient)]
pub async fn sign_out(
    /// Where the person goes after the sign-out: a path of the app, or a URL of a trusted origin. Without it, the front
    /// page is loaded.
    redirect_to: Option<String>,
    /// The path of the page that contains the form. Without it, the `Referer` is used.
    from_page: Option<String>,
) -> Result<SignOutOutcome, AuthError> {
    let request = crate::leptos::request::Request::of_call::<EndSession>(from_page.as_deref()).await?;
    let redirect_to = redirect_to.filter(|wanted| !wanted.is_empty()).or_else(|| Some("/".to_owned()));
    let options = crate::RedirectOptions { redirect_to, redirect: false };
    let reply = request.auth.api().sign_out(&request.parts, &crate::CsrfProof::SameOrigin, options).await;
    request.answer::<EndSession, _>(from_page.as_deref(), reply, |ended| ended.redirect_url.clone())
}

/// Returns the session, or `None` if nobody is signed in; see [`Api::get_session`](crate::Api::get_session). The status
/// is 200 in both cases.
///
/// This is the fetcher of the resource that [`use_session`](crate::leptos::use_session) returns. Code on the server
/// calls [`session`](fn@crate::leptos::session).
///
/// # Errors
///
/// [`ServerError`](AuthError::ServerError) if the app is not set up correctly, which the log explains, and
/// [`StoreUnavailable`](AuthError::StoreUnavailable) if the store of the sessions can't be reached.
#[server(name = FetchSession, prefix = "/api/aura-auth", endpoint = "get_session", client = PageClient)]
pub async fn get_session() -> Result<Option<Session>, AuthError> {
    let session = crate::leptos::request::Request::of_call::<FetchSession>(None).await?.session().await;
    session.inspect_err(|&error| crate::leptos::request::set_status(error))
}

/// Changes the fields that people may edit. Returns the updated session. See
/// [`Api::update_session`](crate::Api::update_session).
///
/// Each form field is a field of the user: `name`, `image`, or a claim that the app has made editable
/// ([`SessionConfig::editable`](crate::SessionConfig::editable),
/// [`editable_claims`](crate::SessionConfig::editable_claims)). The text of a claim is converted to the type that the
/// claim was declared with. A missing form field keeps the value, and an empty one removes it.
///
/// # Errors
///
/// - [`UpdateSessionInvalid`](AuthError::UpdateSessionInvalid) if a field is not editable or a value is not allowed.
/// - A session error if nobody is signed in.
/// - [`InvalidCsrfToken`](AuthError::InvalidCsrfToken) if the signed-in person is not the one that the page shows.
/// - [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app sent the request.
#[server(name = UpdateSession, prefix = "/api/aura-auth", endpoint = "update_session", client = PageClient)]
pub async fn update_session(
    /// The path of the page that contains the form. Without it, the `Referer` is used.
    from_page: Option<String>,
    /// The changed fields by name. This is not an `Option` for each field, since `serde_qs` can't tell an empty field
    /// from a missing one.
    #[server(flatten)]
    fields: BTreeMap<String, String>,
) -> Result<Session, AuthError> {
    let request = crate::leptos::request::Request::of_call::<UpdateSession>(from_page.as_deref()).await?;
    let api = request.auth.api();
    let fields = fields.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let read = || api.update_of_fields(fields).map(crate::server::SessionChange::of);
    let reply = api.change_session(&request.parts, &crate::CsrfProof::SameOrigin, read).await;
    request.answer::<UpdateSession, _>(from_page.as_deref(), reply, |_| None).map(|updated| updated.session)
}

impl StartSignIn {
    /// Creates a sign-in with this provider. After it, the person returns to the current page.
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

    /// Sets where the person goes after the sign-in.
    #[must_use]
    pub fn redirect_to(self, path: impl Into<String>) -> Self {
        Self { redirect_to: Some(path.into()), ..self }
    }
}

impl LinkAccount {
    /// Creates a link to an account at this provider. After it, the person returns to the current page.
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

    /// Sets where the person goes after the link.
    #[must_use]
    pub fn redirect_to(self, path: impl Into<String>) -> Self {
        Self { redirect_to: Some(path.into()), ..self }
    }
}

impl EndSession {
    /// Creates a sign-out that leads to the front page.
    #[must_use]
    pub fn new() -> Self {
        Self { redirect_to: None, from_page: None }
    }

    /// Sets where the person goes after the sign-out.
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
    /// Creates an update that changes nothing.
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

    /// Changes one more field, like a form field with this name. Empty text removes the field's value.
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
