//! The app's own origin, which hosts are answered, what proxies say, and where a browser may be sent.

mod forwarded;
pub(crate) mod forwarded_syntax;
mod host_pattern;
mod origins;
mod redirect;
mod trusted_proxies;

pub(crate) use self::forwarded::{Forwarded, ForwardedError, is_forwarded};
pub(crate) use self::host_pattern::HostPattern;
pub(crate) use self::origins::{Origin, OriginPattern, OriginPredicate, Origins, is_loopback};
pub(crate) use self::redirect::RedirectTo;
pub(crate) use self::trusted_proxies::TrustedProxies;
