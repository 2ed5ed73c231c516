//! Sessions: their rules and their content, and where they are: in cookies (`cookie`) or in a store (`stored`).

mod claim_type;
mod cookie;
mod email;
mod session_config;
mod session_error;
mod session_id_hash;
mod session_record;
mod session_request;
mod sessions;
mod stored;
mod user_fields;

pub use self::claim_type::ClaimType;
pub use self::session_config::{Expiration, SessionConfig, SessionMode};

pub(crate) use self::cookie::{CookieSessions, is_reserved};
use self::email::is_email;
pub(crate) use self::session_config::SessionRules;
pub(crate) use self::session_error::SessionError;
pub(crate) use self::session_id_hash::SessionIdHash;
pub(crate) use self::session_record::{ProviderTokenParts, SessionRecord};
pub(crate) use self::session_request::{HasCsrfToken, HasDevice, SessionRequest};
pub(crate) use self::sessions::{NewSession, Sessions};
pub(crate) use self::stored::{Device, Import, StoreSettings, StoredSessions};
#[cfg(test)]
pub(crate) use self::user_fields::MAX_NAME_CHARS;
pub(crate) use self::user_fields::{cleaned, email_refusal, is_image, is_name};
