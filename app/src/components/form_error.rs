use aura_auth::AuthError;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The error of a form's action. The element is always in the page, since screen readers need an existing live region.
#[component]
pub(crate) fn FormError<S>(
    /// The form's action.
    action: ServerAction<S>,
) -> impl IntoView
where
    S: ServerFn<Error = AuthError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    view! {
        <div role="alert" class="failure">
            {move || action.value().get().and_then(Result::err).map(AuthError::message)}
        </div>
    }
}
