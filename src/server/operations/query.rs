use url::form_urlencoded;

use crate::AuthError;

/// The most parameters that a query or a form may have. Each lookup scans all of them.
const MAX_PARAMETERS: usize = 100;

/// The parameters of a query or a form. A repeated parameter is rejected, because two readers could use different ones
/// (RFC 6749, 3.1).
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the parameters.
    ///
    /// Fails with [`InvalidParameters`](AuthError::InvalidParameters) if there are more than 100.
    pub(crate) fn parse(text: &str) -> Result<Self, AuthError> {
        let found = form_urlencoded::parse(text.as_bytes()).take(MAX_PARAMETERS + 1);
        let parameters: Vec<_> = found.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        if parameters.len() > MAX_PARAMETERS { Err(AuthError::InvalidParameters) } else { Ok(Self(parameters)) }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, AuthError> {
        let mut values = self.0.iter().filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(AuthError::InvalidParameters),
            (first, None) => Ok(first.map(|(_, value)| value.as_str())),
        }
    }

    /// Reads a boolean, in the words that the TypeScript release accepts. Its client sends `undefined` if it has no
    /// value.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, AuthError> {
        let Some(value) = self.get(name)?.filter(|value| *value != "undefined") else { return Ok(None) };
        match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "y" | "enabled" => Ok(Some(true)),
            "false" | "0" | "no" | "off" | "n" | "disabled" => Ok(Some(false)),
            _ => Err(AuthError::InvalidParameters),
        }
    }

    /// Returns `redirectTo`. The TypeScript client sends `undefined` if it has no value.
    pub(crate) fn redirect_to(&self) -> Result<Option<&str>, AuthError> {
        Ok(self.get("redirectTo")?.filter(|value| !value.is_empty() && *value != "undefined"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_hundred_parameters_are_refused() {
        let query = |count: usize| (0..count).map(|number| format!("p{number}=1&")).collect::<String>();
        assert!(Query::parse(&query(MAX_PARAMETERS)).is_ok());
        assert_eq!(Query::parse(&query(MAX_PARAMETERS + 1)).err(), Some(AuthError::InvalidParameters));
    }

    #[test]
    fn a_repeated_query_parameter_is_rejected() {
        let query = Query::parse("a=1&b=2&a=3&redirectTo=undefined&yes=On&odd=maybe").unwrap();
        assert_eq!(query.get("a"), Err(AuthError::InvalidParameters));
        assert_eq!(query.get("b"), Ok(Some("2")));
        assert_eq!(query.redirect_to(), Ok(None));
        assert_eq!(query.boolean("yes"), Ok(Some(true)));
        assert_eq!(query.boolean("odd"), Err(AuthError::InvalidParameters));
    }
}
