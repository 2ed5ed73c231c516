use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, delete, get, on, post};
use http::Method;
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use serde_json::{Map, Value};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::server::auth::Auth;
use crate::server::auth_state::AuthState;
use crate::server::http::body_limit::{MAX_BODY_BYTES, body_error};
use crate::server::http::error_response::error_response;
use crate::server::http::html::frame_page;
use crate::server::http::plain_form::Form;
use crate::server::operations::{CsrfProof, Query, Reply, SessionChange};
use crate::server::origin::Origin;
use crate::{AuthError, EndedSessions, RedirectOptions, Session, SessionUpdate, SessionUpdated, SignInStarted};

impl Auth {
    /// Returns the endpoints. They must be nested at the base path.
    pub fn handlers<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        // axum answers a `HEAD` like a `GET` unless a route rejects it. These two endpoints change something.
        let head = |allowed| on(MethodFilter::HEAD, async move || not_by_head(allowed));
        let session_endpoints = Router::new()
            .route("/session", get(session).patch(update_session).post(update_session_by_form))
            .route("/signOut", post(sign_out))
            .route("/csrfToken", get(csrf_token))
            .route("/sessions", get(sessions))
            .route("/sessions/{id}", delete(end_session))
            // A form can't send a DELETE.
            .route("/sessions/{id}/revoke", post(end_session))
            .route("/sessions/revoke-others", post(end_other_sessions))
            // This is also set here, so that the CORS layer wraps it.
            .method_not_allowed_fallback(method_not_allowed);
        let session_endpoints = if self.0.cors { session_endpoints.layer(cors(&self.0)) } else { session_endpoints };
        Router::new()
            .route("/signIn/{oauth}", head("GET,POST").get(sign_in).post(link_account))
            .route("/callback/{oauth}", head("GET").get(callback))
            .merge(session_endpoints)
            .route("/providers/{oauth}", get(is_provider_connected).delete(disconnect_provider))
            // A form can't send a DELETE.
            .route("/providers/{oauth}/disconnect", post(disconnect_provider))
            .route("/providers/{oauth}/tokens", get(provider_tokens))
            .route("/providers/{oauth}/tokens/revoke", post(revoke_token))
            .route("/providers/{oauth}/user/refresh", post(refresh_user_info))
            .route("/.well-known/jwks.json", get(jwks))
            .fallback(not_found)
            .method_not_allowed_fallback(method_not_allowed)
            // No endpoint needs a larger body, whatever the app's own limit is.
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(self.clone())
    }
}

/// Returns the layer that lets some pages read the session endpoints with the person's cookies (the Fetch standard,
/// 3.3).
fn cors(auth: &Arc<AuthState>) -> CorsLayer {
    let auth = Arc::clone(auth);
    let allowed = move |origin: &HeaderValue, _: &Parts| {
        origin.to_str().ok().and_then(Origin::parse).is_some_and(|origin| auth.origins.allow_requests_from(&origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::PATCH, Method::POST, Method::DELETE])
        .allow_headers([CONTENT_TYPE, HeaderName::from_static("x-csrf-token")])
        .max_age(Duration::from_secs(600))
}

/// The id of a provider or of a session, from the path. If the path can't be decoded, the id is empty, and nothing has
/// it.
struct PathId(String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let id = Path::from_request_parts(parts, state).await;
        Ok(Self(id.map_or_else(|_| String::new(), |Path(id)| id)))
    }
}

