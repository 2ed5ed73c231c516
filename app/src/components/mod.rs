//! Components that several pages use.

mod announcer;
mod form_error;
mod header;
mod live;
mod offline;
mod provider_button;
mod provider_mark;
mod when;

pub(crate) use self::announcer::{Announcer, provide_announcer, use_announcer};
pub(crate) use self::form_error::FormError;
pub(crate) use self::header::Header;
pub(crate) use self::live::Live;
pub(crate) use self::offline::Offline;
pub(crate) use self::provider_button::ProviderButton;
pub(crate) use self::provider_mark::provider_mark;
pub(crate) use self::when::{date, duration, machine};
