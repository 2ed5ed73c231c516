use std::net::IpAddr;

use ipnet::IpNet;

use crate::server::origin::forwarded_syntax::Node;

/// The peers whose forwarding headers are trusted.
#[derive(Debug, Default)]
pub(crate) enum TrustedProxies {
    /// No peer is trusted.
    #[default]
    Nobody,
    /// Every peer is trusted, because only the app's own proxies can reach the server. The value is the number of
    /// proxies in the chain.
    Hops(usize),
    /// Peers in these networks are trusted.
    Listed(Vec<IpNet>),
}

/// The entry of the outermost trusted proxy in a list to which every proxy appends on the right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outermost {
    /// Counted from the right; the last entry is 1.
    pub(super) depth: usize,
    /// The client's address, if the entry names one.
    pub(super) client: Option<IpAddr>,
}

impl TrustedProxies {
    /// Parses an address, or a range in CIDR notation (RFC 4632).
    pub(crate) fn parse_network(text: &str) -> Option<IpNet> {
        let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse::<IpNet>()).ok()?;
        // A range of all addresses would treat every client as a proxy and trust what the client wrote.
        (network.prefix_len() > 0).then_some(network)
    }

    /// Whether any peer is trusted.
    pub(crate) fn any(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Whether the forwarding headers of this peer are trusted.
    pub(crate) fn believe(&self, peer: Option<IpAddr>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Hops(_) => true,
            Self::Listed(networks) => peer.is_some_and(|peer| is_listed(networks, peer)),
        }
    }

    /// Finds the outermost trusted proxy's entry. Entries left of it are controlled by the client.
    pub(super) fn outermost(&self, entries: &[Option<Node>]) -> Outermost {
        let address = |entry: &Option<Node>| match entry {
            Some(Node::Address(address)) => Some(*address),
            Some(Node::Hidden) | None => None,
        };
        match self {
            Self::Nobody => Outermost { depth: 1, client: None },
            // If the list has fewer entries than there are proxies, some proxy did not append its entry.
            Self::Hops(hops) => {
                let client = entries.len().checked_sub(*hops).and_then(|at| address(entries.get(at)?));
                Outermost { depth: *hops, client }
            }
            // The peer wrote the last entry. As long as an entry names a listed proxy, that proxy wrote the entry to
            // its left.
            Self::Listed(networks) => {
                let mut found = Outermost { depth: 1, client: None };
                for (index, entry) in entries.iter().rev().enumerate() {
                    found = Outermost { depth: index + 1, client: address(entry) };
                    if !found.client.is_some_and(|client| is_listed(networks, client)) {
                        break;
                    }
                }
                found
            }
        }
    }
}

fn is_listed(networks: &[IpNet], address: IpAddr) -> bool {
    // A dual-stack socket reports IPv4 peers as `::ffff:192.0.2.1`.
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::Listed(networks.iter().map(|text| TrustedProxies::parse_network(text).unwrap()).collect())
    }

    fn entries(texts: &[&str]) -> Vec<Option<Node>> {
        texts.iter().map(|text| text.parse().map(Node::Address).ok()).collect()
    }

    #[test]
    fn the_proxy_chain_is_followed_from_the_right_while_entries_are_listed() {
        let proxies = listed(&["10.0.0.0/8", "2001:db8::5"]);
        for (texts, depth, client) in [
            (&["203.0.113.9"][..], 1, Some("203.0.113.9")),
            (&["6.6.6.6", "203.0.113.9"], 1, Some("203.0.113.9")),
            (&["6.6.6.6", "203.0.113.9", "10.0.0.1"], 2, Some("203.0.113.9")),
            (&["6.6.6.6", "203.0.113.9", "2001:db8::5", "10.0.0.1"], 3, Some("203.0.113.9")),
            // A client does not become trusted by naming a listed proxy.
            (&["6.6.6.6", "10.0.0.1", "203.0.113.9"], 1, Some("203.0.113.9")),
            // An entry without an address ends the chain.
            (&["6.6.6.6", "unknown", "10.0.0.1"], 2, None),
            (&["10.0.0.2", "10.0.0.1"], 2, Some("10.0.0.2")),
            (&[], 1, None),
        ] {
            let expected = Outermost { depth, client: client.map(|text| text.parse().unwrap()) };
            assert_eq!(proxies.outermost(&entries(texts)), expected, "{texts:?}");
        }
    }

    #[test]
    fn a_peer_is_trusted_only_if_it_is_listed() {
        let proxies = listed(&["10.0.0.0/8"]);
        let believe = |peer: &str| proxies.believe(Some(peer.parse().unwrap()));
        assert!(believe("10.1.2.3") && believe("::ffff:10.1.2.3"));
        assert!(!believe("192.0.2.1") && !believe("::1") && !proxies.believe(None));
        assert!(TrustedProxies::Hops(1).believe(None) && !TrustedProxies::Nobody.believe(None));
    }

    #[test]
    fn a_trusted_network_is_an_address_or_a_range_but_never_all_addresses() {
        for text in ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"] {
            assert!(TrustedProxies::parse_network(text).is_some(), "{text}");
        }
        for text in ["", "*", "0.0.0.0/0", "::/0", "10.0.0.0/33", "10.0.0", "proxy.internal", "10.0.0.1:80"] {
            assert_eq!(TrustedProxies::parse_network(text), None, "{text}");
        }
    }
}
