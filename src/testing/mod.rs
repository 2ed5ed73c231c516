//! For tests and demonstrations: a stand-in for Bitbucket, and sessions without a sign-in.

mod stand_in;
mod session;
mod slow_sessions;

pub use self::stand_in::{Account, BitbucketStandIn, Gate, Misbehavior, StandInEndpoint};
pub use self::session::session_cookie;
pub use self::slow_sessions::{SessionReads, slow_sessions};
