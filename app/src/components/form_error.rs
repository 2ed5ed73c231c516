use aura_auth::AuthError;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// What went wrong with a form of an action. The region is always there, for screen readers.
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
