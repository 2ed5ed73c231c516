use leptos::prelude::SharedValue;

use crate::Session;
#[cfg(not(feature = "ssr"))]
use crate::json::Json;

/// What the server tells the browser in the page.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "ssr", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub(in crate::leptos) struct Seed {
    pub(in crate::leptos) session: Option<Session>,
    /// Whether the page was rendered for a request, and says so of its session. A static page was
    /// rendered for nobody.
    pub(in crate::leptos) known: bool,
    /// A CSRF token of the session, for forms and for the header.
    pub(in crate::leptos) csrf_token: String,
    /// Where the endpoints are.
    pub(in crate::leptos) base_path: String,
    /// The server's time, in seconds since 1970.
    pub(in crate::leptos) now: i64,
    /// The providers whose tokens the session has.
    pub(in crate::leptos) connected: Vec<String>,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            session: None,
            known: false,
            csrf_token: String::new(),
            base_path: "/auth".to_owned(),
            now: 0,
            connected: Vec::new(),
        }
    }
}

#[cfg(feature = "ssr")]
impl Seed {
    /// The request's, which goes into the page.
    pub(super) fn shared() -> Self {
        let mut found = Self::default();
        SharedValue::new_str(|| {
            if let Some(request) = super::super::request::Request::find() {
                found = request.seed();
            }
            serde_json::to_string(&found).unwrap_or_default()
        });
        found
    }
}

#[cfg(not(feature = "ssr"))]
impl Seed {
    /// The page's; nothing in one that the server did not render.
    pub(super) fn shared() -> Self {
        Self::read(&SharedValue::new_str(String::new).into_inner()).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        let json = Json::parse(text)?;
        #[expect(clippy::cast_possible_truncation, reason = "seconds of this millennium")]
        Some(Self {
            session: json.get("session").and_then(|session| Session::from_json(&session)),
            known: json.boolean("known")?,
            csrf_token: json.text("csrfToken")?,
            base_path: json.text("basePath")?,
            now: json.number("now")? as i64,
            connected: json.texts("connected")?,
        })
    }
}
