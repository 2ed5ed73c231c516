//! What is known of the request that is answered.

mod context;

pub use self::context::RequestHead;

pub(crate) use self::context::Incoming;
