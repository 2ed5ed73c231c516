//! Who may act: the cross-origin guard, CSRF tokens, and what other sites may load.

pub(crate) mod csrf;
mod isolation;

pub(crate) use self::isolation::Isolation;
