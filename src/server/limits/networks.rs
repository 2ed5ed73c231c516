//! The keys under which a request counts if it has only an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network that an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) key: String,
    /// The network's limit is this many times the limit of one address.
    pub(crate) factor: u32,
}

/// The factor for an IPv6 /56, the network of a household.
const OF_56_BITS: u32 = 4;
/// The factor for an IPv6 /48, the largest network that one site gets (RFC 6177, 2), and for an IPv4 /24, the smallest
/// one that is routed.
const OF_A_SITE: u32 = 16;

/// Returns the networks of an address, the smallest first. An IPv4 address counts by itself, and so does an IPv6 /64,
/// because one person has all addresses in it. The larger IPv6 networks count too, because one person may have a whole
/// one. All requests without an address count as one address.
pub(crate) fn networks(address: Option<IpAddr>) -> Vec<Network> {
    match address.map(|address| address.to_canonical()) {
        None => vec![Network { key: "unknown".to_owned(), factor: 1 }],
        Some(IpAddr::V4(address)) => vec![Network { key: address.to_string(), factor: 1 }],
        Some(IpAddr::V6(address)) => {
            let network = |bits: u32| Ipv6Addr::from_bits(address.to_bits() >> (128 - bits) << (128 - bits));
            vec![
                Network { key: network(64).to_string(), factor: 1 },
                Network { key: format!("{}/56", network(56)), factor: OF_56_BITS },
                Network { key: format!("{}/48", network(48)), factor: OF_A_SITE },
            ]
        }
    }
}

/// Returns the smallest network of an address, as the network's first address.
pub(crate) fn smallest_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Like [`networks`], but with the /24 of an IPv4 address. This is for failed attempts, because honest neighbors cause
/// none.
pub(crate) fn networks_of_attempts(address: Option<IpAddr>) -> Vec<Network> {
    let mut networks = networks(address);
    if let Some(IpAddr::V4(address)) = address.map(|address| address.to_canonical()) {
        let network = Ipv4Addr::from_bits(address.to_bits() >> 8 << 8);
        networks.push(Network { key: format!("{network}/24"), factor: OF_A_SITE });
    }
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_network_comes_first() {
        let of = |networks: Vec<Network>| -> Vec<(String, u32)> {
            networks.into_iter().map(|network| (network.key, network.factor)).collect()
        };
        let own = |pairs: &[(&str, u32)]| -> Vec<(String, u32)> {
            pairs.iter().map(|&(key, factor)| (key.to_owned(), factor)).collect()
        };
        let v6 = [("2001:db8:1:234::", 1), ("2001:db8:1:200::/56", 4), ("2001:db8:1::/48", 16)];
        let address = Some("2001:db8:1:234:5::6".parse().unwrap());
        assert_eq!(of(networks(address)), own(&v6));
        assert_eq!(of(networks_of_attempts(address)), own(&v6));
        for spelling in ["192.0.2.9", "::ffff:192.0.2.9"] {
            let address = Some(spelling.parse().unwrap());
            assert_eq!(of(networks(address)), own(&[("192.0.2.9", 1)]));
            assert_eq!(of(networks_of_attempts(address)), own(&[("192.0.2.9", 1), ("192.0.2.0/24", 16)]));
        }
        assert_eq!(of(networks(None)), own(&[("unknown", 1)]));
    }
}
