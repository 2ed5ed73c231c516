//! The server: configuration, assets, the demo, and the router.

mod assets;
mod check;
mod cli;
mod connection_limit;
mod connections;
mod database;
#[cfg(feature = "demo")]
mod demo;
#[cfg(not(feature = "demo"))]
#[path = "no_demo.rs"]
mod demo;
mod log;
mod metrics;
mod readiness;
mod response;
mod router;
mod serve;
mod shell;
mod signals;
mod time_limits;

pub use self::cli::run;
pub use self::response::{set_content_security_policy, set_status_not_found};
pub use self::router::{Demo, router};
pub use self::serve::serve_on;
pub use self::time_limits::TimeLimits;
