//! Only tokens that this app made are accepted: no changed token, and no other text.
#![no_main]

use std::sync::OnceLock;

use aura_auth::jose::Jose;
use aura_auth::{Auth, User, testing};
use libfuzzer_sys::fuzz_target;

struct Made {
    auth: Auth,
    tokens: Vec<String>,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let auth = aura_auth_fuzz::auth();
        let user = User::new("{x}").with_name("Ada".to_owned());
        let cookie = testing::session_cookie(&auth, user).unwrap();
        let session = cookie.split_once('=').unwrap().1.to_owned();
        let claims = serde_json::json!({ "sub": "{x}", "exp": 4_000_000_000_u32 });
        let jose = auth.jose();
        let others = [jose.sign_jws(&claims), jose.encrypt_jwe(&claims), jose.encode_jwt(&claims)];
        let tokens = others.into_iter().map(Result::unwrap).chain([session]).collect();
        Made { auth, tokens }
    })
}

fuzz_target!(|data: &[u8]| {
    let made = made();
    let keys = [made.auth.jose().clone(), made.auth.jose().compatible()];
    let refused = |token: &str| {
        let opens = |jose: &Jose| {
            jose.verify_jws(token).is_ok() || jose.decrypt_jwe(token).is_ok() || jose.decode_jwt(token).is_ok()
        };
        assert!(!keys.iter().any(opens) || made.tokens.iter().any(|made| made == token), "{token}");
    };
    if let Ok(text) = std::str::from_utf8(data) {
        refused(text);
    }
    // The input describes changes of a valid token: its first byte selects the token. Each change is four bytes: the
    // position (2), how many bytes are removed, and the byte that is inserted.
    let [which, rest @ ..] = data else { return };
    let mut token = made.tokens[usize::from(*which) % made.tokens.len()].clone().into_bytes();
    for change in rest.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % (token.len() + 1);
        let end = (at + usize::from(change[2] % 4)).min(token.len());
        token.splice(at..end, change[3].is_ascii().then_some(change[3]));
    }
    refused(std::str::from_utf8(&token).unwrap());
});
