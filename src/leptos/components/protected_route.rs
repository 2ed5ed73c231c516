use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::components::RouteChildren;
use leptos_router::{MatchNestedRoutes, NestedRoute, PossibleRouteMatch, SsrMode};

use super::GuardedView;
use super::protected::{Protection, protect};
use crate::User;

/// A route for signed-in people, or for those of them who meet a condition; all else is as
/// [`Protected`](fn@super::Protected) says. Its check needs no waiting, so on the server the 302 is there
/// before anything is rendered, in every mode; a static page ([`SsrMode::Static`]) is rendered for
/// nobody, and has nothing in it until the browser knows who is there.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::User;
/// use aura_auth::leptos::{ProtectedRoute, provide_session};
/// use leptos_router::components::{Route, Router, Routes};
/// use leptos_router::path;
///
/// # #[component]
/// # fn Home() -> impl IntoView {}
/// # #[component]
/// # fn Dashboard() -> impl IntoView {}
/// # #[component]
/// # fn Admin() -> impl IntoView {}
/// #[component]
/// fn App() -> impl IntoView {
///     provide_session();
///     let is_admin = |user: User| user.get::<String>("role").as_deref() == Some("admin");
///     view! {
///         <Router>
///             <Routes fallback=|| "There is no page here.">
///                 <Route path=path!("/") view=Home/>
///                 <ProtectedRoute path=path!("/dashboard") view=Dashboard/>
///                 <ProtectedRoute
///                     path=path!("/admin")
///                     view=Admin
///                     condition=is_admin
///                     forbidden=|| "Only administrators see this."
///                 />
///             </Routes>
///         </Router>
///     }
/// }
/// ```
#[component(transparent)]
pub fn ProtectedRoute<Segments, View, V>(
    /// The path, as a [`Route`](leptos_router::components::Route)'s.
    path: Segments,
    /// The page.
    view: View,
    /// Who of the signed-in people may see it; else all of them.
    #[prop(optional, into)]
    condition: Option<Callback<User, bool>>,
    /// What the others of them see; else a sentence.
    #[prop(optional, into)]
    forbidden: Option<ViewFn>,
    /// How the server renders it.
    #[prop(optional)]
    ssr: SsrMode,
) -> <NestedRoute<Segments, (), (), GuardedView> as IntoMaybeErased>::Output
where
    Segments: PossibleRouteMatch + Clone + Send + 'static,
    View: Fn() -> V + Send + Sync + Clone + 'static,
    V: IntoView + 'static,
{
    let protection = Protection { condition, forbidden };
    NestedRoute::new(path, guarded(protection, view)).ssr_mode(ssr).into_maybe_erased()
}

/// A layout and the routes below it, for signed-in people, or for those of them who meet a condition;
/// as [`ProtectedRoute`]. Nothing of the routes below is run for anybody else.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::ProtectedParentRoute;
/// use leptos_router::components::{Outlet, Route, Router, Routes};
/// use leptos_router::path;
///
/// # #[component]
/// # fn Profile() -> impl IntoView {}
/// # #[component]
/// # fn Teams() -> impl IntoView {}
/// #[component]
/// fn Settings() -> impl IntoView {
///     view! { <h1>"Settings"</h1> <Outlet/> }
/// }
///
/// #[component]
/// fn Pages() -> impl IntoView {
///     view! {
///         <Router>
///             <Routes fallback=|| "There is no page here.">
///                 <ProtectedParentRoute path=path!("/settings") view=Settings>
///                     <Route path=path!("") view=Profile/>
///                     <Route path=path!("teams") view=Teams/>
///                 </ProtectedParentRoute>
///             </Routes>
///         </Router>
///     }
/// }
/// ```
#[component(transparent)]
pub fn ProtectedParentRoute<Segments, Routes, View, V>(
    /// The path, as a [`ParentRoute`](leptos_router::components::ParentRoute)'s.
    path: Segments,
    /// The layout, with an [`Outlet`](leptos_router::components::Outlet).
    view: View,
    /// Who of the signed-in people may see it; else all of them.
    #[prop(optional, into)]
    condition: Option<Callback<User, bool>>,
    /// What the others of them see; else a sentence.
    #[prop(optional, into)]
    forbidden: Option<ViewFn>,
    /// The routes below.
    children: RouteChildren<Routes>,
    /// How the server renders it.
    #[prop(optional)]
    ssr: SsrMode,
) -> <NestedRoute<Segments, Routes, (), GuardedView> as IntoMaybeErased>::Output
where
    Segments: PossibleRouteMatch + Clone + Send + 'static,
    Routes: MatchNestedRoutes + Send + Clone + 'static,
    View: Fn() -> V + Send + Sync + Clone + 'static,
    V: IntoView + 'static,
{
    let protection = Protection { condition, forbidden };
    NestedRoute::new(path, guarded(protection, view)).ssr_mode(ssr).child(children.into_inner()).into_maybe_erased()
}

fn guarded<V: IntoView + 'static>(protection: Protection, view: impl Fn() -> V + Send + Sync + 'static) -> GuardedView {
    let view: ChildrenFn = Arc::new(move || view().into_any());
    GuardedView::new(move || protect(protection.clone(), view.clone()))
}
