use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::account::Account;
use super::injected_fault::InjectedFaults;
use crate::server::random_text;

/// How long a code is good, in seconds.
const CODE_SECONDS: i64 = 600;
/// How long a refresh token is good after its first use, in seconds.
const USED_REFRESH_TOKEN_SECONDS: i64 = 600;

/// In place of a token, which is 80 times as long.
type Digest = [u8; 32];

fn digest(token: &str) -> Digest {
    Sha256::digest(token).into()
}

pub(in crate::testing) struct Store {
    pub(super) accounts: Vec<Account>,
    pub(super) injected_faults: InjectedFaults,
    codes: HashMap<String, Grant>,
    last_used_code: Option<String>,
    access_tokens: HashMap<Digest, (Access, Option<i64>)>,
    refresh_tokens: HashMap<Digest, RefreshToken>,
    sign_ins: u64,
}

/// What a code stands for.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) access: Access,
    /// As it was in the request; absent where the request had none.
    pub(super) redirect_uri: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) expires_at: i64,
}

/// Whose account, and what of it.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) nickname: String,
    pub(super) scopes: Vec<String>,
    /// Which sign-in it comes from.
    pub(super) sign_in: u64,
}

/// New tokens, as the token endpoint's answer tells of them.
pub(in crate::testing) struct Issued {
    pub(in crate::testing) access_token: String,
    pub(in crate::testing) refresh_token: String,
    /// How long the access token is good.
    pub(in crate::testing) seconds: Option<i64>,
    pub(in crate::testing) scopes: Vec<String>,
}

struct RefreshToken {
    access: Access,
    dies_at: Option<i64>,
}

impl Store {
    pub(super) fn new(accounts: Vec<Account>) -> Self {
        Self {
            accounts,
            injected_faults: InjectedFaults::default(),
            codes: HashMap::new(),
            last_used_code: None,
            access_tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
            sign_ins: 0,
        }
    }

    pub(super) fn account(&self, nickname: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.nickname == nickname)
    }

    pub(super) fn new_code(&mut self, mut grant: Grant, now: i64) -> String {
        let code = random_text(20);
        self.sign_ins += 1;
        grant.access.sign_in = self.sign_ins;
        grant.expires_at = now + CODE_SECONDS;
        self.codes.insert(code.clone(), grant);
        code
    }

    pub(super) fn last_used_code(&self) -> Option<String> {
        self.last_used_code.clone()
    }

    /// What the code stands for; it is gone then, whatever comes of it.
    pub(super) fn use_code(&mut self, code: &str, now: i64) -> Option<Grant> {
        let grant = self.codes.remove(code)?;
        self.last_used_code = Some(code.to_owned());
        (grant.expires_at > now).then_some(grant)
    }

    /// A new access token, good for `seconds`, and a refresh token.
    pub(super) fn issue(
        &mut self,
        access: Access,
        seconds: Option<i64>,
        now: i64,
        new_token: fn() -> String,
    ) -> Issued {
        let (access_token, refresh_token) = (new_token(), new_token());
        let scopes = access.scopes.clone();
        let ends_at = seconds.map(|seconds| now + seconds);
        self.access_tokens.insert(digest(&access_token), (access.clone(), ends_at));
        self.refresh_tokens.insert(digest(&refresh_token), RefreshToken { access, dies_at: None });
        Issued { access_token, refresh_token, seconds, scopes }
    }

    /// What a refresh token stands for. From its first use it has ten minutes.
    pub(super) fn use_refresh_token(&mut self, token: &str, now: i64, punish_reuse: bool) -> Option<Access> {
        let found = self.refresh_tokens.get_mut(&digest(token))?;
        if punish_reuse && found.dies_at.is_some() {
            let sign_in = found.access.sign_in;
            self.refresh_tokens.retain(|_, other| other.access.sign_in != sign_in);
            self.access_tokens.retain(|_, (access, _)| access.sign_in != sign_in);
            return None;
        }
        let dies_at = *found.dies_at.get_or_insert(now + USED_REFRESH_TOKEN_SECONDS);
        (now < dies_at).then(|| found.access.clone())
    }

    /// Ends an access token; whether there was one.
    pub(in crate::testing) fn end_token(&mut self, token: &str) -> bool {
        self.access_tokens.remove(&digest(token)).is_some()
    }

    pub(super) fn end_all_tokens(&mut self) {
        self.refresh_tokens.clear();
        self.access_tokens.clear();
    }

    /// What an access token stands for; `Err` when it has expired.
    pub(super) fn access(&self, token: &str, now: i64) -> Option<Result<Access, ()>> {
        let (access, ends_at) = self.access_tokens.get(&digest(token))?;
        Some(if ends_at.is_none_or(|end| now < end) { Ok(access.clone()) } else { Err(()) })
    }
}
