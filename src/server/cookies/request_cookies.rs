use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use http::header::HeaderValue;
use memchr::{memchr, memchr_iter};

use crate::server::cookies::MAX_SESSION_PARTS;

/// The largest number of values of one cookie name that are read. Other hosts of the site and other paths can set
/// cookies with the same name.
pub(crate) const MAX_VALUES: usize = 8;

/// This library's cookies in a request. They are parsed once, on first use, and borrow their text from the headers.
#[derive(Debug)]
pub(crate) struct RequestCookies {
    lines: Vec<HeaderValue>,
    /// The prefix of this library's cookie names, after `__Host-` or `__Secure-`.
    prefix: Arc<str>,
    pairs: OnceLock<Vec<Pair>>,
}

/// The position of a cookie's name and value.
#[derive(Debug)]
struct Pair {
    line: usize,
    name: Range<usize>,
    value: Range<usize>,
}

impl RequestCookies {
    /// Creates the cookies of a request. `lines` are the values of its `Cookie` headers.
    pub(crate) fn new(lines: Vec<HeaderValue>, prefix: Arc<str>) -> Self {
        Self { lines, prefix, pairs: OnceLock::new() }
    }

    /// The size of all cookies of the request in bytes, including those of other apps.
    pub(super) fn bytes(&self) -> usize {
        self.lines.iter().map(|line| line.len() + "; ".len()).sum()
    }

    fn pairs(&self) -> &[Pair] {
        self.pairs.get_or_init(|| read(&self.lines, self.prefix.as_bytes()))
    }

    /// Returns the cookie's value, joined from its parts if it was split.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.find(|found| found == name.as_bytes()) {
            Some(value) => Some(value.into()),
            None => self.in_parts(name).map(Into::into),
        }
    }

    /// Returns every value of the cookies with this name, without duplicates. There is more than one if another host of
    /// the site, or another path, has set a cookie with this name. Returns `None` if there are more than
    /// [`MAX_VALUES`].
    pub(crate) fn all(&self, name: &str) -> Option<Vec<Cow<'_, str>>> {
        let values = self.values(|found| found == name.as_bytes())?;
        let parts: Vec<Vec<&str>> = (0..MAX_SESSION_PARTS)
            .map(|part| self.values(|found| is_part(found, name, part)))
            .take_while(|values| values.as_ref().is_none_or(|values| !values.is_empty()))
            .collect::<Option<_>>()?;
        // For the parts of one host's cookie, browsers use the same order.
        let sets = parts.iter().map(Vec::len).max().unwrap_or(0);
        let mut values: Vec<Cow<'_, str>> = values.into_iter().map(Cow::Borrowed).collect();
        values.extend((0..sets).map(|set| {
            let pieces = parts.iter().filter_map(|values| values.get(set).or(values.last()).copied());
            Cow::Owned(pieces.collect::<String>())
        }));
        Some(values)
    }

    /// Returns the values of the cookies whose name fits, without duplicates. Returns `None` if there are more than
    /// [`MAX_VALUES`].
    fn values(&self, fits: impl Fn(&[u8]) -> bool) -> Option<Vec<&str>> {
        let mut values: Vec<&str> = Vec::new();
        for pair in self.pairs().iter().filter(|pair| fits(self.name(pair)) && !pair.value.is_empty()) {
            let value = self.value(pair);
            if !values.contains(&value) {
                if values.len() == MAX_VALUES {
                    return None;
                }
                values.push(value);
            }
        }
        Some(values)
    }

    fn in_parts(&self, name: &str) -> Option<String> {
        let parts = self.parts(name);
        (parts > 0).then(|| (0..parts).filter_map(|part| self.part(name, part)).collect())
    }

    /// Returns the number of a cookie's parts, up to the first missing one.
    pub(crate) fn parts(&self, name: &str) -> usize {
        (0..MAX_SESSION_PARTS).take_while(|&part| self.part(name, part).is_some()).count()
    }

    fn part(&self, name: &str, part: usize) -> Option<&str> {
        self.find(|found| is_part(found, name, part))
    }

    /// Returns the cookies whose name starts with `prefix`: the rest of the name, and the value.
    pub(crate) fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pairs().iter().filter_map(move |pair| {
            let rest = self.name(pair).strip_prefix(prefix.as_bytes())?;
            Some((std::str::from_utf8(rest).ok()?, self.value(pair)))
        })
    }

    /// Returns the first cookie whose name fits. Browsers send the cookie with the longest path first (RFC 6265, 5.4).
    fn find(&self, fits: impl Fn(&[u8]) -> bool) -> Option<&str> {
        let pair = self.pairs().iter().find(|pair| fits(self.name(pair)) && !pair.value.is_empty())?;
        Some(self.value(pair))
    }

    fn name(&self, pair: &Pair) -> &[u8] {
        &self.lines[pair.line].as_bytes()[pair.name.clone()]
    }

    fn value(&self, pair: &Pair) -> &str {
        // [`read`] keeps only ASCII cookies, so this never fails.
        std::str::from_utf8(&self.lines[pair.line].as_bytes()[pair.value.clone()]).unwrap_or_default()
    }
}

