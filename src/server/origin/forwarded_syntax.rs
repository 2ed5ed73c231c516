//! The grammar of `Forwarded` (RFC 7239, section 4 to 6) and of the lists in `X-Forwarded-*`.
//!
//! Every element must parse, even one that the client wrote. A parser that skips invalid elements miscounts, and then
//! mistakes a client's element for the proxy's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The largest number of elements in a header, including empty ones. Real chains of proxies are far shorter.
const MAX_ELEMENTS: usize = 64;
/// The largest number of parameters in an element. Only four are registered.
const MAX_PARAMETERS: usize = 16;

/// An element of `Forwarded`, as one proxy wrote it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) node: Option<Node>,
    pub(super) host: Option<String>,
    pub(super) scheme: Option<String>,
}

/// The sender of a request, as seen by the proxy that received it (RFC 7239, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Address(IpAddr),
    /// `unknown`, or an obfuscated identifier like `_hidden`.
    Hidden,
}

/// A header that does not follow its grammar.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Returns the elements of `Forwarded`, from left to right. Empty list elements are skipped (RFC 9110, section
/// 5.6.1.2).
pub(super) fn elements<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Element>, Malformed> {
    let mut elements = Vec::new();
    let mut count = 0;
    for line in lines {
        let mut input = Input(line);
        loop {
            count += 1;
            if count > MAX_ELEMENTS {
                return Err(Malformed);
            }
            input.skip_whitespace();
            if !matches!(input.peek(), None | Some(b',')) {
                elements.push(input.element()?);
                input.skip_whitespace();
            }
            if input.0.is_empty() {
                break;
            }
            input.expect(b',')?;
        }
    }
    Ok(elements)
}

/// Returns the values of a list in `X-Forwarded-*`, each parsed by `read`. Empty values are skipped.
pub(super) fn values<'a, T>(
    lines: impl Iterator<Item = &'a [u8]>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Malformed> {
    let mut values = Vec::new();
    let items = lines.flat_map(|line| line.split(|&byte| byte == b','));
    for (count, item) in items.enumerate() {
        if count >= MAX_ELEMENTS {
            return Err(Malformed);
        }
        let item = str::from_utf8(item).map_err(|_| Malformed)?.trim_matches([' ', '\t']);
        if !item.is_empty() {
            values.push(read(item).ok_or(Malformed)?);
        }
    }
    Ok(values)
}

/// Parses a node of `Forwarded`: `192.0.2.1`, `[2001:db8::1]`, `unknown` or `_hidden`, each with or without a port.
pub(super) fn node(text: &str) -> Option<Node> {
    let name_ends = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (name, port) = text.split_at(name_ends);
    if !port.is_empty() && !is_port(port.strip_prefix(':')?) {
        return None;
    }
    if name.eq_ignore_ascii_case("unknown") || is_obfuscated(name) {
        return Some(Node::Hidden);
    }
    let address = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => IpAddr::V6(address.parse::<Ipv6Addr>().ok()?),
        None => IpAddr::V4(name.parse::<Ipv4Addr>().ok()?),
    };
    Some(Node::Address(address.to_canonical()))
}

/// Parses an entry of `X-Forwarded-For`: a node, or an IPv6 address without brackets, which most proxies write.
pub(super) fn node_or_bare_address(text: &str) -> Option<Node> {
    let bare = text.parse::<IpAddr>().ok().map(|address| Node::Address(address.to_canonical()));
    bare.or_else(|| node(text))
}

/// Parses a scheme (RFC 3986, section 3.1).
pub(super) fn scheme(text: &str) -> Option<String> {
    let is_scheme = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then(|| text.to_owned())
}

/// Checks the characters of a host and port (RFC 3986, section 3.2.2). Their order is checked later by the URL parser.
pub(super) fn authority(text: &str) -> Option<String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%[]:".contains(&byte);
    (!text.is_empty() && text.bytes().all(is_allowed)).then(|| text.to_owned())
}

fn is_port(text: &str) -> bool {
    let is_number = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number || is_obfuscated(text)
}

fn is_obfuscated(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.strip_prefix('_').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_allowed))
}

