use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::server::jose::JoseError;
use crate::server::session::stored::Row;
use crate::server::session::{SessionIdHash, SessionRules};
use crate::{Identity, Session, User};

/// The number of parts of each provider's cookie; 0 means one cookie that is not split. Browsers do not send these
/// cookies with a sign-out, so the session stores the numbers. If the tokens are in a store, the numbers are 0.
pub(crate) type ProviderTokenParts = BTreeMap<String, usize>;

/// A session with all that its cookie or its row in the store holds.
#[derive(Clone, Debug)]
pub(crate) struct SessionRecord {
    pub(crate) session: Session,
    pub(crate) id_hash: SessionIdHash,
    /// The providers whose tokens the session has.
    pub(crate) provider_tokens: ProviderTokenParts,
    /// Counts the changes of the content of a session in a cookie, to tell an older cookie from a newer one.
    pub(crate) version: u32,
    /// The claim `jti` (RFC 7519, 4.1.7), or the id of the row.
    pub(super) id: String,
    pub(super) issued_at: i64,
    /// When the session ends at the latest, even if requests prolong it.
    pub(crate) ends_at: Option<i64>,
    /// Whether the browser needs a new cookie: the session was prolonged or changed, a retired secret sealed the old
    /// cookie, or the session has no pin yet.
    pub(crate) dirty: bool,
    /// The session's row, if it is in a store.
    pub(super) row: Option<Box<Row>>,
}

impl SessionRecord {
    /// Creates a session of `user` that begins at `now`. `identity` is the account that the person has signed in with.
    pub(super) fn new(
        id: String,
        rules: &SessionRules,
        user: User,
        identity: Option<Identity>,
        now: i64,
    ) -> Result<Self, JoseError> {
        let ends_at = rules.ends_at(now);
        let expires_at = now + rules.max_age_seconds();
        let expires_at = ends_at.map_or(expires_at, |ends_at| expires_at.min(ends_at));
        let expires = OffsetDateTime::from_unix_timestamp(expires_at).map_err(|_| JoseError::Encoding)?;
        Ok(Self {
            session: Session { user, expires, identity },
            id_hash: SessionIdHash::of(&id),
            provider_tokens: ProviderTokenParts::new(),
            version: 0,
            id,
            issued_at: now,
            ends_at,
            dirty: true,
            row: None,
        })
    }

    /// Returns the session's end, in seconds since 1970.
    pub(crate) fn expires_at(&self) -> i64 {
        self.session.expires.unix_timestamp()
    }

    /// Returns when the session began, or, if it is in a cookie, when it was last prolonged, in seconds since 1970.
    pub(crate) fn issued_at(&self) -> i64 {
        self.issued_at
    }

    /// Prolongs the session, if the rules say that a request at `now` does.
    pub(super) fn renew(&mut self, rules: &SessionRules, now: i64) {
        let until = rules.prolonged(now, self.expires_at(), self.ends_at);
        if let Some(Ok(until)) = until.map(OffsetDateTime::from_unix_timestamp) {
            self.session.expires = until;
            self.issued_at = now;
            self.dirty = true;
        }
    }

    /// Ends the session at `end`, if it does not end earlier. Requests cannot prolong it beyond that.
    pub(crate) fn end_at(&mut self, end: OffsetDateTime) {
        self.session.expires = self.session.expires.min(end);
        let ends_at = end.unix_timestamp();
        self.ends_at = Some(self.ends_at.map_or(ends_at, |before| before.min(ends_at)));
    }
}
