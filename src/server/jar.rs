use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use http::header::HeaderValue;
use memchr::{memchr, memchr_iter};

use super::cookies::MOST_PARTS;

/// The cookies that a request brought, read once, when one is first asked for. Their text stays where
/// it is, in the headers.
#[derive(Debug)]
pub(crate) struct Jar {
    lines: Vec<HeaderValue>,
    pairs: OnceLock<Vec<Pair>>,
}

/// Where a cookie's name and value are.
#[derive(Debug)]
struct Pair {
    line: usize,
    name: Range<usize>,
    value: Range<usize>,
}

impl Jar {
    /// `lines` are the values of the request's `Cookie` headers.
    pub(crate) fn new(lines: Vec<HeaderValue>) -> Self {
        Self { lines, pairs: OnceLock::new() }
    }

    fn pairs(&self) -> &[Pair] {
        self.pairs.get_or_init(|| read(&self.lines))
    }

    /// The cookie's value, put together from its parts where there are any.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.find(|found| found == name.as_bytes()) {
            Some(value) => Some(value.into()),
            None => self.in_parts(name).map(Into::into),
        }
    }

    /// Every value that cookies of this name have, each once: more than one if another host of the
    /// site, or another path, has set one too.
    pub(crate) fn all(&self, name: &str) -> Vec<Cow<'_, str>> {
        let mut values: Vec<Cow<'_, str>> = Vec::new();
        for pair in self.pairs().iter().filter(|pair| self.name(pair) == name.as_bytes() && !pair.value.is_empty()) {
            let value = self.value(pair);
            if !values.iter().any(|other| other == value) {
                values.push(value.into());
            }
        }
        values.extend(self.in_parts(name).map(Into::into));
        values
    }

    fn in_parts(&self, name: &str) -> Option<String> {
        let parts = self.parts(name);
        (parts > 0).then(|| (0..parts).filter_map(|part| self.part(name, part)).collect())
    }

    /// How many parts of a cookie are there, without a gap.
    pub(crate) fn parts(&self, name: &str) -> usize {
        (0..MOST_PARTS).take_while(|&part| self.part(name, part).is_some()).count()
    }

    fn part(&self, name: &str, part: usize) -> Option<&str> {
        self.find(|found| {
            let number = found.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"."));
            matches!(number, Some(&[digit]) if usize::from(digit.wrapping_sub(b'0')) == part)
        })
    }

    /// Names and values of the cookies whose name begins so, without the beginning.
    pub(crate) fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pairs().iter().filter_map(move |pair| {
            let rest = self.name(pair).strip_prefix(prefix.as_bytes())?;
            Some((std::str::from_utf8(rest).ok()?, self.value(pair)))
        })
    }

    /// The first whose name fits: browsers send the one with the longest path first (RFC 6265, 5.4).
    fn find(&self, fits: impl Fn(&[u8]) -> bool) -> Option<&str> {
        let pair = self.pairs().iter().find(|pair| fits(self.name(pair)) && !pair.value.is_empty())?;
        Some(self.value(pair))
    }

    fn name(&self, pair: &Pair) -> &[u8] {
        &self.lines[pair.line].as_bytes()[pair.name.clone()]
    }

    fn value(&self, pair: &Pair) -> &str {
        // It is ASCII, or it would not be here.
        std::str::from_utf8(&self.lines[pair.line].as_bytes()[pair.value.clone()]).unwrap_or_default()
    }
}

fn read(lines: &[HeaderValue]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        let bytes = text.as_bytes();
        let mut start = 0;
        for end in memchr_iter(b';', bytes).chain([bytes.len()]) {
            if let Some(equals) = memchr(b'=', &bytes[start..end]).map(|at| start + at) {
                let name = trim(bytes, start..equals, |byte| byte.is_ascii_whitespace());
                let value = trim(bytes, equals + 1..end, |byte| byte.is_ascii_whitespace());
                let value = trim(bytes, value, |byte| byte == b'"');
                // Another app on this host may have set a cookie in any bytes; it must not hide ours.
                if bytes[start..end].is_ascii() {
                    pairs.push(Pair { line, name, value });
                }
            }
            start = end + 1;
        }
    }
    pairs
}

/// The range without unwanted bytes at its ends.
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

    fn jar(lines: &[&[u8]]) -> Jar {
        Jar::new(lines.iter().map(|line| HeaderValue::from_bytes(line).unwrap()).collect())
    }

    #[test]
    fn pairs_are_found_whatever_stands_around_them() {
        let jar = jar(&[b" a=1;b = \"2\" ;;=;c;d==3=;a=4", b"", b"e=", b"a.0=5; x"]);
        for (name, value) in
            [("a", Some("1")), ("b", Some("2")), ("c", None), ("d", Some("=3=")), ("e", None), ("", None)]
        {
            assert_eq!(jar.get(name).as_deref(), value, "{name}");
        }
        assert_eq!(jar.all("a"), ["1", "4", "5"]);
        assert_eq!(jar.starting_with("a").collect::<Vec<_>>(), [("", "1"), ("", "4"), (".0", "5")]);
    }

    #[test]
    fn another_app_s_bytes_hide_nothing_of_ours() {
        let jar = jar(&["ä=1; a=2; b=\u{1F36A}; c=3".as_bytes(), b"\xFF=\xFF;d=4"]);
        for (name, value) in [("a", Some("2")), ("b", None), ("c", Some("3")), ("d", Some("4"))] {
            assert_eq!(jar.get(name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn parts_are_put_together_up_to_the_first_gap() {
        let jar = jar(&[b"a.1=b; a.0=a; a.2=c; a.4=e; a.10=x; a.=y; a.00=z"]);
        assert_eq!((jar.get("a").as_deref(), jar.parts("a")), (Some("abc"), 3));
    }
}
