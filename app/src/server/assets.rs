use axum::Router;

/// The app's name in the file names of its assets.
const NAME: &str = "aura-auth-app";

/// The file names of the assets.
#[derive(Clone, Debug)]
pub(super) struct AssetNames {
    pub(super) css: String,
    pub(super) js: String,
    pub(super) wasm: String,
}

impl AssetNames {
    /// Returns the URLs of the style sheet, the script and the wasm.
    pub(super) fn urls(&self) -> [String; 3] {
        [&self.css, &self.js, &self.wasm].map(|name| format!("/pkg/{name}"))
    }
}

/// Assets as files, for development. They may change at any time.
#[cfg(not(feature = "embed"))]
mod files {
    use std::path::Path;

    use axum::http::HeaderValue;
    use axum::http::header::CACHE_CONTROL;
    use tower_http::services::ServeDir;
    use tower_http::set_header::SetResponseHeaderLayer;

    use super::{AssetNames, NAME, Router};

    pub(in super::super) fn names() -> AssetNames {
        let name = |extension: &str| format!("{NAME}.{extension}");
        AssetNames { css: name("css"), js: name("js"), wasm: name("wasm") }
    }

    pub(in super::super) fn router<S: Clone + Send + Sync + 'static>(site: &Path) -> Router<S> {
        Router::new()
            .fallback_service(ServeDir::new(site.join("pkg")))
            .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
    }
}

/// Assets inside the binary. Their names change with their content, so browsers may cache them forever.
#[cfg(feature = "embed")]
mod embedded {
    use std::path::Path;

    use axum::extract::Path as UrlPath;
    use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
    use axum::http::{HeaderMap, HeaderValue, StatusCode};
    use axum::response::{IntoResponse, Response};
    use axum::routing::get;
    use rust_embed::Embed;

    use super::{AssetNames, NAME, Router};

    // Without an earlier `cargo xtask dist`, this folder is missing. Lints must compile this code nevertheless.
    #[derive(Embed)]
    #[allow_missing = true]
    #[folder = "../target/site-dist/pkg"]
    struct Assets;

    pub(in super::super) fn names() -> AssetNames {
        let is = |name: &str, extension: &str| name.starts_with(NAME) && name.rsplit('.').next() == Some(extension);
        let name = |extension| Assets::iter().find(|name| is(name, extension)).unwrap_or_default().into_owned();
        AssetNames { css: name("css"), js: name("js"), wasm: name("wasm") }
    }

    pub(in super::super) fn router<S: Clone + Send + Sync + 'static>(_: &Path) -> Router<S> {
        Router::new().route("/{*name}", get(asset))
    }

    async fn asset(UrlPath(name): UrlPath<String>, headers: HeaderMap) -> Response {
        let media_type = match name.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("wasm") => "application/wasm",
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        let accepts_brotli =
            headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
                value.split(',').any(|coding| coding.split(';').next().unwrap_or_default().trim() == "br")
            });
        let compressed = accepts_brotli.then(|| Assets::get(&format!("{name}.br"))).flatten();
        let is_compressed = compressed.is_some();
        let Some(file) = compressed.or_else(|| Assets::get(&name)) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let headers = [
            (CONTENT_TYPE, media_type),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (VARY, "Accept-Encoding"),
        ];
        let mut response = (headers, file.data).into_response();
        if is_compressed {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        response
    }
}

#[cfg(feature = "embed")]
pub(super) use self::embedded::{names, router};
#[cfg(not(feature = "embed"))]
pub(super) use self::files::{names, router};
