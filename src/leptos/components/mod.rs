//! The components, one a file.

mod auth_form;
mod form;
mod guest_route;
mod protected;
mod protected_route;
mod sign_in;
mod sign_out;
mod signed;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::ChooseView;

pub use self::auth_form::{AuthForm, AuthFormProps, FormFields, FormInput};
pub use self::guest_route::{GuestRoute, GuestRouteProps};
pub use self::protected::{Protected, ProtectedProps};
pub use self::protected_route::{ProtectedParentRoute, ProtectedParentRouteProps, ProtectedRoute, ProtectedRouteProps};
pub use self::sign_in::{SignIn, SignInProps};
pub use self::sign_out::{SignOut, SignOutProps};
pub use self::signed::{SignedIn, SignedInProps, SignedOut, SignedOutProps};

/// A view that changes. All of the library's are of this one type: for each type of its own the
/// browser would load the code that builds, hydrates and changes it anew.
fn changing(view: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    erased(Arc::new(view))
}

fn erased(view: ChildrenFn) -> AnyView {
    (move || view()).into_any()
}

/// Goes to another page of the app as soon as there is a reason to.
#[cfg(not(feature = "ssr"))]
fn send_away(target: Box<dyn Fn() -> Option<String>>) {
    super::browser::effect(Box::new(move || {
        if let Some(target) = target() {
            super::browser::follow(&target);
        }
    }));
}

/// A page, of one type for all.
fn page<V: IntoView + 'static>(view: impl Fn() -> V + Send + Sync + 'static) -> ChildrenFn {
    Arc::new(move || view().into_any())
}

/// A route's view. It has a name, so that a route's type can be said where components are erased
/// (`--cfg erase_components`, as `cargo leptos watch` builds) and where they are not; and it is one for
/// all routes.
#[derive(Clone)]
pub struct GuardedView(ChildrenFn);

impl std::fmt::Debug for GuardedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuardedView")
    }
}

impl ChooseView for GuardedView {
    async fn choose(self) -> AnyView {
        (self.0)()
    }

    async fn preload(&self) {}
}
