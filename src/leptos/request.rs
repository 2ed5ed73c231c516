use ::http::header::{ACCEPT, CACHE_CONTROL, LOCATION, REFERER};
use ::http::request::Parts;
use ::http::{HeaderValue, Method, StatusCode};
use leptos::prelude::{expect_context, provide_context, use_context};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_axum::ResponseOptions;

use crate::leptos::hooks::ConfiguredProvider;
use crate::leptos::page_settings::PageSettings;
use crate::server::RequestContext;
use crate::{Auth, AuthError, Reply, Secret, Session};

impl Auth {
    /// Returns the function that provides the context of the server functions, the session and the components. Pass it
    /// to `leptos_routes_with_context`.
    ///
    /// ```
    /// # fn app(auth: aura_auth::Auth, options: leptos::config::LeptosOptions) -> axum::Router {
    /// # use leptos::prelude::*;
    /// # use leptos_axum::LeptosRoutes;
    /// # fn shell() -> impl IntoView {}
    /// # let routes = leptos_axum::generate_route_list(shell);
    /// axum::Router::new()
    ///     .leptos_routes_with_context(&options, routes, auth.context(), shell)
    ///     .nest("/auth", auth.handlers())
    ///     .layer(auth.layer())
    /// #   .with_state(options)
    /// # }
    /// ```
    pub fn context(&self) -> impl Fn() + Clone + Send + Sync + 'static + use<> {
        let auth = self.clone();
        move || provide_context(auth.clone())
    }
}

/// The current request, and the app's `Auth`. There is none while Leptos lists the routes.
pub(super) struct Request {
    pub(super) auth: Auth,
    pub(super) parts: Parts,
}

impl Request {
    pub(super) fn find() -> Option<Self> {
        let parts: Parts = use_context()?;
        let auth: Option<Auth> = use_context();
        // While Leptos lists the routes, both are missing, which is no error.
        match (&auth, parts.extensions.get::<RequestContext>()) {
            (None, Some(_)) => {
                tracing::error!("no `Auth` in context: pass `auth.context()` to `leptos_routes_with_context`");
            }
            (Some(_), None) => tracing::warn!(
                "a page is rendered without a session: the page is static, or `auth.layer()` is not around the app"
            ),
            (Some(_), Some(_)) | (None, None) => {}
        }
        Some(Self { auth: auth?, parts })
    }

    pub(super) fn current() -> Result<Self, AuthError> {
        Self::find().ok_or(AuthError::ServerError)
    }

    /// Returns the request that calls one of our server functions, or an error if the rate limit is exceeded. Calls by
    /// a page that is being rendered or by the app's own code do not count towards the limit.
    pub(super) async fn of_call<F: ServerFn>(from_page: Option<&str>) -> Result<Self, AuthError> {
        let request = Self::current()?;
        if request.is_call_of::<F>()
            && let Err(limited) = request.auth.api().limit_server_function(&request.parts).await
        {
            request.answer::<F, ()>(from_page, limited, |()| None)?;
        }
        Ok(request)
    }

    /// Whether the request itself calls this server function. If not, a page that is being rendered or the app's own
    /// code calls it.
    pub(super) fn is_call_of<F: ServerFn>(&self) -> bool {
        self.parts.uri.path() == F::PATH
    }

    /// Returns the session, or `None` if nobody is signed in. Fails if the store of the sessions can't be asked.
    pub(super) async fn session(&self) -> Result<Option<Session>, AuthError> {
        match self.auth.api().session_of_page(&self.parts).await {
            Ok(session) => Ok(Some(session)),
            Err(AuthError::StoreUnavailable) => Err(AuthError::StoreUnavailable),
            Err(_) => Ok(None),
        }
    }

    /// Returns the data that the page needs in addition to the session. A page that is not rendered for a request may
    /// be stored as a file, so it must contain nothing of this request.
    pub(super) fn page_settings(&self) -> PageSettings {
        let api = self.auth.api();
        let known = self.parts.extensions.get::<RequestContext>().is_some();
        PageSettings {
            known,
            base_path: self.auth.base_path().to_owned(),
            sign_in_page: api.sign_in_page().to_owned(),
            providers: self.auth.providers().map(|(id, name)| ConfiguredProvider::new(id, name)).collect(),
            now: api.now(),
            connected: if known { api.connected_providers_of_page(&self.parts) } else { Vec::new() },
            lists_sessions: api.lists_sessions(),
        }
    }

