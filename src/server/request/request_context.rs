use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::header::{COOKIE, HeaderMap};
use http::{Request, Uri};
use tokio::sync::OnceCell;

use crate::server::cookies::{CookieKind, RequestCookies, SetCookies};
use crate::server::events::AuthEvent;
use crate::server::guard::csrf;
use crate::server::hooks::{SessionDecision, SessionSeen};
use crate::server::origin::Origin;
use crate::server::request::{RequestHead, RequestId};
use crate::server::session::{HasCsrfToken, SessionError, SessionIdHash, SessionRecord, SessionRequest};
use crate::server::state::AuthState;
use crate::{AuthError, Session};

/// A request: what came, which does not change; what was found out about it, each thing once and only when it is
/// asked for; and the cookies that its answer will set. A clone is the same one: the layer, the handlers, the
/// extractors and the page all hold it.
#[derive(Clone)]
pub(crate) struct RequestContext(Arc<Inner>);

struct Inner {
    state: Arc<AuthState>,
    // What came.
    origin: Result<Origin, AuthError>,
    /// Who asks, as far as is known.
    address: Option<IpAddr>,
    /// Whether the layer has made this. Then it writes the cookies, and using the session prolongs it.
    has_layer: bool,
    /// Whether browsers send the cookies of provider tokens with requests to this path.
    gets_provider_cookies: bool,
    cookies: RequestCookies,
    /// The headers, where the app's `on_session` wants them.
    headers: Option<HeaderMap>,
    // What was found.
    id: OnceLock<RequestId>,
    session: OnceCell<Result<SessionRecord, SessionError>>,
    /// Whether the answer depends on the session. The layer may have read it before anybody asked.
    is_asked_for: AtomicBool,
    /// The CSRF token that was made for the page.
    page_token: OnceLock<String>,
    // What will be set.
    set_cookies: Mutex<SetCookies>,
}

impl RequestContext {
    /// The context that the layer has made for this request, or a new one without the layer.
    pub(crate) fn of(state: &Arc<AuthState>, head: &impl RequestHead) -> Self {
        let found = head.extensions().and_then(|extensions| extensions.get::<Self>());
        match found {
            Some(context) if Arc::ptr_eq(&context.0.state, state) => context.clone(),
            _ => Self::new(state, head, None, false),
        }
    }

    /// As the layer makes it; `peer` is the other end of the connection.
    pub(crate) fn in_layer<B>(state: &Arc<AuthState>, request: &Request<B>, peer: Option<IpAddr>) -> Self {
        Self::new(state, request, peer, true)
    }

    fn new(state: &Arc<AuthState>, head: &impl RequestHead, peer: Option<IpAddr>, has_layer: bool) -> Self {
        let authority = head.uri().and_then(Uri::authority).map(http::uri::Authority::as_str);
        let forwarded = state.origins.forwarded(head.headers(), peer);
        let origin = state.origins.own(head.headers(), authority, forwarded.as_ref());
        let secure = is_secure(&origin);
        let id = head.extensions().and_then(|extensions| extensions.get::<RequestId>()).cloned();
        Self(Arc::new(Inner {
            state: Arc::clone(state),
            origin,
            address: forwarded.and_then(|forwarded| forwarded.ok()?.client).or(peer),
            has_layer,
            // A nested router's handlers see a shorter path, so without the layer it is not known.
            gets_provider_cookies: !has_layer || head.uri().is_some_and(|uri| state.is_under_providers(uri.path())),
            cookies: state.cookies.of_request(head.headers().get_all(COOKIE).iter().cloned().collect()),
            headers: state.hooks.on_session.is_some().then(|| head.headers().clone()),
            id: id.map_or_else(OnceLock::new, OnceLock::from),
            session: OnceCell::new(),
            is_asked_for: AtomicBool::new(false),
            page_token: OnceLock::new(),
            set_cookies: Mutex::new(SetCookies::new(&state.cookies, secure)),
        }))
    }

    pub(crate) fn state(&self) -> &Arc<AuthState> {
        &self.0.state
    }

    /// Names this request in the log, and where a person is told of an error: an outer layer's [`RequestId`], or a
    /// new one.
    pub(crate) fn id(&self) -> &str {
        self.0.id.get_or_init(|| RequestId::new(self.0.state.jose.random())).as_str()
    }

    /// The app's own origin.
    pub(crate) fn origin(&self) -> Result<&Origin, AuthError> {
        self.0.origin.as_ref().map_err(|&error| error)
    }

    /// Whether cookies are `Secure` and have the names that go with it.
    pub(crate) fn is_secure(&self) -> bool {
        is_secure(&self.0.origin)
    }

    /// Who asks: the peer, or whom a trusted proxy names.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// Whether the request's path is one that browsers send the cookies of provider tokens to, as far
    /// as is known.
    pub(crate) fn gets_provider_cookies(&self) -> bool {
        self.0.gets_provider_cookies
    }

    /// The cookies of ours that came.
    pub(crate) fn cookies(&self) -> &RequestCookies {
        &self.0.cookies
    }

