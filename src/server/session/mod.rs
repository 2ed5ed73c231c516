//! Sessions. Today they are stateless: all of one is in its cookie.

mod binding;
mod email;
mod stateless;

pub(crate) use self::binding::Binding;
pub(crate) use self::email::is_email;
pub(crate) use self::stateless::{ProviderTokenParts, StoredSession, create, open};
