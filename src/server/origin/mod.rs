//! The app's own origin, the hosts that the server responds for, forwarding headers, and redirect targets.

mod forwarded;
pub(crate) mod forwarded_syntax;
mod host_pattern;
mod origin_pattern;
mod origins;
mod redirect;
mod requested_host;
mod trusted_proxies;
mod web_origin;

pub(crate) use self::forwarded::{Forwarded, ForwardedError, is_forwarded};
pub(crate) use self::host_pattern::HostPattern;
pub(crate) use self::origin_pattern::{OriginPattern, OriginPredicate};
pub(crate) use self::origins::Origins;
pub(crate) use self::redirect::RedirectTo;
pub(crate) use self::trusted_proxies::TrustedProxies;
pub(crate) use self::web_origin::{Origin, is_loopback};
