use serde::{Deserialize, Serialize};

use crate::leptos::use_session;

/// A provider that people can sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConfiguredProvider {
    /// The id, as forms and URLs use it: `bitbucket`.
    pub id: String,
    /// The name, as people read it: `Bitbucket`.
    pub name: String,
}

impl ConfiguredProvider {
    #[cfg(feature = "ssr")]
    pub(in crate::leptos) fn new(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned() }
    }
}

/// Returns the providers that people can sign in with, in the order of the [configuration](crate::AuthBuilder::oauth).
///
/// **What.** A plain list, since it does not change while the server runs. To find out whether the session has tokens
/// of a provider, use [`use_is_provider_connected`](crate::leptos::use_is_provider_connected).
///
/// **On the server**, the list comes from the configuration. It is public, so every page carries it, also a static
/// page.
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
#[doc(alias = "useProviders")]
#[must_use]
pub fn use_providers() -> Vec<ConfiguredProvider> {
    use_session().settings(|settings| settings.providers.clone())
}
