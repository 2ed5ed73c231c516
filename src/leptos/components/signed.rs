use leptos::prelude::*;

use crate::User;
use crate::leptos::components::rendered;
use crate::leptos::use_session;

/// Shows its children if somebody is signed in.
#[component]
pub fn SignedIn(
    /// The content to show.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || session.is_authenticated()>{children()}</Show> }
}

/// Shows its children, which get the user, if somebody is signed in. When the user changes, the children are created
/// anew.
///
/// ```
/// use aura_auth::leptos::WithUser;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Greeting() -> impl IntoView {
///     view! { <WithUser let:user>"Hello " {user.name}</WithUser> }
/// }
/// ```
#[component]
pub fn WithUser<Children, V>(
    /// The content to show for a user.
    children: Children,
) -> impl IntoView
where
    Children: Fn(User) -> V + Send + 'static,
    V: IntoView + 'static,
{
    let session = use_session();
    rendered(move || session.user().map(&children))
}

/// Shows its children if nobody is signed in. Also shows them as long as nothing is known (in a static page, until the
/// first response arrives), so that the page works without scripts.
#[component]
pub fn SignedOut(
    /// The content to show.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || !session.is_authenticated()>{children()}</Show> }
}