    /// Returns `wanted` as a path of the app, if a redirect to it is allowed.
    pub(super) fn own_path(&self, wanted: &str) -> Option<String> {
        self.auth.api().own_path(&self.parts, wanted)
    }

    /// Returns the page that contains the form: the page that the form names, or else the `Referer`. Removes the error
    /// of an earlier form from its query.
    pub(super) fn form_page(&self, named: Option<&str>) -> Option<String> {
        let referer = || self.parts.headers.get(REFERER)?.to_str().ok();
        let page = self.own_path(named.filter(|page| !page.is_empty()).or_else(referer)?)?;
        let (path, query) = page.split_once('?').unwrap_or((&page, ""));
        // The other parameters stay exactly as the app wrote them.
        let is_kept = |pair: &&str| !pair.is_empty() && !pair.starts_with("__path=") && !pair.starts_with("__err=");
        let kept: Vec<_> = query.split('&').filter(is_kept).collect();
        Some(if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) })
    }

    /// Whether a browser sent a form without scripts. Then the response must be a redirect.
    pub(super) fn is_plain_form(&self) -> bool {
        let accept = self.parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    }

    /// Answers a server function. A form that was sent without scripts is redirected with 303 (RFC 9110, 15.4.4) to
    /// `target`, or back to its page. If there is an error, the page's URL contains it.
    pub(super) fn answer<F: ServerFn, T>(
        &self,
        from_page: Option<&str>,
        reply: Reply<T>,
        target: impl FnOnce(&T) -> Option<String>,
    ) -> Result<T, AuthError> {
        put_cookies(&reply);
        let result = reply.into_result();
        if !self.is_plain_form() {
            return result.inspect_err(|&error| set_status(error));
        }
        let page = self.form_page(from_page).unwrap_or_else(|| "/".to_owned());
        let location = match &result {
            Ok(data) => target(data).unwrap_or(page),
            Err(error) => with_form_error(&page, F::PATH, *error),
        };
        redirect_with(&location, StatusCode::SEE_OTHER);
        result
    }
}

/// Adds a reply's cookies to the response.
fn put_cookies<T>(reply: &Reply<T>) {
    let options = expect_context::<ResponseOptions>();
    for (name, value) in reply.headers().iter().filter(|(name, _)| **name != LOCATION) {
        options.append_header(name.clone(), value.clone());
    }
}

/// Adds the error of a form to a page's URL, in Leptos' format.
fn with_form_error(page: &str, function: &str, error: AuthError) -> String {
    // Leptos requires a whole URL. Only its path and query are used.
    let url = ServerFnUrlError::new(function, error).to_url(&format!("http://localhost{page}"));
    url.map_or_else(|_| page.to_owned(), |url| url[url::Position::BeforePath..].to_owned())
}

/// Sets the response's status to the error's status, in a server function. A form that was sent without scripts is
/// redirected, so its status is not the error's.
pub(super) fn set_status(error: AuthError) {
    if Request::find().is_some_and(|request| request.is_plain_form()) {
        return;
    }
    if let (Some(options), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status())) {
        options.set_status(status);
    }
}

/// Redirects, whatever is rendered and whatever `Accept` says. A component may call this if it decides before the first
/// byte of the response is sent.
pub(super) fn redirect(location: &str) {
    redirect_with(location, StatusCode::FOUND);
}

