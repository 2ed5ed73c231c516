//! The app and the person of the benchmarks.

use aura_auth::{Auth, AuthBuilder, User};
use axum::http::HeaderMap;

pub(crate) fn builder() -> AuthBuilder {
    Auth::builder()
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
        .base_url("http://localhost:3000")
        .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
}

pub(crate) fn ada() -> User {
    User::new("{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}")
        .with_name("Ada Lovelace".to_owned())
        .with_image("https://bitbucket.org/account/ada/avatar/".to_owned())
        .with_email("ada@example.org".to_owned())
}

pub(crate) fn request(cookie: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", "localhost:3000".parse().unwrap());
    if let Some(cookie) = cookie {
        headers.insert("cookie", cookie.parse().unwrap());
    }
    headers
}
