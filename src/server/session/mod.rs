//! Sessions. They are stateless at present: the cookie holds the whole session.

mod claim_type;
mod cookie_sessions;
mod email;
mod lone_surrogates;
mod own_claims;
mod revocation_cache;
mod session_claims;
mod session_config;
mod session_error;
mod session_id_hash;
mod source;
mod stateless;
mod user_fields;

pub use self::claim_type::ClaimType;
pub use self::session_config::{Expiration, SessionConfig, SessionMode};

pub(crate) use self::cookie_sessions::CookieSessions;
use self::email::is_email;
use self::revocation_cache::Freshness;
pub(crate) use self::revocation_cache::RevocationCache;
pub(crate) use self::session_claims::is_reserved;
pub(crate) use self::session_config::SessionRules;
pub(crate) use self::session_error::SessionError;
pub(crate) use self::session_id_hash::SessionIdHash;
pub(crate) use self::source::{HasCsrfToken, SessionFuture, SessionRequest, SessionSource};
pub(crate) use self::stateless::SessionRecord;
use self::stateless::{create, open};
#[cfg(test)]
pub(crate) use self::user_fields::MAX_NAME_CHARS;
pub(crate) use self::user_fields::{cleaned, email_refusal, is_image, is_name};