/// The redirect depends on the person, so caches must not store it.
fn redirect_with(location: &str, status: StatusCode) {
    if let (Some(options), Ok(location)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(location)) {
        options.set_status(status);
        options.insert_header(LOCATION, location);
        options.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Returns the error that the sign-in page should show as the reason for the redirect.
pub(super) fn sign_in_reason() -> Option<AuthError> {
    let request = Request::find()?;
    request.auth.api().sign_in_reason(&request.parts)
}

/// Sets the status 403: this person may not see the page. Like [`redirect`], it works only before the first byte is
/// sent.
pub(super) fn forbid() {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(StatusCode::FORBIDDEN);
    }
}

/// Returns the app's `Auth`, for example to call its [`api`](Auth::api), **inside a server function or while a page is
/// rendered**.
///
/// # Errors
///
/// [`ServerError`](AuthError::ServerError) if there is no request, or if [`Auth::context`] was not passed to
/// `leptos_routes_with_context`, which the log says.
pub fn auth_context() -> Result<Auth, AuthError> {
    Request::current().map(|request| request.auth)
}

/// Returns the session, **inside a server function or while a page is rendered**.
///
/// If sessions are in a store that can't be reached, this returns `None`, and [the layer](crate::Auth::layer) answers
/// 503 ([`StoreUnavailable`](AuthError::StoreUnavailable)), whatever the function returns.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::AuthError;
///
/// #[server]
/// async fn greeting() -> Result<String, AuthError> {
///     let session = aura_auth::leptos::session().await;
///     Ok(session.and_then(|session| session.user.name).unwrap_or_else(|| "stranger".to_owned()))
/// }
/// ```
pub async fn session() -> Option<Session> {
    Request::find()?.session().await.unwrap_or_default()
}

/// Returns the session, **inside a server function or while a page is rendered**. If nobody is signed in, returns an
/// error and prepares the response:
///
/// - A program, or a script of the app's page, gets the status 401. The page then asks the server who is signed in.
/// - If a browser sent a form without scripts or loads a page, it is redirected to the [sign-in
///   page](crate::AuthBuilder::sign_in_page). After the sign-in, the person returns.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::AuthError;
///
/// #[server]
/// async fn save(text: String) -> Result<(), AuthError> {
///     let session = aura_auth::leptos::require_session().await?;
///     println!("{} says {text}", session.user.sub);
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// [`SessionNotFound`](AuthError::SessionNotFound), [`SessionExpired`](AuthError::SessionExpired),
/// [`SessionNotPinned`](AuthError::SessionNotPinned), [`SessionInvalid`](AuthError::SessionInvalid) or
/// [`StoreUnavailable`](AuthError::StoreUnavailable).
pub async fn require_session() -> Result<Session, AuthError> {
    let request = Request::current()?;
    let error = match request.auth.api().session_of_page(&request.parts).await {
        Ok(session) => return Ok(session),
        Err(error) => error,
    };
    // If it is not known who is signed in, nobody is sent to the sign-in page. The layer answers a browser.
    if request.is_plain_form() && error != AuthError::StoreUnavailable {
        let status = if request.parts.method == Method::GET { StatusCode::FOUND } else { StatusCode::SEE_OTHER };
        redirect_with(&request.auth.api().sign_in_location(&request.parts), status);
    } else {
        set_status(error);
    }
    Err(error)
}

/// Returns the provider's access token, **inside a server function**. A token that is about to expire is refreshed
/// first, and the response then sets its cookies.
///
/// If tokens are in a [store](crate::AuthBuilder::store), this works in every server function, also while a page is
/// rendered. If they are in cookies, browsers send these only to URLs under the base path's `/providers`, so the server
/// function must have such a path:
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::AuthError;
///
/// #[server(prefix = "/auth/providers/bitbucket", endpoint = "workspaces")]
/// pub async fn workspaces() -> Result<Vec<String>, AuthError> {
///     let token = aura_auth::leptos::access_token("bitbucket").await?;
///     let url = "https://api.bitbucket.org/2.0/user/workspaces";
///     let answer = reqwest::Client::new().get(url).bearer_auth(token.expose()).send().await;
///     let answer = answer.map_err(|_| AuthError::ProviderUnreachable)?;
///     let text = answer.text().await.map_err(|_| AuthError::ProviderUnreachable)?;
///     let page: serde_json::Value =
///         serde_json::from_str(&text).map_err(|_| AuthError::ProviderContentType)?;
///     let values = page["values"].as_array().into_iter().flatten();
///     Ok(values.filter_map(|value| value["workspace"]["slug"].as_str().map(str::to_owned)).collect())
/// }
/// ```
///
/// # Errors
///
/// Those of [`Api::access_token`](crate::Api::access_token).
/// [`ProviderTokensNotSent`](AuthError::ProviderTokensNotSent) if the server function's path is not under the base
/// path's `/providers`.
pub async fn access_token(provider: &str) -> Result<Secret, AuthError> {
    let request = Request::current()?;
    let reply = request.auth.api().access_token(&request.parts, provider).await;
    put_cookies(&reply);
    reply.into_result().inspect_err(|&error| set_status(error))
}
