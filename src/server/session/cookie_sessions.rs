use std::sync::Arc;

use crate::server::cookies::{
    CookieKind, CookiePolicy, MAX_SESSION_BYTES, MAX_SESSION_PARTS, RequestCookies, SetCookies,
};
use crate::server::jose::Jose;
use crate::server::session::{
    Freshness, RevocationCache, SessionError, SessionFuture, SessionIdHash, SessionRecord, SessionRequest,
    SessionRules, SessionSource, create, open,
};
use crate::{Identity, User};

/// How many ended sessions the browser's cookie lists. A late response can restore an ended session only if four more
/// sessions end while the response is under way.
const MAX_ENDED: usize = 4;

/// Sessions that are stored in cookies: the cookie holds the whole session, sealed. The server keeps only the latest
/// changes, in `revocations`.
pub(crate) struct CookieSessions {
    pub(crate) rules: SessionRules,
    pub(crate) revocations: RevocationCache,
    /// Whether TypeScript servers share the secret. If so, their sessions are accepted on https although they have no
    /// pin, and their CSRF tokens are accepted although they are bound to no session.
    pub(crate) typescript_sessions: bool,
    jose: Jose,
    cookies: Arc<CookiePolicy>,
}

impl CookieSessions {
    pub(crate) fn new(
        jose: &Jose,
        cookies: &Arc<CookiePolicy>,
        rules: SessionRules,
        typescript_sessions: bool,
    ) -> Self {
        let revocations = RevocationCache::default();
        Self { rules, revocations, typescript_sessions, jose: jose.clone(), cookies: Arc::clone(cookies) }
    }

    /// Creates a session of `user`, who has signed in with the account `identity`.
    pub(crate) fn create(&self, user: User, identity: Option<Identity>) -> Result<SessionRecord, SessionError> {
        create(&self.jose, &self.rules, user, identity).map_err(SessionError::Seal)
    }

    /// Sets the cookies of a continuing session and, on https, its pin. They expire when the session does.
    pub(crate) fn set(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        session: &SessionRecord,
        secure: bool,
    ) -> Result<(), SessionError> {
        let stale_parts = brought.parts(&self.cookies.name(CookieKind::Session, secure));
        let token = session.seal(&self.jose, &self.rules).map_err(SessionError::Seal)?;
        self.write(cookies, session, &token, secure, stale_parts)
    }

    /// Sets the cookies of a new session, and clears all parts that an older session's cookie may have. Fails if the
    /// session is [too large](Self::check_size).
    pub(crate) fn set_new(
        &self,
        cookies: &mut SetCookies,
        session: &SessionRecord,
        secure: bool,
    ) -> Result<(), SessionError> {
        let token = self.fitting_token(session, secure)?;
        self.write(cookies, session, &token, secure, MAX_SESSION_PARTS)
    }

    /// Rejects a session whose cookie does not fit beside the other cookies of a page. Proxies would reject every
    /// request of this browser, and the person could not even sign out.
    pub(crate) fn check_size(&self, session: &SessionRecord, secure: bool) -> Result<(), SessionError> {
        self.fitting_token(session, secure).map(drop)
    }

    fn fitting_token(&self, session: &SessionRecord, secure: bool) -> Result<String, SessionError> {
        let seal = |session: &SessionRecord| session.seal(&self.jose, &self.rules).map_err(SessionError::Seal);
        let bytes = |token: &str| self.cookies.bytes(CookieKind::Session, token, secure);
        let token = seal(session)?;
        let size = bytes(&token);
        if size <= MAX_SESSION_BYTES {
            return Ok(token);
        }
        let of_provider = bytes(&seal(&session.as_described())?);
        Err(if of_provider <= MAX_SESSION_BYTES {
            SessionError::ClaimsTooLarge(size)
        } else {
            SessionError::TooLarge(size)
        })
    }

    fn write(
        &self,
        cookies: &mut SetCookies,
        session: &SessionRecord,
        token: &str,
        secure: bool,
        stale_parts: usize,
    ) -> Result<(), SessionError> {
        let seconds = session.expires_at() - self.jose.now();
        cookies.set(CookieKind::Session, token, seconds, stale_parts)?;
        if secure {
            cookies.set(CookieKind::SessionPin, &session.id_hash.text(), seconds, 0)?;
        }
        Ok(())
    }

    /// Stores a session's new content, so that a request that is still under way does not bring the old content back.
    ///
    /// # Errors
    ///
    /// [`Expired`](SessionError::Expired) if the person has signed out meanwhile: this request may have waited for a
    /// provider.
    pub(crate) fn remember(&self, session: &SessionRecord) -> Result<(), SessionError> {
        if self.revocations.supersede(session, self.jose.now()) { Ok(()) } else { Err(SessionError::Expired) }
    }

    /// Clears the session's cookie with all parts that it may have, and its pin.
    pub(crate) fn clear(&self, cookies: &mut SetCookies, secure: bool) -> Result<(), SessionError> {
        cookies.clear(CookieKind::Session, MAX_SESSION_PARTS)?;
        if secure {
            cookies.clear(CookieKind::SessionPin, 0)?;
        }
        Ok(())
    }

