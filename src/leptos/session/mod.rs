//! The session for components.

mod provide;
mod resource;

pub use self::provide::{provide_session, use_session, use_session_as};
pub use self::resource::SessionResource;

pub(super) use self::resource::PageState;
