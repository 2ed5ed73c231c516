//! The hooks, one in each file.

mod use_access_token;
mod use_auth_actions;
mod use_disconnect_provider;
mod use_is_provider_connected;
mod use_link_account;
mod use_provider_tokens;
mod use_providers;
mod use_refresh_user_info;
mod use_revoke_other_sessions;
mod use_revoke_session;
mod use_revoke_token;
mod use_sessions;
mod use_sign_in;
mod use_sign_out;
mod use_update_session;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub use self::use_access_token::use_access_token;
pub use self::use_auth_actions::{AuthActions, use_auth_actions};
pub use self::use_disconnect_provider::use_disconnect_provider;
pub use self::use_is_provider_connected::use_is_provider_connected;
pub use self::use_link_account::use_link_account;
pub use self::use_provider_tokens::use_provider_tokens;
pub use self::use_providers::{ConfiguredProvider, use_providers};
pub use self::use_refresh_user_info::use_refresh_user_info;
pub use self::use_revoke_other_sessions::use_revoke_other_sessions;
pub use self::use_revoke_session::use_revoke_session;
pub use self::use_revoke_token::use_revoke_token;
pub use self::use_sessions::use_sessions;
pub use self::use_sign_in::use_sign_in;
pub use self::use_sign_out::use_sign_out;
pub use self::use_update_session::use_update_session;

/// Runs `then` with every response of an action. All types of action share one effect function, which keeps the wasm
/// file small.
fn follow<S>(action: ServerAction<S>, then: impl Fn(Result<S::Output, S::Error>) + 'static)
where
    S: ServerFn + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
    S::Error: Clone + Send + Sync + 'static,
{
    run_as_effect(Box::new(move || {
        if let Some(answer) = action.value().get() {
            then(answer);
        }
    }));
}

fn run_as_effect(run: Box<dyn Fn()>) {
    Effect::new(run);
}

/// Loads another page with the browser and not with the router: the page may belong to another site, and no data of the
/// session may stay in memory.
fn navigate(url: &str) {
    let location = window().location();
    let page = |url: &str| url.split('#').next().unwrap_or_default().to_owned();
    let is_same_page = |target: &str| location.href().is_ok_and(|here| page(&here) == page(target));
    let target = web_sys::Url::new_with_base(url, &location.href().unwrap_or_default()).map(|url| url.href());
    let is_fragment = url.contains('#') && target.is_ok_and(|target| is_same_page(&target));
    if location.assign(url).is_err() {
        leptos::logging::error!("the browser refused to go to the next page");
    } else if is_fragment {
        // If only the fragment differs, the browser does not load the page.
        let _ = location.reload();
    }
}
