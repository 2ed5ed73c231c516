use leptos::prelude::SharedValue;
use serde::{Deserialize, Serialize};

use crate::leptos::hooks::ConfiguredProvider;

/// The data that a page needs in addition to the session. The server writes it into the page once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::leptos) struct PageSettings {
    /// Whether the page was rendered for a request and therefore has its session. A static page, or a page without the
    /// layer, is not rendered for a request.
    pub(in crate::leptos) known: bool,
    /// The base path of the endpoints.
    pub(in crate::leptos) base_path: String,
    /// The path of the sign-in page.
    pub(in crate::leptos) sign_in_page: String,
    /// The providers that people can sign in with.
    pub(in crate::leptos) providers: Vec<ConfiguredProvider>,
    /// The server's time, in seconds since 1970.
    pub(in crate::leptos) now: i64,
    /// The ids of the providers whose tokens the session has.
    pub(in crate::leptos) connected: Vec<String>,
    /// Whether sessions are in a store, so that the server can list them.
    pub(in crate::leptos) lists_sessions: bool,
}

impl PageSettings {
    /// Returns the settings of the page that is being rendered or hydrated.
    pub(in crate::leptos) fn of_page() -> Self {
        SharedValue::new(Self::of_request).into_inner()
    }

    #[cfg(feature = "ssr")]
    fn of_request() -> Self {
        crate::leptos::request::Request::find().map(|request| request.page_settings()).unwrap_or_default()
    }

    /// The default settings are for a page that no server of ours rendered.
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
            lists_sessions: true,
        }
    }
}
