use std::future::{Future, Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::response::Response;
use http::header::{CACHE_CONTROL, HOST, HeaderValue, VARY};
use http::{Method, StatusCode, Uri};
use memchr::memchr_iter;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span};

use crate::AuthError;
use crate::server::auth::Auth;
use crate::server::auth_state::AuthState;
use crate::server::events::AuthEvent;
use crate::server::guard::{guard, is_of_request_origin};
use crate::server::http::body_limit::{bounded, is_server_function};
use crate::server::http::error_response::error_response;
use crate::server::http::html::{misdirected_page, unavailable_page};
use crate::server::operations::{finish_cookies, wants_html};
use crate::server::origin::Origin;
use crate::server::origin::is_forwarded;
use crate::server::request::{RequestContext, RequestId};
use crate::server::session::SessionError;

impl Auth {
    /// Returns the layer around the whole app. The layer:
    ///
    /// - accepts only requests to the app's own hosts;
    /// - rejects forged requests from pages of other origins;
    /// - lets everything inside share one reading of the session;
    /// - prolongs a session that was used;
    /// - writes the cookies that operations set;
    /// - keeps pages of signed-in people out of caches.
    ///
    /// It opens a `tracing` span for each request, with an `id`. The URL of the app's error page has this id as
    /// `reference`, so the person can name it, and it leads to every line of the log about the request. If an outer
    /// layer has put a [`RequestId`] into the request's extensions, this id is used, and the span is the outer layer's.
    #[must_use]
    pub fn layer(&self) -> AuthLayer {
        AuthLayer(Arc::clone(&self.0))
    }
}

/// Made by [`Auth::layer`].
#[derive(Clone)]
pub struct AuthLayer(Arc<AuthState>);

/// Made by [`AuthLayer`].
#[derive(Clone)]
pub struct AuthService<S> {
    state: Arc<AuthState>,
    inner: S,
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService { state: Arc::clone(&self.0), inner }
    }
}

/// The bodies of requests and responses may have any type. The inner service gets axum's, and the response has axum's.
impl<S, RequestBody, ResponseBody> Service<http::Request<RequestBody>> for AuthService<S>
where
    S: Service<Request, Response = http::Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    RequestBody: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    ResponseBody: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = AuthFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<RequestBody>) -> Self::Future {
        let mut request = request.map(Body::new);
        let peer = peer(&self.state, &request);
        let context = RequestContext::in_layer(&self.state, &request, peer);
        // If an outer layer has set the id, that layer's span is the request's.
        let span = match request.extensions().get::<RequestId>() {
            Some(_) => Span::none(),
            None => tracing::info_span!("request", id = context.id()),
        };
        let entered = span.enter();
        if let Err(error) = check(&self.state, &request, &context) {
            self.state.events.refuse(&AuthEvent::RequestRefused { error }, context.address());
            return Progress::Refused { answer: ready(Ok(refuse(&self.state, &request, peer, error))) }.into();
        }
        drop(entered);
        request.extensions_mut().insert(context.clone());
        let misses_endpoint = misses_endpoint(&self.state, &request);
        let is_server_function = is_server_function(&request);
        let if_unavailable = if_unavailable(&self.state, &request);
        let resolves = renders_page(&request) && context.waits_for_session();
        if !resolves && !is_server_function {
            let answer = self.inner.call(request).instrument(span);
            return Progress::Answered { answer, context, misses_endpoint, if_unavailable }.into();
        }
        // `poll_ready` was called on this service, so this service must be called, and not its clone.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let inside = span.clone();
        let asked = async move {
            if is_server_function {
                request = match bounded(request).await {
                    Ok(request) => request,
                    Err(error) => return Ok(error_response(error)),
                };
            }
            if resolves {
                context.resolve().await;
            }
            let answer = inner.call(request).instrument(inside);
            AuthFuture::from(Progress::Answered { answer, context, misses_endpoint, if_unavailable }).await
        };
        Progress::Asked { asked: Box::pin(asked.instrument(span)) }.into()
    }
}

pin_project! {
    /// The future of the response of an [`AuthService`].
    pub struct AuthFuture<F, E> {
        #[pin]
        progress: Progress<F, E>,
    }
}

