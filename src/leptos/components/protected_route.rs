use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::components::RouteChildren;
use leptos_router::{MatchNestedRoutes, NestedRoute, PossibleRouteMatch, SsrMode};

use crate::User;
use crate::leptos::components::GuardedView;
use crate::leptos::components::protected::{Protection, protect};

/// A route for signed-in people. A `condition` can restrict it to some of them. It behaves like
/// [`Protected`](fn@crate::leptos::components::Protected). The check does not wait for anything, so on the server the
/// 302 is set before rendering starts, in every rendering mode. A static page ([`SsrMode::Static`]) is not rendered for
/// a request. It is empty until the browser knows who is signed in.
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
    /// The path, as for a [`Route`](leptos_router::components::Route).
    path: Segments,
    /// The page.
    view: View,
    /// Which signed-in people may see the page. Default: all of them.
    #[prop(optional, into)]
    condition: Option<Callback<User, bool>>,
    /// What other signed-in people see. Default: a sentence.
    #[prop(optional, into)]
    forbidden: Option<ViewFn>,
    /// The rendering mode on the server.
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

/// A layout and the routes below it, for signed-in people. A `condition` can restrict them to some of these people. It
/// behaves like [`ProtectedRoute`]. For other people, the routes below do not run.
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
    /// The path, as for a [`ParentRoute`](leptos_router::components::ParentRoute).
    path: Segments,
    /// The layout, with an [`Outlet`](leptos_router::components::Outlet).
    view: View,
    /// Which signed-in people may see the pages. Default: all of them.
    #[prop(optional, into)]
    condition: Option<Callback<User, bool>>,
    /// What other signed-in people see. Default: a sentence.
    #[prop(optional, into)]
    forbidden: Option<ViewFn>,
    /// The routes below the layout.
    children: RouteChildren<Routes>,
    /// The rendering mode on the server.
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
