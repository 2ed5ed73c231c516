//! Translates between axum and the operations: routes, the layer and extractors. No other module knows axum.

mod body_limit;
mod error_response;
mod extract;
mod handlers;
mod html;
mod layer;
mod plain_form;

pub use self::extract::SessionRejection;
pub use self::layer::{AuthLayer, AuthService};
