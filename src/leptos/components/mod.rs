//! The components, one in each file.

mod form_parts;
mod guest_route;
mod protected;
mod protected_route;
mod sign_in;
mod sign_out;
mod signed;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::ChooseView;

pub use self::guest_route::{GuestRoute, GuestRouteProps};
pub use self::protected::{Protected, ProtectedProps};
pub use self::protected_route::{ProtectedParentRoute, ProtectedParentRouteProps, ProtectedRoute, ProtectedRouteProps};
pub use self::sign_in::{SignIn, SignInProps};
pub use self::sign_out::{SignOut, SignOutProps};
pub use self::signed::{SignedIn, SignedInProps, SignedOut, SignedOutProps, WithUser, WithUserProps};

/// The view of a guarded route. It is a named type, so that a route's type can be written both with erased components
/// (`--cfg erase_components`, which `cargo leptos watch` sets) and without.
#[derive(Clone)]
pub struct GuardedView(ChildrenFn);

impl std::fmt::Debug for GuardedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuardedView")
    }
}

impl GuardedView {
    fn new<V: IntoView + 'static>(view: impl Fn() -> V + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || view().into_any()))
    }
}

impl ChooseView for GuardedView {
    async fn choose(self) -> AnyView {
        (self.0)()
    }

    async fn preload(&self) {}
}

/// A guarded page. On the server, Leptos calls a closure in a view twice: first to find what its `Suspense`s wait for,
/// then to render. The page's resources would then get other numbers than in the browser, so this function calls the
/// closure once.
#[cfg(feature = "ssr")]
fn rendered<V: IntoView>(view: impl Fn() -> V + Send + 'static) -> impl IntoView {
    untrack(view)
}

/// A guarded page. It changes when the session changes.
#[cfg(not(feature = "ssr"))]
fn rendered<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> impl IntoView {
    view
}
