//! Decides who may act: the cross-origin guard, CSRF tokens, and what other sites may load.

mod cross_origin;
pub(crate) mod csrf;
mod flow_start;
mod isolation;

pub(crate) use self::cross_origin::{guard, is_of_known_origin, is_of_request_origin, is_safe, require_same_origin};
pub(crate) use self::flow_start::may_begin_flow;
pub(crate) use self::isolation::Isolation;