pin_project! {
    #[project = Projected]
    enum Progress<F, E> {
        Refused {
            #[pin]
            answer: Ready<Result<Response, E>>,
        },
        Answered {
            #[pin]
            answer: Instrumented<F>,
            context: RequestContext,
            misses_endpoint: bool,
            if_unavailable: IfUnavailable,
        },
        /// The body or the session must be read before the inner service is called.
        Asked { asked: Pin<Box<dyn Future<Output = Result<Response, E>> + Send>> },
    }
}

impl<F, E> From<Progress<F, E>> for AuthFuture<F, E> {
    fn from(progress: Progress<F, E>) -> Self {
        Self { progress }
    }
}

impl<F, E, B> Future for AuthFuture<F, E>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().progress.project() {
            Projected::Refused { answer } => answer.poll(task),
            Projected::Answered { answer, context, misses_endpoint, if_unavailable } => {
                let mut response = ready!(answer.poll(task))?.map(Body::new);
                if *misses_endpoint && response.status() == StatusCode::NOT_FOUND {
                    say_that_endpoints_are_missing(context.state());
                }
                if let Some(page) = if_unavailable.instead_of(context) {
                    response = page;
                }
                finish_cookies(context);
                context.take_cookies().write_to(response.headers_mut());
                keep_out_of_caches(context, &mut response);
                Poll::Ready(Ok(response))
            }
            Projected::Asked { asked } => asked.as_mut().poll(task),
        }
    }
}

/// Checks that the request is for one of the app's own hosts, and that it is not forged by a page of another origin.
fn check(state: &AuthState, request: &Request, context: &RequestContext) -> Result<(), AuthError> {
    check_target(request.method(), request.uri())?;
    // A request without a host is answered with 421.
    let has_host = request.headers().contains_key(HOST) || request.uri().authority().is_some();
    let own = match context.origin() {
        Ok(_) if !has_host => Err(AuthError::MisdirectedRequest),
        Err(AuthError::OriginUnknown) => Err(AuthError::MisdirectedRequest),
        own => own,
    }?;
    guard(request.method(), request.headers(), own, &state.origins)?;
    isolate(state, request, own)
}

/// The most parameters in a query. `leptos_router` compares each one with all before it, so tens of thousands would
/// take seconds.
const MAX_PARAMETERS: usize = 1000;

/// Checks the request's target. It must have a path (RFC 9112, 3.2), because the routers and renderers inside rely on
/// this. Only `CONNECT` may use the authority form, and only `OPTIONS` the asterisk form.
fn check_target(method: &Method, target: &Uri) -> Result<(), AuthError> {
    let is_authority = target.scheme().is_none() && target.authority().is_some();
    let is_asterisk = target.path() == "*";
    let parameters = target.query().map_or(0, |query| memchr_iter(b'&', query.as_bytes()).count() + 1);
    if (is_authority && method != Method::CONNECT)
        || (is_asterisk && method != Method::OPTIONS)
        || parameters > MAX_PARAMETERS
    {
        return Err(AuthError::InvalidRequestTarget);
    }
    Ok(())
}

/// Checks whether a page may be rendered for this request. Rendering can't wait for the session. A page may be rendered
/// if a route matches, or if a browser loads a page from the fallback. Everything else from the fallback is assets. The
/// start of a sign-in needs no session.
fn renders_page(request: &Request) -> bool {
    match request.extensions().get::<MatchedPath>() {
        Some(matched) => !matched.as_str().ends_with(SIGN_IN_ROUTE),
        None => wants_html(request.headers()),
    }
}

/// The response if the session could not be read, because its store failed.
#[derive(Clone, Copy)]
enum IfUnavailable {
    /// The response of the endpoint or the server function, which says so itself.
    Own,
    Page,
    Json,
}

fn if_unavailable(state: &AuthState, request: &Request) -> IfUnavailable {
    let is_endpoint = request.uri().path().strip_prefix(&*state.base_path).is_some_and(|rest| rest.starts_with('/'));
    match is_endpoint || is_server_function(request) {
        true => IfUnavailable::Own,
        false if wants_html(request.headers()) => IfUnavailable::Page,
        false => IfUnavailable::Json,
    }
}

impl IfUnavailable {
    /// Returns another response, if the app's response depends on a session that could not be read. The app's response
    /// may say that nobody is signed in, which is not known.
    fn instead_of(self, context: &RequestContext) -> Option<Response> {
        let is_unknown = matches!(context.session_if_asked(), Some(Err(SessionError::StoreUnavailable)));
        match self {
            _ if !is_unknown => None,
            Self::Own => None,
            Self::Page => Some(unavailable_page()),
            Self::Json => Some(error_response(AuthError::StoreUnavailable)),
        }
    }
}