    /// Ends a session. The server and the browser both remember this, so that a late response cannot restore the
    /// session.
    pub(crate) fn end(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        session: &SessionIdHash,
        secure: bool,
    ) -> Result<(), SessionError> {
        self.revocations.end(session, self.jose.now());
        let before = self.ended_in(brought, secure).into_iter().filter(|ended| ended != session);
        let ended = std::iter::once(*session).chain(before).take(MAX_ENDED);
        let ended = ended.map(|ended| ended.text()).collect::<Vec<_>>().join(".");
        cookies.set(CookieKind::Ended, &ended, self.rules.max_age_seconds(), 0)?;
        Ok(())
    }

    /// Returns the session with its newest content.
    pub(crate) fn newest<'a>(&self, session: &'a SessionRecord) -> std::borrow::Cow<'a, SessionRecord> {
        self.revocations.newest(session, self.jose.now())
    }

    /// Checks whether the session has ended since this request read it.
    pub(crate) fn has_ended(&self, session: &SessionIdHash) -> bool {
        self.revocations.has_ended(session, self.jose.now())
    }

    /// Checks whether the session has neither ended nor changed since this request read it.
    pub(crate) fn is_unchanged(&self, session: &SessionRecord) -> bool {
        matches!(self.revocations.freshness(session, self.jose.now()), Freshness::Current)
    }

    /// Returns the sessions that this browser has ended, the latest first.
    fn ended_in(&self, brought: &RequestCookies, secure: bool) -> Vec<SessionIdHash> {
        let ended = brought.get(&self.cookies.name(CookieKind::Ended, secure)).unwrap_or_default();
        ended.split('.').filter_map(SessionIdHash::parse).collect()
    }

    /// Returns the session in the request's cookies. Another host of the site can set a session cookie of the same
    /// name, with another session in it. Only this host can set the pin, so the session that the pin names is this
    /// host's, at whatever place its cookie stands.
    fn open(&self, request: SessionRequest<'_>, now: i64) -> Result<SessionRecord, SessionError> {
        let (sessions, refusal) = self.open_all(request, now)?;
        if !request.secure {
            return session_of_csrf_token(request, sessions, refusal);
        }
        let found = !sessions.is_empty();
        let pins = request.cookies.all(&self.cookies.name(CookieKind::SessionPin, true));
        let session = match pins.as_deref() {
            Some([]) if self.typescript_sessions => {
                let mut session = session_of_csrf_token(request, sessions, refusal)?;
                session.dirty |= request.renews;
                return Ok(session);
            }
            Some([pin]) => sessions.into_iter().find(|session| session.id_hash.text() == **pin),
            _ => None,
        };
        session.ok_or(if found { SessionError::NotPinned } else { refusal })
    }

    /// Returns every session in the cookies, and the error for a request without a valid one.
    fn open_all(
        &self,
        request: SessionRequest<'_>,
        now: i64,
    ) -> Result<(Vec<SessionRecord>, SessionError), SessionError> {
        let name = self.cookies.name(CookieKind::Session, request.secure);
        let tokens = request.cookies.all(&name).ok_or(SessionError::NotPinned)?;
        let mut refusal = SessionError::NotFound;
        let mut sessions = Vec::with_capacity(tokens.len());
        for token in &tokens {
            match open(&self.jose, &self.rules, token, now) {
                Ok(session) => sessions.push(session),
                Err(error) => refusal = error,
            }
        }
        Ok((sessions, refusal))
    }
}

impl SessionSource for CookieSessions {
    fn takes_time(&self) -> bool {
        false
    }

    fn read<'a>(&'a self, request: SessionRequest<'a>) -> SessionFuture<'a> {
        Box::pin(std::future::ready(self.read_now(request)))
    }

    fn read_now(&self, request: SessionRequest<'_>) -> Result<SessionRecord, SessionError> {
        let now = self.jose.now();
        let mut record = self.open(request, now)?;
        // A response that was under way during the sign-out may have set the cookie again.
        if self.ended_in(request.cookies, request.secure).contains(&record.id_hash) {
            return Err(SessionError::Expired);
        }
        match self.revocations.freshness(&record, now) {
            Freshness::Current => {}
            Freshness::Ended => return Err(SessionError::Expired),
            Freshness::Superseded(newer) => {
                record = *newer;
                record.dirty = true;
            }
        }
        if request.renews {
            record.renew(&self.rules, now);
        }
        Ok(record)
    }
}

#[cfg(feature = "testing")]
impl CookieSessions {
    /// Returns the `Cookie` header of a browser with a session of `user`.
    pub(crate) fn cookie_header(&self, user: User, secure: bool) -> Result<String, SessionError> {
        let session = self.create(user, None)?;
        let token = session.seal(&self.jose, &self.rules).map_err(SessionError::Seal)?;
        let cookie = format!("{}={token}", self.cookies.name(CookieKind::Session, secure));
        let pin = || format!("; {}={}", self.cookies.name(CookieKind::SessionPin, secure), session.id_hash.text());
        Ok(if secure { cookie + &pin() } else { cookie })
    }
}

/// Chooses the session without a pin. If the cookies hold sessions of two hosts, the CSRF token's cookie decides.
fn session_of_csrf_token(
    request: SessionRequest<'_>,
    mut sessions: Vec<SessionRecord>,
    mut refusal: SessionError,
) -> Result<SessionRecord, SessionError> {
    if sessions.iter().any(|session| session.id_hash != sessions[0].id_hash) {
        sessions.retain(|session| request.has_csrf_token.has_csrf_token_of(&session.id_hash));
        refusal = if sessions.is_empty() { SessionError::NotPinned } else { refusal };
    }
    sessions.into_iter().next().ok_or(refusal)
}
