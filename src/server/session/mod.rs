//! Sessions. Today they are stateless: all of one is in its cookie.

mod binding;
mod changes;
mod claim_type;
mod email;
mod session_claims;
mod session_config;
mod stateless;

pub use self::claim_type::ClaimType;
pub use self::session_config::{Expiration, SessionConfig, SessionMode};

pub(crate) use self::binding::Binding;
pub(crate) use self::changes::{SessionChanges, Since};
pub(crate) use self::email::is_email;
pub(crate) use self::session_config::SessionRules;
pub(crate) use self::stateless::{StoredSession, create, open};
