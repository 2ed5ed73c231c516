//! Sessions in cookies: the cookie holds the whole session, sealed. What other servers or late responses know of it is
//! limited by the browser's cookie `signed_out` and by this server's memory of changes.

mod lone_surrogates;
mod own_claims;
mod revocation_cache;
mod sealed_session;
mod session_claims;

use std::borrow::Cow;
use std::sync::Arc;

use self::revocation_cache::{Freshness, RevocationCache};
use self::sealed_session::open;
pub(crate) use self::session_claims::is_reserved;
use crate::server::cookies::{
    CookieKind, CookiePolicy, MAX_SESSION_BYTES, MAX_SESSION_PARTS, RequestCookies, SetCookies,
};
use crate::server::jose::Jose;
use crate::server::random::random_token;
use crate::server::session::{SessionError, SessionIdHash, SessionRecord, SessionRequest, SessionRules};
use crate::{Identity, User};

/// How many ended sessions the browser's cookie lists. A late response can restore an ended session only if four more
/// sessions end while the response is under way.
const MAX_ENDED: usize = 4;

/// Sessions that are stored in cookies: the cookie holds the whole session, sealed. The server keeps only the latest
/// changes, in `revocations`.
pub(crate) struct CookieSessions {
    rules: Arc<SessionRules>,
    revocations: RevocationCache,
    /// Whether TypeScript servers share the secret. If so, their sessions are accepted on https although they have no
    /// pin.
    typescript_sessions: bool,
    jose: Jose,
    cookies: Arc<CookiePolicy>,
}

impl CookieSessions {
    pub(crate) fn new(
        jose: &Jose,
        cookies: &Arc<CookiePolicy>,
        rules: &Arc<SessionRules>,
        typescript_sessions: bool,
    ) -> Self {
        let (rules, cookies) = (Arc::clone(rules), Arc::clone(cookies));
        Self { rules, revocations: RevocationCache::default(), typescript_sessions, jose: jose.clone(), cookies }
    }

    /// Creates a session of `user`, who has signed in with the account `identity`.
    pub(super) fn create(&self, user: User, identity: Option<Identity>) -> Result<SessionRecord, SessionError> {
        let id = random_token::<32>(self.jose.random()).map_err(|error| SessionError::Seal(error.into()))?;
        SessionRecord::new(id, &self.rules, user, identity, self.jose.now()).map_err(SessionError::Seal)
    }

    /// Sets the cookies of a continuing session and, on https, its pin. They expire when the session does.
    pub(super) fn set(
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
    pub(super) fn set_new(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        session: &SessionRecord,
        secure: bool,
    ) -> Result<(), SessionError> {
        let token = self.fitting_token(session, secure)?;
        self.clear_stored(cookies, brought, secure)?;
        self.write(cookies, session, &token, secure, MAX_SESSION_PARTS)
    }

    /// Rejects a session whose cookie does not fit beside the other cookies of a page. Proxies would reject every
    /// request of this browser, and the person could not even sign out.
    pub(super) fn check_size(&self, session: &SessionRecord, secure: bool) -> Result<(), SessionError> {
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

    /// Changes a session's newest content, and remembers it, so that a request that is still under way does not bring
    /// the old content back. If `fits` is set, fails if the session would be [too large](Self::check_size).
    ///
    /// # Errors
    ///
    /// [`Expired`](SessionError::Expired) if the person has signed out meanwhile: this request may have waited for a
    /// provider.
    pub(super) fn change<E: From<SessionError>>(
        &self,
        session: &SessionRecord,
        fits: bool,
        secure: bool,
        change: impl FnOnce(&mut SessionRecord) -> Result<(), E>,
    ) -> Result<SessionRecord, E> {
        let newest = self.newest(session)?.into_owned();
        let mut changed = SessionRecord { version: newest.version.saturating_add(1), dirty: true, ..newest };
        change(&mut changed)?;
        if fits {
            self.check_size(&changed, secure)?;
        }
        if self.revocations.supersede(&changed, self.jose.now()) {
            Ok(changed)
        } else {
            Err(SessionError::Expired.into())
        }
    }

    /// Clears the session's cookie with all parts that it may have, and its pin.
    pub(super) fn clear(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        secure: bool,
    ) -> Result<(), SessionError> {
        self.clear_stored(cookies, brought, secure)?;
        cookies.clear(CookieKind::Session, MAX_SESSION_PARTS)?;
        if secure {
            cookies.clear(CookieKind::SessionPin, 0)?;
        }
        Ok(())
    }

    /// Clears the cookie of a session in a store, if the request has one. The app may have used a store before.
    fn clear_stored(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        secure: bool,
    ) -> Result<(), SessionError> {
        let name = self.cookies.name(CookieKind::StoredSession, secure);
        if brought.starting_with(&name).next().is_some() {
            cookies.clear(CookieKind::StoredSession, 0)?;
        }
        Ok(())
    }

    /// Ends a session. The server and the browser both remember this, so that a late response cannot restore the
    /// session.
    pub(super) fn end(
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

    /// Remembers that a session has ended, without its browser.
    pub(super) fn end_remotely(&self, session: &SessionIdHash) {
        self.revocations.end(session, self.jose.now());
    }

    /// Returns the session with its newest content. Fails with [`Expired`](SessionError::Expired) if it has ended since
    /// this request read it.
    pub(super) fn newest<'a>(&self, session: &'a SessionRecord) -> Result<Cow<'a, SessionRecord>, SessionError> {
        match self.revocations.freshness(session, self.jose.now()) {
            Freshness::Current => Ok(Cow::Borrowed(session)),
            Freshness::Ended => Err(SessionError::Expired),
            Freshness::Superseded(newest) => Ok(Cow::Owned(*newest)),
        }
    }

    /// Checks whether the session has ended since this request read it.
    pub(super) fn has_ended(&self, session: &SessionIdHash) -> bool {
        self.revocations.has_ended(session, self.jose.now())
    }

    /// Checks whether the session has neither ended nor changed since this request read it.
    pub(super) fn is_unchanged(&self, session: &SessionRecord) -> bool {
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

impl CookieSessions {
    /// Checks whether a request has a session's cookie.
    pub(super) fn has_cookie(&self, cookies: &RequestCookies, secure: bool) -> bool {
        cookies.starting_with(&self.cookies.name(CookieKind::Session, secure)).next().is_some()
    }

    /// Reads the session of a request, unless it has ended.
    pub(super) fn read(&self, request: SessionRequest<'_>) -> Result<SessionRecord, SessionError> {
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
