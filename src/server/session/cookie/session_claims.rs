use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::User;
use crate::server::session::SessionRules;
use crate::server::session::cookie::own_claims::{OWN_CLAIMS, OwnClaims, ReadOwnClaims};

/// Names of claims that are this library's. The app's claims cannot have them.
const RESERVED: [&str; 12] =
    ["sub", "name", "image", "email", OWN_CLAIMS, "aud", "iss", "iat", "nbf", "exp", "mexp", "jti"];

/// Whether the library itself uses a claim of this name.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.is_empty() || RESERVED.contains(&name)
}

/// A session's claims, for writing.
pub(super) struct Claims<'a> {
    pub(super) rules: &'a SessionRules,
    pub(super) user: &'a User,
    pub(super) own: OwnClaims<'a>,
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
            // The TypeScript release reads a single audience as text.
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
        map.serialize_entry(OWN_CLAIMS, &self.own)?;
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

/// A session's claims after reading, each with its type (wire contract, 5.3). They are read in one pass, because every
/// request reads them.
#[derive(Default)]
pub(super) struct ReadClaims {
    pub(super) user: User,
    pub(super) own: ReadOwnClaims,
    pub(super) iss: Option<String>,
    pub(super) aud: Vec<String>,
    pub(super) iat: f64,
    pub(super) nbf: f64,
    pub(super) exp: f64,
    pub(super) mexp: Option<f64>,
    pub(super) jti: String,
}

impl ReadClaims {
    /// Checks `iss` and `aud`, if they are configured. If they are not, any value is accepted, and so is none.
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
        let mut own = None;
        while let Some(Name(name)) = map.next_key()? {
            match &*name {
                "sub" => sub = Some(map.next_value()?),
                "name" => read.user.name = map.next_value()?,
                "image" => read.user.image = map.next_value()?,
                "email" => read.user.email = map.next_value()?,
                OWN_CLAIMS => own = Some(map.next_value()?),
                "iss" => read.iss = Some(map.next_value()?),
                "aud" => read.aud = map.next_value::<OneOrMany>()?.0,
                "iat" => iat = Some(map.next_value()?),
                "nbf" => nbf = Some(map.next_value()?),
                "exp" => exp = Some(map.next_value()?),
                "mexp" => read.mexp = Some(map.next_value()?),
                "jti" => jti = Some(map.next_value()?),
                _ => {
                    let value: Value = map.next_value()?;
                    read.user.claims.insert(name.into_owned(), value);
                }
            }
        }
        read.own = own.unwrap_or_else(|| ReadOwnClaims::of_first_release(&mut read.user.claims));
        let missing = de::Error::missing_field;
        read.user.sub = sub.ok_or_else(|| missing("sub"))?;
        read.jti = jti.ok_or_else(|| missing("jti"))?;
        read.iat = iat.ok_or_else(|| missing("iat"))?;
        read.nbf = nbf.ok_or_else(|| missing("nbf"))?;
        read.exp = exp.ok_or_else(|| missing("exp"))?;
        Ok(read)
    }
}

/// The name of a member. It borrows from the JSON text, unless the name has escapes.
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

/// `aud` is a text or a list of texts (RFC 7519, 4.1.3).
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(one) => Ok(Self(vec![one])),
            list => serde_json::from_value(list).map(Self).map_err(de::Error::custom),
        }
    }
}
