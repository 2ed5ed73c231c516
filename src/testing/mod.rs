//! Helpers for tests and demos: stand-ins for providers, and sessions without a sign-in.

mod bitbucket;
mod github;
mod session;
mod slow_sessions;
mod stand_in;
mod store_suite;

pub use self::bitbucket::BitbucketStandIn;
pub use self::session::session_cookie;
pub use self::slow_sessions::{SessionReads, slow_sessions};
pub use self::stand_in::{
    Account, Gate, InjectedFault, ProviderStandIn, StandInEndpoint, StandInPkce, StandInProfile, TokenFormat,
};
pub use self::store_suite::store_suite;