async fn sign_in(
    State(auth): State<Auth>,
    PathId(provider): PathId,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Response {
    let options = || {
        let query = Query::parse(query.as_deref().unwrap_or_default())?;
        Ok(RedirectOptions {
            // An empty `redirectTo` means the front page. If there is none, it is the page that the request came from.
            redirect_to: match (query.get("redirectTo")?, query.redirect_to()?) {
                (Some(_), None) => Some("/".to_owned()),
                (_, redirect_to) => redirect_to.map(str::to_owned),
            },
            redirect: query.boolean("redirect")?.unwrap_or(true),
        })
    };
    match options() {
        Ok(options) if options.redirect && is_in_frame(&parts.headers) => {
            match auth.providers().find(|(id, _)| *id == provider) {
                Some((id, name)) => frame_page(auth.base_path(), id, name, options.redirect_to.as_deref()),
                None => error_response(AuthError::InvalidParameters),
            }
        }
        Ok(options) => auth.api().sign_in(&parts, &provider, options).await.into_response(),
        Err(error) => error_response(error),
    }
}

/// Starts to link an account. A `POST` has no other purpose, but must name this one: `intent=link`.
async fn link_account(
    State(auth): State<Auth>,
    PathId(provider): PathId,
    RawQuery(query): RawQuery,
    mut parts: Parts,
    body: Body,
) -> Response {
    let form = match Form::read(&auth, &mut parts, body) {
        Ok(form) => form,
        Err(error) => return Reply::<SignInStarted>::without_request(Err(error)).into_response(),
    };
    let proof = Form::proof(form.as_ref());
    let read = || link_options(query.as_deref().unwrap_or_default(), form);
    auth.api().begin_link(&parts, &provider, &proof, read).await.into_response()
}

/// Reads the options. A program sends all of them in the query. A form sends `intent` and `redirectTo` in the body.
fn link_options(query: &str, form: Option<Form>) -> Result<RedirectOptions, AuthError> {
    let query = Query::parse(query)?;
    let intent = form.as_ref().map_or(Ok(None), Form::intent)?;
    if intent.or(query.get("intent")?) != Some("link") {
        return Err(AuthError::InvalidParameters);
    }
    let redirect_to = query.redirect_to()?.map(str::to_owned);
    Ok(match form {
        Some(form) => RedirectOptions { redirect_to: form.redirect_to.or(redirect_to), redirect: true },
        None => RedirectOptions { redirect_to, redirect: query.boolean("redirect")?.unwrap_or(true) },
    })
}

/// Checks whether the browser shows the response inside another page (Fetch Metadata, 2.1). Providers do not allow
/// frames, and browsers do not send cookies in frames of other sites.
fn is_in_frame(headers: &HeaderMap) -> bool {
    let destination = headers.get("sec-fetch-dest").map(HeaderValue::as_bytes);
    matches!(destination, Some(b"iframe" | b"frame" | b"fencedframe" | b"embed" | b"object"))
}

async fn callback(
    State(auth): State<Auth>,
    PathId(provider): PathId,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Response {
    auth.api().callback(&parts, &provider, query.as_deref().unwrap_or_default()).await.into_response()
}

async fn session(State(auth): State<Auth>, parts: Parts) -> Response {
    auth.api().session_for_endpoint(&parts).await.into_response()
}

async fn update_session(State(auth): State<Auth>, RawQuery(query): RawQuery, parts: Parts, body: Body) -> Response {
    let read = || {
        let body = body.map_err(body_error)?;
        // The TypeScript client sends JSON as `text/plain`, so the content type is not checked.
        let body: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| AuthError::MalformedBody)?;
        let update: SessionUpdate = serde_json::from_value(body.into()).map_err(|_| AuthError::MalformedBody)?;
        let query = Query::parse(query.as_deref().unwrap_or_default())?;
        Ok(SessionChange {
            update: Cow::Owned(update),
            redirect_to: query.redirect_to()?.map(str::to_owned),
            redirect: query.boolean("redirect")?.unwrap_or(true),
        })
    };
    auth.api().change_session(&parts, &CsrfProof::Header, read).await.into_response()
}

async fn is_provider_connected(State(auth): State<Auth>, PathId(provider): PathId, parts: Parts) -> Response {
    auth.api().is_provider_connected(&parts, &provider).await.into_response()
}

async fn provider_tokens(State(auth): State<Auth>, PathId(provider): PathId, parts: Parts) -> Response {
    auth.api().get_provider_tokens(&parts, &provider, &CsrfProof::Header).await.into_response()
}

type Body = Result<Bytes, BytesRejection>;

async fn refresh_user_info(
    State(auth): State<Auth>,
    PathId(provider): PathId,
    mut parts: Parts,
    body: Body,
) -> Response {
    match Form::read(&auth, &mut parts, body) {
        Ok(form) => {
            let reply = auth.api().refresh_user_info(&parts, &provider, &Form::proof(form.as_ref())).await;
            Form::answer(form.as_ref(), &auth, &parts, reply, &format!("providers/{provider}/user/refresh"))
        }
        Err(error) => Reply::<Session>::without_request(Err(error)).into_response(),
    }
}

async fn revoke_token(State(auth): State<Auth>, PathId(provider): PathId, mut parts: Parts, body: Body) -> Response {
    match Form::read(&auth, &mut parts, body) {
        Ok(form) => {
            let reply = auth.api().revoke_token(&parts, &provider, &Form::proof(form.as_ref())).await;
            Form::answer(form.as_ref(), &auth, &parts, reply, &format!("providers/{provider}/tokens/revoke"))
        }
        Err(error) => Reply::<()>::without_request(Err(error)).into_response(),
    }
}

async fn disconnect_provider(
    State(auth): State<Auth>,
    PathId(provider): PathId,
    mut parts: Parts,
    body: Body,
) -> Response {
    match Form::read(&auth, &mut parts, body) {
        Ok(form) => {
            let reply = auth.api().disconnect_provider(&parts, &provider, &Form::proof(form.as_ref())).await;
            Form::answer(form.as_ref(), &auth, &parts, reply, &format!("providers/{provider}/disconnect"))
        }
        Err(error) => Reply::<()>::without_request(Err(error)).into_response(),
    }
}

/// Handles a form without scripts, which can't send a `PATCH`. Each field is a field of the user.
async fn update_session_by_form(State(auth): State<Auth>, mut parts: Parts, body: Body) -> Response {
    let failed = |error| Reply::<SessionUpdated>::without_request(Err(error)).into_response();
    let form = match Form::read(&auth, &mut parts, body) {
        Ok(Some(form)) => form,
        Ok(None) => return failed(AuthError::MalformedBody),
        Err(error) => return failed(error),
    };
    let read = || form.session_update(&auth).map(SessionChange::of);
    let reply = auth.api().change_session(&parts, &Form::proof(Some(&form)), read).await;
    Form::answer(Some(&form), &auth, &parts, reply, "session")
}

async fn sessions(State(auth): State<Auth>, parts: Parts) -> Response {
    auth.api().sessions(&parts).await.into_response()
}

async fn end_session(State(auth): State<Auth>, PathId(id): PathId, mut parts: Parts, body: Body) -> Response {
    match Form::read(&auth, &mut parts, body) {
        Ok(form) => {
            let reply = auth.api().end_session(&parts, &id, &Form::proof(form.as_ref())).await;
            // After a sign-out, the page of the form may be one that only signed-in people see.
            let is_sign_out = reply.as_result().is_ok_and(|ended| ended.current);
            let form = form.map(|form| if is_sign_out { form.or_redirect_to("/") } else { form });
            Form::answer(form.as_ref(), &auth, &parts, reply, &format!("sessions/{id}/revoke"))
        }
        Err(error) => Reply::<EndedSessions>::without_request(Err(error)).into_response(),
    }
}

async fn end_other_sessions(State(auth): State<Auth>, mut parts: Parts, body: Body) -> Response {
    match Form::read(&auth, &mut parts, body) {
        Ok(form) => {
            let reply = auth.api().end_other_sessions(&parts, &Form::proof(form.as_ref())).await;
            Form::answer(form.as_ref(), &auth, &parts, reply, "sessions/revoke-others")
        }
        Err(error) => Reply::<EndedSessions>::without_request(Err(error)).into_response(),
    }
}

async fn jwks(State(auth): State<Auth>) -> Response {
    auth.api().jwks().into_response()
}

async fn csrf_token(State(auth): State<Auth>, parts: Parts) -> Response {
    auth.api().csrf_token(&parts).await.into_response()
}

async fn sign_out(State(auth): State<Auth>, RawQuery(query): RawQuery, mut parts: Parts, body: Body) -> Response {
    let form = match Form::read(&auth, &mut parts, body) {
        Ok(form) => form,
        Err(error) => return error_response(error),
    };
    let proof = Form::proof(form.as_ref());
    let read = || sign_out_target(query.as_deref().unwrap_or_default(), form);
    auth.api().end_browser_session(&parts, &proof, read).await.into_response()
}

/// Reads the options. A program sends `redirectTo` and `redirect` in the query, and a form sends `redirectTo` in the
/// body. The query may have RFC 7009's `token_type_hint`, but only for a session.
fn sign_out_target(query: &str, form: Option<Form>) -> Result<RedirectOptions, AuthError> {
    let query = Query::parse(query)?;
    if query.get("token_type_hint")?.is_some_and(|hint| hint != "session_token") {
        return Err(AuthError::InvalidParameters);
    }
    let redirect_to = query.redirect_to()?.map(str::to_owned);
    Ok(match form {
        Some(form) => RedirectOptions { redirect_to: form.redirect_to.or(redirect_to), redirect: true },
        None => RedirectOptions { redirect_to, redirect: query.boolean("redirect")?.unwrap_or(true) },
    })
}

async fn not_found() -> Response {
    error_response(AuthError::NotFound)
}

/// Returns 405 with the allowed methods (RFC 9110, 15.5.6).
fn not_by_head(allowed: &'static str) -> Response {
    let mut response = error_response(AuthError::MethodNotAllowed);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

async fn method_not_allowed() -> Response {
    error_response(AuthError::MethodNotAllowed)
}
