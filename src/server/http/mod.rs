//! Translation between axum and the api: routes, the layer, extractors. Nothing else knows axum.

mod body_limit;
mod extract;
mod form;
mod handlers;
mod layer;
mod page;
mod refusal;

pub use self::extract::SessionRejection;
pub use self::layer::{AuthLayer, AuthService};
