use leptos::prelude::SharedValue;
use serde::{Deserialize, Serialize};

use super::hooks::ConfiguredProvider;

/// What a page must know beside the session. The server puts it into the page once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::leptos) struct PageSettings {
    /// Whether the page was rendered for a request, so that its session is that request's. A static
    /// page, or one without the layer, is rendered for nobody.
    pub(in crate::leptos) known: bool,
    /// The path of the endpoints.
    pub(in crate::leptos) base_path: String,
    /// The path of the sign-in page.
    pub(in crate::leptos) sign_in_page: String,
    /// The providers that people can sign in with.
    pub(in crate::leptos) providers: Vec<ConfiguredProvider>,
    /// The server's time, in seconds since 1970.
    pub(in crate::leptos) now: i64,
    /// The ids of the providers whose tokens the session has.
    pub(in crate::leptos) connected: Vec<String>,
}

impl PageSettings {
    /// The settings of the page that is being rendered or hydrated.
    pub(in crate::leptos) fn of_page() -> Self {
        SharedValue::new(Self::of_request).into_inner()
    }

    #[cfg(feature = "ssr")]
    fn of_request() -> Self {
        super::request::Request::find().map(|request| request.page_settings()).unwrap_or_default()
    }

    /// For a page that no server of ours rendered.
    #[cfg(not(feature = "ssr"))]
    fn of_request() -> Self {
        Self::default()
    }
}

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            known: false,
            base_path: "/auth".to_owned(),
            sign_in_page: "/sign-in".to_owned(),
            providers: Vec::new(),
            now: 0,
            connected: Vec::new(),
        }
    }
}
