//! Helpers for tests and demos: stand-ins for providers, and sessions without a sign-in.

mod bitbucket;
mod github;
mod session;
mod stand_in;
mod store_suite;
mod test_store;

pub use self::bitbucket::BitbucketStandIn;
pub use self::session::{begin_session, session_cookie};
pub use self::stand_in::{
    Account, Gate, InjectedFault, ProviderStandIn, StandInEndpoint, StandInPkce, StandInProfile, TokenFormat,
};
pub use self::store_suite::store_suite;
pub use self::test_store::TestStore;
