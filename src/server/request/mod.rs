//! The request that is being answered: its data, what was found out about it, and the cookies that its response will
//! set.

mod request_context;
mod request_head;
mod request_id;

pub use self::request_head::RequestHead;
pub use self::request_id::RequestId;

pub(crate) use self::request_context::RequestContext;
