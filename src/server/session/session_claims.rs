use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::server::session::SessionRules;
use crate::{Identity, User};

/// In how many parts each provider's tokens are kept; 0 is one whole cookie. Their cookies are
/// not sent along with a sign-out, so the session remembers them.
pub(super) type ProviderTokenParts = BTreeMap<String, usize>;

/// Claims that are ours and not the user's.
const RESERVED: [&str; 16] = [
    "sub",
    "name",
    "image",
    "email",
    "auth_provider",
    "auth_subject",
    "auth_version",
    "provider_tokens",
    "aud",
    "iss",
    "iat",
    "nbf",
    "exp",
    "mexp",
    "jti",
    "sid",
];

/// Whether the library itself uses a claim of this name.
pub(super) fn is_reserved(name: &str) -> bool {
    name.is_empty() || RESERVED.contains(&name)
}

/// A session as its token has it, to be written.
pub(super) struct Claims<'a> {
    pub(super) rules: &'a SessionRules,
    pub(super) user: &'a User,
    pub(super) identity: Option<&'a Identity>,
    pub(super) auth_version: u32,
    pub(super) provider_tokens: &'a ProviderTokenParts,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    pub(super) mexp: Option<i64>,
    pub(super) jti: &'a str,
}

impl Serialize for Claims<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { rules, user, .. } = self;
        let mut map = serializer.serialize_map(None)?;
        match rules.audience.as_slice() {
            [] => {}
            // As the TypeScript release reads it.
            [one] => map.serialize_entry("aud", one)?,
            several => map.serialize_entry("aud", several)?,
        }
        if let Some(issuer) = &rules.issuer {
            map.serialize_entry("iss", issuer)?;
        }
        map.serialize_entry("sub", &user.sub)?;
        map.serialize_entry("name", &user.name)?;
        map.serialize_entry("image", &user.image)?;
        map.serialize_entry("email", &user.email)?;
        for (name, value) in user.claims.as_map().iter().filter(|(name, _)| !RESERVED.contains(&name.as_str())) {
            map.serialize_entry(name, value)?;
        }
        if let Some(identity) = self.identity {
            map.serialize_entry("auth_provider", &identity.provider)?;
            // Most people have one identifier, and the cookie goes along with every request.
            if identity.subject != user.sub {
                map.serialize_entry("auth_subject", &identity.subject)?;
            }
        }
        if self.auth_version != 0 {
            map.serialize_entry("auth_version", &self.auth_version)?;
        }
        if !self.provider_tokens.is_empty() {
            map.serialize_entry("provider_tokens", self.provider_tokens)?;
        }
        map.serialize_entry("iat", &self.iat)?;
        map.serialize_entry("nbf", &self.nbf)?;
        map.serialize_entry("exp", &self.exp)?;
        if let Some(end) = self.mexp {
            map.serialize_entry("mexp", &end)?;
        }
        map.serialize_entry("jti", self.jti)?;
        map.end()
    }
}

/// A session as its token had it, each claim of its type (wire contract, 5.3). It is read in one go:
/// every request does it.
#[derive(Default)]
pub(super) struct ReadClaims {
    pub(super) user: User,
    pub(super) auth_provider: Option<String>,
    pub(super) auth_subject: Option<String>,
    pub(super) auth_version: u32,
    pub(super) provider_tokens: ProviderTokenParts,
    pub(super) iss: Option<String>,
    pub(super) aud: Vec<String>,
    pub(super) iat: f64,
    pub(super) nbf: f64,
    pub(super) exp: f64,
    pub(super) mexp: Option<f64>,
    pub(super) jti: String,
}

impl ReadClaims {
    /// Whether `iss` and `aud` are as configured, or else there or not.
    pub(super) fn are_for(&self, rules: &SessionRules) -> bool {
        let issuer = rules.issuer.is_none() || self.iss == rules.issuer;
        let audience = rules.audience.is_empty() || self.aud.iter().any(|one| rules.audience.contains(one));
        issuer && audience
    }
}

impl<'de> Deserialize<'de> for ReadClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ClaimsVisitor)
    }
}

struct ClaimsVisitor;

impl<'de> Visitor<'de> for ClaimsVisitor {
    type Value = ReadClaims;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a session's claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadClaims, A::Error> {
        let mut read = ReadClaims::default();
        let (mut sub, mut jti) = (None, None);
        let (mut iat, mut nbf, mut exp) = (None, None, None);
        while let Some(Name(name)) = map.next_key()? {
            match &*name {
                "sub" => sub = Some(map.next_value()?),
                "name" => read.user.name = map.next_value()?,
                "image" => read.user.image = map.next_value()?,
                "email" => read.user.email = map.next_value()?,
                "auth_provider" => read.auth_provider = map.next_value()?,
                "auth_subject" => read.auth_subject = map.next_value()?,
                "auth_version" => read.auth_version = map.next_value()?,
                "provider_tokens" => read.provider_tokens = map.next_value()?,
                "iss" => read.iss = Some(map.next_value()?),
                "aud" => read.aud = map.next_value::<OneOrMany>()?.0,
                "iat" => iat = Some(map.next_value()?),
                "nbf" => nbf = Some(map.next_value()?),
                "exp" => exp = Some(map.next_value()?),
                "mexp" => read.mexp = Some(map.next_value()?),
                "jti" => jti = Some(map.next_value()?),
                name if RESERVED.contains(&name) => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    let value: Value = map.next_value()?;
                    read.user.claims.insert(name.into_owned(), value);
                }
            }
        }
        let missing = de::Error::missing_field;
        read.user.sub = sub.ok_or_else(|| missing("sub"))?;
        read.jti = jti.ok_or_else(|| missing("jti"))?;
        read.iat = iat.ok_or_else(|| missing("iat"))?;
        read.nbf = nbf.ok_or_else(|| missing("nbf"))?;
        read.exp = exp.ok_or_else(|| missing("exp"))?;
        Ok(read)
    }
}

/// A member's name, of which serde makes no copy unless there are escapes in it.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

/// `aud` is text, or a list of it (RFC 7519, 4.1.3).
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(one) => Ok(Self(vec![one])),
            list => serde_json::from_value(list).map(Self).map_err(de::Error::custom),
        }
    }
}
