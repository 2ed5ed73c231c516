//! Our cookies: names, attributes and parts, and those that a request brought.

mod policy;
mod request_cookies;

pub(crate) use self::policy::{Cookies, Kind, MAX_PARTS};
pub(crate) use self::request_cookies::Jar;
