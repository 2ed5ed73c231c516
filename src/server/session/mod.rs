//! Sessions. Today they are stateless: all of one is in its cookie.

mod binding;
mod changes;
mod claim_type;
mod claims;
mod config;
mod email;
mod stateless;

pub use self::claim_type::ClaimType;
pub use self::config::{Expiration, SessionConfig, SessionMode};

pub(crate) use self::binding::Binding;
pub(crate) use self::changes::{SessionChanges, Since};
pub(crate) use self::config::SessionRules;
pub(crate) use self::email::is_email;
pub(crate) use self::stateless::{StoredSession, create, open};