    /// The value of a cookie of ours.
    pub(crate) fn cookie(&self, kind: CookieKind<'_>) -> Option<Cow<'_, str>> {
        self.cookies().get(&self.0.state.cookies.name(kind, self.is_secure()))
    }

    /// Who is signed in. It is found out once for a request, however many ask.
    pub(crate) async fn session(&self) -> Result<&SessionRecord, SessionError> {
        if let Some(session) = self.session_now() {
            return session;
        }
        self.0.session.get_or_init(|| self.find_session()).await.as_ref().map_err(|&error| error)
    }

    /// Who is signed in, for code that can't wait; none where that is not known yet.
    pub(crate) fn session_now(&self) -> Option<Result<&SessionRecord, SessionError>> {
        self.0.is_asked_for.store(true, Ordering::Relaxed);
        if !self.waits_for_session() && !self.0.session.initialized() {
            let session = match self.has_session_cookie() {
                true => self.0.state.session_source.read_now(self.session_request()),
                false => Err(SessionError::NotFound),
            };
            // Another thread can only have found the same.
            let _ = self.0.session.set(self.seen(session));
        }
        self.found()
    }

    /// The session, if anything has asked for it.
    pub(crate) fn session_if_asked(&self) -> Option<Result<&SessionRecord, SessionError>> {
        if self.0.is_asked_for.load(Ordering::Relaxed) { self.found() } else { None }
    }

    /// Whether finding the session out takes time, and there may be one.
    pub(crate) fn waits_for_session(&self) -> bool {
        (self.0.headers.is_some() || self.0.state.session_source.takes_time()) && self.has_session_cookie()
    }

    fn has_session_cookie(&self) -> bool {
        let name = self.0.state.cookies.name(CookieKind::Session, self.is_secure());
        self.cookies().starting_with(&name).next().is_some()
    }

    /// Finds the session out, so that who asks later need not wait.
    pub(crate) async fn resolve(&self) {
        self.0.session.get_or_init(|| self.find_session()).await;
    }

    fn found(&self) -> Option<Result<&SessionRecord, SessionError>> {
        self.0.session.get().map(|session| session.as_ref().map_err(|&error| error))
    }

    /// Reads the session, and lets the app's `on_session` decide about it.
    async fn find_session(&self) -> Result<SessionRecord, SessionError> {
        let state = &self.0.state;
        let source = &state.session_source;
        let session = match source.takes_time() {
            true => source.read(self.session_request()).await,
            false => source.read_now(self.session_request()),
        };
        let record = self.seen(session)?;
        let (Some(on_session), Some(headers)) = (&state.hooks.on_session, &self.0.headers) else { return Ok(record) };
        let seen = SessionSeen { session: record.session.clone(), headers: headers.clone() };
        match on_session(seen).await {
            SessionDecision::Keep => Ok(record),
            SessionDecision::End => {
                state.sessions.revocations.end(&record.id_hash, state.jose.now());
                let Session { user, identity, .. } = record.session;
                state.events.emit(&AuthEvent::SessionEnded { sub: user.sub, identity });
                Err(SessionError::Expired)
            }
        }
    }

    fn session_request(&self) -> SessionRequest<'_> {
        SessionRequest {
            cookies: self.cookies(),
            secure: self.is_secure(),
            renews: self.0.has_layer,
            has_csrf_token: self,
        }
    }

    /// Tells the audit where another host of the site has set a session cookie.
    fn seen(&self, session: Result<SessionRecord, SessionError>) -> Result<SessionRecord, SessionError> {
        if matches!(session, Err(SessionError::NotPinned)) {
            let event = AuthEvent::RequestRefused { error: AuthError::SessionNotPinned };
            self.0.state.events.refuse(&event, self.address());
        }
        session
    }

    /// The CSRF token of the page that is the answer, made when it is first asked for.
    pub(crate) fn page_token(&self, make: impl FnOnce() -> Result<String, AuthError>) -> Result<String, AuthError> {
        if let Some(token) = self.0.page_token.get() {
            return Ok(token.clone());
        }
        let token = make()?;
        Ok(self.0.page_token.get_or_init(|| token).clone())
    }

    /// The CSRF token that was made for the page, if one was.
    pub(crate) fn new_page_token(&self) -> Option<&str> {
        self.0.page_token.get().map(String::as_str)
    }

    /// Cookies to be filled and given to [`set_cookies`](Self::set_cookies): all of them, or none where filling
    /// them fails.
    pub(crate) fn new_cookies(&self) -> SetCookies {
        SetCookies::new(&self.0.state.cookies, self.is_secure())
    }

    /// Sets cookies with the answer, whoever makes it.
    pub(crate) fn set_cookies(&self, cookies: SetCookies) {
        self.will_set().extend(cookies);
    }

    /// Whether the answer sets or clears a cookie of this kind.
    pub(crate) fn sets(&self, kind: CookieKind<'_>) -> bool {
        self.will_set().has(kind)
    }

    /// How long a page's `Cookie` line will be after the answer.
    pub(crate) fn cookie_line_bytes(&self) -> usize {
        self.will_set().line_bytes(self.cookies())
    }

    /// How many bytes of it the cookies of this kind will have that the answer sets.
    pub(crate) fn set_bytes(&self, kind: CookieKind<'_>) -> usize {
        self.will_set().bytes(kind)
    }

    /// The cookies to be written now: by the layer, or into the reply where there is no layer.
    pub(crate) fn take_cookies(&self) -> SetCookies {
        self.will_set().take()
    }

    /// Whether the layer writes the cookies.
    pub(crate) fn has_layer(&self) -> bool {
        self.0.has_layer
    }

    fn will_set(&self) -> MutexGuard<'_, SetCookies> {
        self.0.set_cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HasCsrfToken for RequestContext {
    fn has_csrf_token_of(&self, session: &SessionIdHash) -> bool {
        let token = self.cookie(CookieKind::Csrf).unwrap_or_default();
        csrf::verify(&self.0.state.jose, &token, Some(session)).is_ok()
    }
}

/// Where the origin is not known the names are those of https too: a neighbour or a page over http can set a cookie
/// without a prefix, so its name is not believed.
fn is_secure(origin: &Result<Origin, AuthError>) -> bool {
    origin.as_ref().ok().is_none_or(Origin::is_https)
}