/// Whether the cookie `found` is part number `part` of the cookie `name`.
fn is_part(found: &[u8], name: &str, part: usize) -> bool {
    let number = found.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"."));
    matches!(number, Some(&[digit]) if usize::from(digit.wrapping_sub(b'0')) == part)
}

/// Whether this can be the name of one of this library's cookies.
fn is_ours(name: &[u8], prefix: &[u8]) -> bool {
    let bare = name.strip_prefix(b"__Host-").or_else(|| name.strip_prefix(b"__Secure-")).unwrap_or(name);
    bare.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(b"."))
}

fn read(lines: &[HeaderValue], prefix: &[u8]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        let bytes = text.as_bytes();
        let mut start = 0;
        for end in memchr_iter(b';', bytes).chain([bytes.len()]) {
            if let Some(equals) = memchr(b'=', &bytes[start..end]).map(|at| start + at) {
                let name = trim(bytes, start..equals, |byte| byte.is_ascii_whitespace());
                let value = trim(bytes, equals + 1..end, |byte| byte.is_ascii_whitespace());
                let value = trim(bytes, value, |byte| byte == b'"');
                // Another app on this host may set a cookie with non-ASCII bytes. It must not make this library's
                // cookies unreadable.
                if is_ours(&bytes[name.clone()], prefix) && bytes[start..end].is_ascii() {
                    pairs.push(Pair { line, name, value });
                }
            }
            start = end + 1;
        }
    }
    pairs
}

/// Returns the range without unwanted bytes at its ends.
fn trim(bytes: &[u8], range: Range<usize>, unwanted: impl Fn(u8) -> bool) -> Range<usize> {
    let Range { mut start, mut end } = range;
    while start < end && unwanted(bytes[start]) {
        start += 1;
    }
    while start < end && unwanted(bytes[end - 1]) {
        end -= 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(lines: &[&[u8]]) -> RequestCookies {
        RequestCookies::new(lines.iter().map(|line| HeaderValue::from_bytes(line).unwrap()).collect(), "p".into())
    }

    #[test]
    fn cookie_pairs_are_parsed_despite_extra_separators_and_spaces() {
        let jar = jar(&[b" p.a=1;p.b = \"2\" ;;=;c;p.d==3=;p.a=4", b"", b"p.e=", b"p.a.0=5; x"]);
        for (name, value) in
            [("p.a", Some("1")), ("p.b", Some("2")), ("c", None), ("p.d", Some("=3=")), ("p.e", None), ("", None)]
        {
            assert_eq!(jar.get(name).as_deref(), value, "{name}");
        }
        assert_eq!(jar.all("p.a").unwrap(), ["1", "4", "5"]);
        assert_eq!(jar.starting_with("p.a").collect::<Vec<_>>(), [("", "1"), ("", "4"), (".0", "5")]);
    }

    #[test]
    fn bytes_outside_ascii_do_not_hide_other_cookies() {
        let jar = jar(&["p.ä=1; p.a=2; p.b=\u{1F36A}; p.c=3".as_bytes(), b"\xFF=\xFF;p.d=4"]);
        for (name, value) in [("p.a", Some("2")), ("p.b", None), ("p.c", Some("3")), ("p.d", Some("4"))] {
            assert_eq!(jar.get(name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn cookies_with_other_names_are_ignored() {
        let jar = jar(&[b"q.a=1; pp.a=2; p=3; p-a=4; __Host-p.a=5; __Secure-p.b=6; __Other-p.a=7; p.c=8"]);
        assert_eq!(jar.pairs().len(), 3);
        assert_eq!(jar.get("__Host-p.a").as_deref(), Some("5"));
    }

    #[test]
    fn cookie_parts_are_joined_up_to_the_first_gap() {
        let jar = jar(&[b"p.1=b; p.0=a; p.2=c; p.4=e; p.10=x; p.=y; p.00=z"]);
        assert_eq!((jar.get("p").as_deref(), jar.parts("p")), (Some("abc"), 3));
    }

    #[test]
    fn cookie_parts_of_two_hosts_are_joined_separately() {
        let jar = jar(&[b"p.s.0=A; p.s.0=a; p.s.1=B; p.s.1=b; p.s.2=c"]);
        assert_eq!(jar.all("p.s").unwrap(), ["ABc", "abc"]);
    }

    #[test]
    fn too_many_values_of_one_cookie_are_all_rejected() {
        let line = |count: usize| (0..count).map(|number| format!("p.s={number}; p.s={number};")).collect::<String>();
        assert_eq!(jar(&[line(MAX_VALUES).as_bytes()]).all("p.s").unwrap().len(), MAX_VALUES);
        assert_eq!(jar(&[line(MAX_VALUES + 1).as_bytes()]).all("p.s"), None);
        let parts = line(MAX_VALUES + 1).replace("p.s=", "p.s.0=");
        assert_eq!(jar(&[parts.as_bytes()]).all("p.s"), None);
    }
}
