//! The session as components see it.

mod handle;
mod provide;
mod seed;
mod state;

pub use self::handle::SessionHandle;
pub use self::provide::{provide_session, use_session, use_session_as};

pub(super) use self::seed::Seed;
#[cfg(not(feature = "ssr"))]
pub(super) use self::state::State;
