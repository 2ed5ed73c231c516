use leptos::prelude::*;
use leptos_router::{NestedRoute, PossibleRouteMatch, SsrMode};

use crate::leptos::components::{GuardedView, rendered};
use crate::leptos::{SessionResource, use_redirect_to, use_session};

/// A route for people who are not signed in, such as a sign-in page. A signed-in person is redirected to the URL's
/// `redirectTo` if this is a path of the app, or else to `home`. On the server, this is a 302. If the person signs in
/// in another tab, this tab follows too.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::GuestRoute;
/// use leptos_router::components::{Router, Routes};
/// use leptos_router::path;
///
/// # #[component]
/// # fn SignInPage() -> impl IntoView {}
/// #[component]
/// fn Pages() -> impl IntoView {
///     view! {
///         <Router>
///             <Routes fallback=|| "There is no page here.">
///                 <GuestRoute path=path!("/sign-in") view=SignInPage home="/dashboard"/>
///             </Routes>
///         </Router>
///     }
/// }
/// ```
#[component(transparent)]
pub fn GuestRoute<Segments, View, V>(
    /// The path, as for a [`Route`](leptos_router::components::Route).
    path: Segments,
    /// The page.
    view: View,
    /// The page that signed-in people are redirected to.
    #[prop(default = "/".into(), into)]
    home: String,
    /// The rendering mode on the server.
    #[prop(optional)]
    ssr: SsrMode,
) -> <NestedRoute<Segments, (), (), GuardedView> as IntoMaybeErased>::Output
where
    Segments: PossibleRouteMatch + Clone + Send + 'static,
    View: Fn() -> V + Send + Sync + Clone + 'static,
    V: IntoView + 'static,
{
    let guarded = GuardedView::new(move || for_guests(view.clone(), home.clone()));
    NestedRoute::new(path, guarded).ssr_mode(ssr).into_maybe_erased()
}

fn for_guests<V: IntoView + 'static>(view: impl Fn() -> V + Send + Sync + 'static, home: String) -> impl IntoView {
    let session = use_session();
    send_on(session, use_redirect_to(), home);
    rendered(move || (!session.is_authenticated()).then(|| view().into_any()))
}

#[cfg(feature = "ssr")]
fn send_on(session: SessionResource, wanted: Signal<Option<String>>, home: String) {
    use crate::leptos::request::{Request, redirect};

    if untrack(|| session.is_authenticated()) {
        let wanted = wanted.get_untracked().and_then(|wanted| Request::find()?.own_path(&wanted));
        redirect(&wanted.unwrap_or(home));
    }
}

#[cfg(not(feature = "ssr"))]
fn send_on(session: SessionResource, wanted: Signal<Option<String>>, home: String) {
    crate::leptos::components::protected::replace_page(move || {
        let wanted = || wanted.get_untracked().and_then(|wanted| own_path(&wanted));
        session.is_authenticated().then(|| wanted().unwrap_or_else(|| home.clone()))
    });
}

/// Returns `wanted` as a path of the app, parsed by the browser. Anybody can write the URL, so this check prevents an
/// open redirect.
#[cfg(not(feature = "ssr"))]
fn own_path(wanted: &str) -> Option<String> {
    let origin = window().location().origin().ok()?;
    let url = web_sys::Url::new_with_base(wanted, &origin).ok()?.href();
    let path = url.strip_prefix(&origin)?;
    (wanted.starts_with('/') && path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}
