use ::http::header::{ACCEPT, LOCATION};
use ::http::request::Parts;
use ::http::{HeaderValue, StatusCode};
use leptos::prelude::{expect_context, provide_context, use_context};
use leptos_axum::ResponseOptions;

use crate::server::Incoming;
use crate::{Auth, AuthError, Reply, Session};

impl Auth {
    /// The context that the server functions, the session and the components need; for
    /// `leptos_routes_with_context`.
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

/// The request being answered, and the app's `Auth`; none while routes are being listed.
pub(super) struct Request {
    pub(super) auth: Auth,
    pub(super) parts: Parts,
}

impl Request {
    pub(super) fn find() -> Option<Self> {
        let parts: Parts = use_context()?;
        let auth: Option<Auth> = use_context();
        // While routes are being listed there is neither, and nothing is wrong.
        match (&auth, parts.extensions.get::<Incoming>()) {
            (None, Some(_)) => {
                tracing::error!("no `Auth` in context: pass `auth.context()` to `leptos_routes_with_context`");
            }
            (Some(_), None) => tracing::error!("`auth.layer()` is not around the app: nothing guards it"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        Some(Self { auth: auth?, parts })
    }

    pub(super) fn current() -> Result<Self, AuthError> {
        Self::find().ok_or(AuthError::ServerError)
    }

    pub(super) fn session(&self) -> Option<Session> {
        self.auth.api().get_session(&self.parts).into_result().ok()
    }

    /// Whether a form was sent without scripts: then the answer must send the browser on.
    pub(super) fn is_plain_form(&self) -> bool {
        let accept = self.parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    }
}

/// Puts a reply's cookies and, for a plain form, its `Location` into the response.
pub(super) fn respond<T>(request: &Request, reply: Reply<T>) -> Result<T, AuthError> {
    let options = expect_context::<ResponseOptions>();
    for (name, value) in reply.headers() {
        if *name != LOCATION {
            options.append_header(name.clone(), value.clone());
        } else if request.is_plain_form() {
            options.insert_header(LOCATION, value.clone());
            options.set_status(StatusCode::SEE_OTHER);
        }
    }
    let result = reply.into_result();
    if let Err(error) = result
        && !request.is_plain_form()
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        options.set_status(status);
    }
    result
}

/// Answers with an error's status, in a server function.
pub(super) fn set_status(error: AuthError) {
    if let (Some(options), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status())) {
        options.set_status(status);
    }
}

/// Answers with a redirect, whatever is rendered, and whatever `Accept` says: components that
/// decide before the first byte leaves may call it.
pub(super) fn redirect(location: &str) {
    if let (Some(options), Ok(location)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(location)) {
        options.set_status(StatusCode::FOUND);
        options.insert_header(LOCATION, location);
    }
}
