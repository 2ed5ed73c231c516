use crate::Session;
use crate::json::Json;

/// What the server tells the browser in the page.
#[derive(Clone, Debug)]
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

impl Seed {
    pub(super) fn read(text: &str) -> Option<Self> {
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

#[cfg(feature = "ssr")]
impl Seed {
    /// What goes into the page.
    pub(super) fn written() -> String {
        let seed = super::super::request::Request::find().map_or_else(Self::default, |request| request.seed());
        serde_json::json!({
            "session": seed.session,
            "known": seed.known,
            "csrfToken": seed.csrf_token,
            "basePath": seed.base_path,
            "now": seed.now,
            "connected": seed.connected,
        })
        .to_string()
    }
}

#[cfg(not(feature = "ssr"))]
impl Seed {
    /// Nothing, in a page that the server did not render.
    pub(super) fn written() -> String {
        String::new()
    }
}