/// Rejects what another site's page loads without a navigation, unless CORS allows it.
fn isolate(state: &AuthState, request: &Request, own: &Origin) -> Result<(), AuthError> {
    let headers = request.headers();
    let is_refused = state.isolation.refuses(request.method(), request.uri().path(), headers, &state.base_path);
    if is_refused && !(state.cors && is_of_request_origin(headers, own, &state.origins)) {
        return Err(AuthError::CsrfOriginRejected);
    }
    Ok(())
}

/// Returns the response to a rejected request. If a person used a wrong host, the page shows this host.
fn refuse(state: &AuthState, request: &Request, peer: Option<IpAddr>, error: AuthError) -> Response {
    if error != AuthError::MisdirectedRequest || !wants_html(request.headers()) {
        return error_response(error);
    }
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    misdirected_page(state.origins.shown_host(request.headers(), authority, peer).as_deref())
}

/// Returns the address of the connection's other end, if the server gives it.
fn peer(state: &AuthState, request: &Request) -> Option<IpAddr> {
    if !state.origins.proxies.any() && is_forwarded(request.headers()) {
        state.warn_once.forwarded.get_or_init(|| {
            tracing::warn!(
                "the forwarding headers of a request are ignored: if your own proxy sent the request, set \
                 AURA_AUTH_TRUSTED_PROXIES to the proxy's address, or AURA_AUTH_TRUSTED_PROXY_HEADERS if only the \
                 proxy can reach this server; until then all people behind the proxy share one rate limit"
            );
        });
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if peer.is_none() {
        state.warn_once.no_peer.get_or_init(|| {
            tracing::warn!(
                "all clients share one rate limit, because their IP addresses are unknown: serve the app with \
                 `into_make_service_with_connect_info::<SocketAddr>()`"
            );
        });
    }
    peer
}

/// The route of a sign-in in [`Auth::handlers`], below the path at which they are nested.
const SIGN_IN_ROUTE: &str = "/signIn/{oauth}";

/// Checks whether the request is for a sign-in at the base path and no route has matched it yet. If the endpoints are
/// nested somewhere else, this is logged once.
fn misses_endpoint(state: &AuthState, request: &Request) -> bool {
    let base_path = &*state.base_path;
    let matched = request.extensions().get::<MatchedPath>();
    match matched.and_then(|matched| matched.as_str().strip_suffix(SIGN_IN_ROUTE)) {
        Some(nested_at) if nested_at != base_path => {
            state.warn_once.misplaced.get_or_init(|| {
                tracing::warn!(
                    nested_at,
                    base_path,
                    "the endpoints are not at the base path: nest `auth.handlers()` there, or set `base_path` to `nested_at`"
                );
            });
            false
        }
        Some(_) => false,
        None => {
            let provider = request.uri().path().strip_prefix(base_path).and_then(|rest| rest.strip_prefix("/signIn/"));
            provider.is_some_and(|provider| !provider.is_empty() && !provider.contains('/'))
        }
    }
}

/// Logs, once, that no endpoint answers at the base path, where links, forms and the provider's redirect expect them.
fn say_that_endpoints_are_missing(state: &AuthState) {
    state.warn_once.misplaced.get_or_init(|| {
        tracing::warn!(
            base_path = &*state.base_path,
            "there are no endpoints at the base path: nest `auth.handlers()` there, or set `base_path` to where they are"
        );
    });
}

/// Keeps private responses out of caches. If the response depends on a session, no cache may store it. If it only
/// depends on whether there is a session, it differs by cookie.
fn keep_out_of_caches(context: &RequestContext, response: &mut Response) {
    let Some(session) = context.session_if_asked() else { return };
    let headers = response.headers_mut();
    if session.is_ok() {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let says_cookie = |value: &HeaderValue| {
        value.to_str().is_ok_and(|list| list.split(',').any(|name| name.trim().eq_ignore_ascii_case("cookie")))
    };
    if !headers.get_all(VARY).iter().any(says_cookie) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

impl std::fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthLayer")
    }
}

impl<S> std::fmt::Debug for AuthService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthService")
    }
}
