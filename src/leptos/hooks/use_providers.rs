use serde::{Deserialize, Serialize};

use crate::leptos::use_session;

/// A provider that people can sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConfiguredProvider {
    /// Its id, as forms and addresses have it: `bitbucket`.
    pub id: String,
    /// Its name, for people: `Bitbucket`.
    pub name: String,
}

impl ConfiguredProvider {
    #[cfg(feature = "ssr")]
    pub(in crate::leptos) fn new(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned() }
    }
}

/// The providers that people can sign in with, in the order in which they are
/// [configured](crate::AuthBuilder::oauth).
///
/// **What.** A plain list, since it does not change while the server runs. Which of them the session has
/// tokens of is what [`use_is_provider_connected`](super::super::use_is_provider_connected) says.
///
/// **On the server** it is the configuration's. Every page carries it, static pages too: it is public.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{SignIn, use_providers};
///
/// #[component]
/// fn Login() -> impl IntoView {
///     let buttons = use_providers().into_iter().map(|provider| {
///         view! { <li><SignIn provider=provider.id>"Continue with " {provider.name}</SignIn></li> }
///     });
///     view! { <ul>{buttons.collect_view()}</ul> }
/// }
/// ```
#[must_use]
pub fn use_providers() -> Vec<ConfiguredProvider> {
    use_session().settings(|settings| settings.providers.clone())
}
