use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;

use crate::AuthError;
use crate::leptos::page_url::{page_path, parameter};

/// Creates the action of a hook. If a form was sent to the same server function without scripts and failed, the page's
/// URL has the error (`__path`, `__err`). This error is the action's value until the action is dispatched.
///
/// Leptos reads this error too, but only below `<Routes>`, and still shows it in components that are created on later
/// pages.
pub(in crate::leptos) fn server_action<S>() -> ServerAction<S>
where
    S: ServerFn<Error = AuthError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let action = ServerAction::<S>::new();
    let page = page_path();
    action.value().set(form_error(&page.get_untracked(), S::PATH).map(Err));
    let forget_error = move || {
        if action.value().with_untracked(|value| matches!(value, Some(Err(_)))) {
            action.clear();
        }
    };
    on_next_page(page, Box::new(forget_error));
    action
}

/// Calls `run` whenever the page changes, so that an error of one page is not shown on the next page.
fn on_next_page(page: Signal<String>, run: Box<dyn Fn()>) {
    Effect::new(move |was_on: Option<String>| {
        let is_on = page.get();
        if was_on.is_some_and(|was_on| was_on != is_on) {
            run();
        }
        is_on
    });
}

/// Returns the error in the page's URL, if it belongs to the forms of this server function. The result is always one of
/// our own errors, even if the URL is forged.
fn form_error(page: &str, path: &str) -> Option<AuthError> {
    let (_, search) = page.split_once('?')?;
    let is_ours = parameter(search, "__path").is_some_and(|found| found == path);
    is_ours.then(|| parameter(search, "__err")).flatten().map(|error| ServerFnUrlError::decode_err(&error))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    const PATH: &str = "/api/aura-auth/sign_out";

    #[test]
    fn a_form_error_in_the_url_applies_to_one_server_function_only() {
        let url = ServerFnUrlError::new(PATH, AuthError::RateLimited).to_url("http://localhost/x?tab=1").unwrap();
        assert_eq!(form_error(url.as_str(), PATH), Some(AuthError::RateLimited));
        assert_eq!(form_error(url.as_str(), "/api/aura-auth/sign_in"), None);
        assert_eq!(form_error("/x?tab=1", PATH), None);
    }

    /// Attack: a link that makes the page say what its author wants
    /// Standards: ASVS 3.2.2
    #[test]
    fn a_forged_error_in_the_url_shows_a_fixed_message() {
        for made_up in ["Call us now", "IkNhbGwgdXMgbm93Ig==", "e30=", "%00"] {
            let page = format!("/?__path={PATH}&__err={made_up}");
            assert_eq!(form_error(&page, PATH), Some(AuthError::ServerError), "{made_up}");
        }
    }
}
