//! This library's cookies: names, attributes and parts, the cookies of a request, and those that a response sets.

mod cookie_budget;
mod cookie_error;
mod policy;
mod request_cookies;
mod set_cookies;

pub(crate) use self::cookie_budget::{MAX_FLOW_BYTES, MAX_LINE_BYTES, MAX_SESSION_BYTES};
pub(crate) use self::cookie_error::CookieError;
pub(crate) use self::policy::{CookieKind, CookiePolicy, MAX_SESSION_PARTS};
pub(crate) use self::request_cookies::RequestCookies;
pub(crate) use self::set_cookies::SetCookies;
