use std::net::IpAddr;

use http::HeaderMap;
use http::header::USER_AGENT;

/// The longest `User-Agent` that is stored, in bytes.
const MAX_USER_AGENT_BYTES: usize = 512;

/// The device that a person signs in with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Device {
    /// A name such as `Firefox on Linux`, if the browser is known.
    pub(super) name: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) address: Option<IpAddr>,
}

impl Device {
    /// Reads the device from the headers of a sign-in. `address` is the client's.
    pub(crate) fn of(headers: &HeaderMap, address: Option<IpAddr>) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let user_agent =
            text(USER_AGENT.as_str()).map(|agent| agent[..agent.len().min(MAX_USER_AGENT_BYTES)].to_owned());
        let hints = [text("sec-ch-ua").unwrap_or_default(), text("sec-ch-ua-platform").unwrap_or_default()];
        Self { name: name(user_agent.as_deref().unwrap_or_default(), hints), user_agent, address }
    }
}

/// Browsers, with the text that names them in a user agent. The first that is found counts: most browsers also name
/// the ones that they want to be treated as.
const BROWSERS: [(&str, &str); 13] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("curl/", "curl"),
];

/// Brands of Chromium browsers that call themselves Chrome in the user agent (client hint `Sec-CH-UA`).
const BRANDS: [(&str, &str); 3] = [("\"Brave\"", "Brave"), ("\"Vivaldi\"", "Vivaldi"), ("\"Opera\"", "Opera")];

/// Systems, with the text that names them in a user agent. iPads ask for desktop pages as a Mac.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Returns a name for a browser and its system. `hints` are the client hints `Sec-CH-UA` and `Sec-CH-UA-Platform`, which
/// Chromium sends without being asked.
fn name(user_agent: &str, [brands, platform]: [&str; 2]) -> Option<String> {
    let first = |table: &[(&str, &'static str)], text: &str| {
        table.iter().find(|(part, _)| text.contains(part)).map(|&(_, name)| name)
    };
    let browser = first(&BRANDS, brands).or_else(|| first(&BROWSERS, user_agent));
    let system = first(&SYSTEMS, user_agent).or_else(|| first(&SYSTEMS, platform));
    match (browser, system) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_by_browser_and_system() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, hints, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                ["", ""],
                Some("Firefox on Linux"),
            ),
            (
                &format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/149.0.0.0 Safari/537.36 Edg/149.0.0.0"
                ),
                ["\"Chromium\";v=\"149\", \"Microsoft Edge\";v=\"149\"", "\"Windows\""],
                Some("Edge on Windows"),
            ),
            (
                &format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/149.0.0.0 Safari/537.36"),
                ["\"Brave\";v=\"149\", \"Chromium\";v=\"149\"", "\"Linux\""],
                Some("Brave on Linux"),
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/149.0.0.0 Mobile Safari/537.36"),
                ["", ""],
                Some("Chrome on Android"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                ["", ""],
                Some("Safari on iPhone"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
                ["", ""],
                Some("Safari on macOS"),
            ),
            ("curl/8.14.1", ["", ""], Some("curl")),
            ("", ["", "\"Windows\""], Some("Windows")),
            ("unknown", ["", ""], None),
            ("", ["", ""], None),
        ] {
            assert_eq!(name(user_agent, hints).as_deref(), expected, "{user_agent}");
        }
    }

    #[test]
    fn a_long_user_agent_is_cut_to_512_bytes() {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, "x".repeat(2000).parse().unwrap());
        assert_eq!(Device::of(&headers, None).user_agent.unwrap().len(), MAX_USER_AGENT_BYTES);
        headers.insert(USER_AGENT, http::HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        assert_eq!(Device::of(&headers, None).user_agent, None);
    }
}
