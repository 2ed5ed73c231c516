use crate::server::cookies::RequestCookies;
use crate::server::session::cookie::CookieSessions;
use crate::server::session::stored::content::Content;
use crate::server::session::stored::{Device, StoredSessions, check_identifiers, unavailable};
use crate::server::session::{SessionError, SessionRecord, SessionRequest};
use crate::server::store::{SessionId, StoredSession, TokenHash};

/// How long rows stay after their end while cookie sessions are taken in, in seconds: 15 days, which is the longest
/// time in which cookies are read. Without the row of a session that has ended, a copy of its cookie would be taken in
/// again.
pub(super) const KEPT_SECONDS: i64 = 15 * 24 * 60 * 60;

/// Takes sessions from cookies into the store.
pub(crate) struct Import {
    cookies: CookieSessions,
    /// Until when cookies are read, in seconds since 1970.
    until: i64,
}

impl Import {
    pub(crate) fn new(cookies: CookieSessions, until: i64) -> Self {
        Self { cookies, until }
    }

    pub(super) fn has_cookie(&self, cookies: &RequestCookies, secure: bool) -> bool {
        self.cookies.has_cookie(cookies, secure)
    }
}

impl StoredSessions {
    /// Returns the import, if cookies are still read.
    pub(super) fn current_import(&self) -> Option<&Import> {
        self.import.as_ref().filter(|import| self.jose.now() < import.until)
    }

    /// Reads the session in the request's cookies, and takes it into the store. The response sets the cookie of the
    /// stored session. The token is derived from the id of the cookie's session, so that requests at the same time, at
    /// several servers, set the same cookie.
    pub(super) async fn import(
        &self,
        import: &Import,
        request: SessionRequest<'_>,
    ) -> Result<SessionRecord, SessionError> {
        let sealed = import.cookies.read(SessionRequest { renews: false, ..request })?;
        let token = self.jose.import_token(&sealed.id).map_err(SessionError::Seal)?;
        let hash = TokenHash::of(token.expose());
        let stored = match self.store.session(&hash).await.map_err(unavailable)? {
            Some(stored) => Some(stored),
            None => {
                let new = self.row_of(&sealed, hash, request.device.device())?;
                match self.store.create_session(&new, self.max_sessions).await.map_err(unavailable)? {
                    true => Some(new),
                    // Another request was faster, or the session ended and the secret has changed since.
                    false => self.store.session(&hash).await.map_err(unavailable)?,
                }
            }
        };
        let record = self.record(stored.ok_or(SessionError::Expired)?, token.expose(), false)?;
        Ok(SessionRecord { dirty: true, ..record })
    }

    fn row_of(&self, sealed: &SessionRecord, token: TokenHash, device: Device) -> Result<StoredSession, SessionError> {
        let id = SessionId::random(self.jose.random()).map_err(|error| SessionError::Seal(error.into()))?;
        let user = &sealed.session.user;
        check_identifiers(user, sealed.session.identity.as_ref())?;
        let mut row = StoredSession::new(id, token, &user.sub, sealed.issued_at, sealed.expires_at());
        row.last_seen_at = self.jose.now();
        row.identity.clone_from(&sealed.session.identity);
        row.absolute_until = sealed.ends_at;
        row.content = Content::new(user.clone(), device.name, serde_json::Map::new()).write()?;
        row.user_agent = device.user_agent;
        row.address = device.address.map(|address| address.to_string());
        row.imported_from = Some(TokenHash::of(&sealed.id));
        Ok(row)
    }
}