/// The unparsed rest of a header line.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Parses `[ pair ] *( ";" [ pair ] )`. Each name may occur only once.
    fn element(&mut self) -> Result<Element, Malformed> {
        let mut element = Element::default();
        let mut names: Vec<String> = Vec::new();
        loop {
            if let Some(name) = self.token() {
                let name = name.to_ascii_lowercase();
                self.expect(b'=')?;
                let value = self.value()?;
                if names.contains(&name) || names.len() == MAX_PARAMETERS {
                    return Err(Malformed);
                }
                let text = || str::from_utf8(&value).map_err(|_| Malformed);
                match &*name {
                    "for" => element.node = Some(node(text()?).ok_or(Malformed)?),
                    "by" => drop(node(text()?).ok_or(Malformed)?),
                    "host" => element.host = Some(authority(text()?).ok_or(Malformed)?),
                    "proto" => element.scheme = Some(scheme(text()?).ok_or(Malformed)?),
                    _ => {}
                }
                names.push(name);
            }
            if self.expect(b';').is_err() {
                return Ok(element);
            }
        }
    }

    /// Parses a token or a quoted string. The quotes are removed and quoted pairs are resolved (RFC 9110, sections
    /// 5.6.2 and 5.6.4).
    fn value(&mut self) -> Result<Vec<u8>, Malformed> {
        if self.expect(b'"').is_err() {
            return self.token().map(|token| token.as_bytes().to_vec()).ok_or(Malformed);
        }
        let mut value = Vec::new();
        loop {
            match self.next().ok_or(Malformed)? {
                b'"' => return Ok(value),
                b'\\' => value.push(self.next().filter(|&byte| is_text(byte)).ok_or(Malformed)?),
                byte if is_text(byte) => value.push(byte),
                _ => return Err(Malformed),
            }
        }
    }

    fn token(&mut self) -> Option<&'a str> {
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let length = self.0.iter().take_while(|byte| is_token(byte)).count();
        let (token, rest) = self.0.split_at(length);
        self.0 = rest;
        str::from_utf8(token).ok().filter(|token| !token.is_empty())
    }

    fn skip_whitespace(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek() == Some(byte) {
            self.next();
            return Ok(());
        }
        Err(Malformed)
    }
}

