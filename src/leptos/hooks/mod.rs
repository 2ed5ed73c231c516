//! The hooks, one a file.

mod use_access_token;
mod use_auth_actions;
mod use_disconnect_provider;
mod use_is_provider_connected;
mod use_provider_tokens;
mod use_refresh_user_info;
mod use_revoke_token;
mod use_sign_in;
mod use_sign_out;
mod use_update_session;

pub use self::use_access_token::use_access_token;
pub use self::use_auth_actions::{AuthActions, use_auth_actions};
pub use self::use_disconnect_provider::use_disconnect_provider;
pub use self::use_is_provider_connected::use_is_provider_connected;
pub use self::use_provider_tokens::use_provider_tokens;
pub use self::use_refresh_user_info::use_refresh_user_info;
pub use self::use_revoke_token::use_revoke_token;
pub use self::use_sign_in::{SignInWith, use_sign_in};
pub use self::use_sign_out::use_sign_out;
pub use self::use_update_session::use_update_session;

pub(super) use self::use_update_session::update;