/// Whether a quoted string may contain this byte: tab, space, visible ASCII, or any non-ASCII byte.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&[u8]]) -> Result<Vec<Element>, Malformed> {
        elements(lines.iter().copied())
    }

    fn nodes(line: &str) -> Option<Vec<Option<Node>>> {
        Some(parse(&[line.as_bytes()]).ok()?.into_iter().map(|element| element.node).collect())
    }

    fn address(text: &str) -> Node {
        Node::Address(text.parse().unwrap())
    }

    /// The examples of RFC 7239, sections 4, 6.3, 7.1 and 7.4.
    #[test]
    fn the_examples_of_rfc_7239_are_parsed() {
        for (line, expected) in [
            (r#"for="_gazonk""#, vec![Some(Node::Hidden)]),
            (r#"For="[2001:db8:cafe::17]:4711""#, vec![Some(address("2001:db8:cafe::17"))]),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![Some(address("192.0.2.60"))]),
            ("for=192.0.2.43, for=198.51.100.17", vec![Some(address("192.0.2.43")), Some(address("198.51.100.17"))]),
            ("for=_hidden, for=_SEVKISEK", vec![Some(Node::Hidden); 2]),
            (
                r#"for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown"#,
                vec![Some(address("192.0.2.43")), Some(address("2001:db8:cafe::17")), Some(Node::Hidden)],
            ),
            ("for=192.0.2.43;proto=http;by=203.0.113.43;host=example.com", vec![Some(address("192.0.2.43"))]),
        ] {
            assert_eq!(nodes(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn quoted_pairs_and_separators_in_quotes_do_not_end_an_element() {
        let line = br#"for=192.0.2.1;x="a\"", for=192.0.2.2;y="\\",for=192.0.2.3;z="a, for=6.6.6.6;b\",""#;
        let found = parse(&[line]).unwrap();
        let expected = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|text| Some(address(text)));
        assert_eq!(found.iter().map(|element| element.node).collect::<Vec<_>>(), expected);
        assert_eq!(parse(&[br#"host="\a\p\p.example:80""#]).unwrap()[0].host.as_deref(), Some("app.example:80"));
        assert_eq!(parse(&[b"x=\"\xff\\\xff\";for=192.0.2.1"]).unwrap()[0].node, Some(address("192.0.2.1")));
    }

    #[test]
    fn empty_elements_are_skipped_but_elements_without_parameters_count() {
        assert_eq!(nodes(", ,for=192.0.2.1,\t,"), Some(vec![Some(address("192.0.2.1"))]));
        assert_eq!(nodes(";, for=192.0.2.1;;"), Some(vec![None, Some(address("192.0.2.1"))]));
        assert_eq!(nodes(""), Some(vec![]));
        let two: [&[u8]; 2] = [b"for=192.0.2.1", b"for=192.0.2.2"];
        assert_eq!(parse(&two).unwrap().len(), 2);
    }

    #[test]
    fn headers_that_violate_the_grammar_are_rejected() {
        for line in [
            r#"for="192.0.2.1"#,
            r#"for="a\"#,
            "for=192.0.2.1:80",
            "for=[2001:db8::1]",
            r#"for="2001:db8::1""#,
            r#"for="[192.0.2.1]""#,
            r#"for="192.0.2.1:""#,
            r#"for="192.0.2.1:123456""#,
            r#"for="[2001:db8::1]80""#,
            r#"for="""#,
            "for=",
            "for",
            "=x",
            "for=_",
            "for=192.0.2.1 ;proto=http",
            "for=192.0.2.1; proto=http",
            "for = 192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1;FOR=192.0.2.2",
            "for=192.0.2.1 for=192.0.2.2",
            r#"for="192.0.2.1"x"#,
            r#"host="a/b""#,
            r#"host="a@b""#,
            r#"host="a b""#,
            "host=\"a\tb\"",
            "proto=1http",
            "proto=\"a b\"",
            "by=nobody",
        ] {
            assert_eq!(parse(&[line.as_bytes()]), Err(Malformed), "{line}");
        }
        for line in [&b"for=\xff"[..], b"\xff", b"for=\"\xff\"", b"x=\"\x7f\"", b"x=\"\x01\"", b"for=192.0.2.1,\xa0"] {
            assert_eq!(parse(&[line]), Err(Malformed), "{line:?}");
        }
        // A quoted string ends with its header line.
        let two: [&[u8]; 2] = [br#"x="a"#, br#"b";for=192.0.2.1"#];
        assert_eq!(parse(&two), Err(Malformed));
    }

    #[test]
    fn elements_and_parameters_are_bounded() {
        let line = vec!["for=192.0.2.1"; MAX_ELEMENTS].join(",");
        assert_eq!(nodes(&line).unwrap().len(), MAX_ELEMENTS);
        assert_eq!(nodes(&format!("{line},for=192.0.2.1")), None);
        assert_eq!(nodes(&",".repeat(MAX_ELEMENTS)), None);
        let many: Vec<String> = (0..=MAX_PARAMETERS).map(|index| format!("x{index}=y")).collect();
        assert_eq!(nodes(&many.join(";")), None);
        assert!(nodes(&many[1..].join(";")).is_some());
        let lines = std::iter::repeat_n(&b"192.0.2.1"[..], MAX_ELEMENTS + 1);
        assert_eq!(values(lines, node), Err(Malformed));
    }

    #[test]
    fn x_forwarded_for_accepts_addresses_in_every_format_and_nothing_else() {
        let read = |text: &'static str| values([text.as_bytes()].into_iter(), node_or_bare_address);
        for (text, expected) in [
            ("192.0.2.1", address("192.0.2.1")),
            ("192.0.2.1:4711", address("192.0.2.1")),
            ("2001:db8::1", address("2001:db8::1")),
            ("[2001:db8::1]", address("2001:db8::1")),
            ("[2001:db8::1]:4711", address("2001:db8::1")),
            ("::ffff:192.0.2.1", address("192.0.2.1")),
            ("unknown", Node::Hidden),
            ("_hidden:_port", Node::Hidden),
        ] {
            assert_eq!(read(text), Ok(vec![expected]), "{text}");
        }
        for text in
            ["x", "192.0.2", "192.0.2.1 192.0.2.2", "192.0.2.1;x", "\"192.0.2.1\"", "[192.0.2.1]", "2001:db8::g"]
        {
            assert_eq!(read(text), Err(Malformed), "{text}");
        }
    }
}
