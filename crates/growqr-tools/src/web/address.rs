//! Which addresses of the network pages may come from: those of the internet, not those of this computer or its network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks that are not the internet, and the length of their prefix in bits.
const RESERVED_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Also where clouds keep the metadata, and so the keys, of a machine.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // The host of a machine in Azure.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Networks within `2000::/3` that are not the internet.
const RESERVED_V6: [(Ipv6Addr, u32); 3] = [
    // Tunnels and other protocols.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Networks outside of `2000::/3` whose addresses stand for an IPv4 address, which alone says whether they are of the internet:
/// mapped ones, and those of NAT64.
const STANDING_FOR_V4: [(Ipv6Addr, u32); 2] =
    [(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)];

/// Whether an address is one of the internet. An IPv4 address inside an IPv6 address must be one as well.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_outer(address) && embedded(address).is_none_or(is_public_v4),
    }
}

/// Whether an IPv6 address is one of the internet, as far as its network says.
fn is_public_outer(address: Ipv6Addr) -> bool {
    let internet = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
    is_in_v6(address, &STANDING_FOR_V4) || is_in_v6(address, &[internet]) && !is_in_v6(address, &RESERVED_V6)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = |address: Ipv4Addr| u128::from(address.to_bits());
    !RESERVED_V4.iter().any(|(network, prefix)| is_in(bits(address), 32, bits(*network), *prefix))
}

fn is_in_v6(address: Ipv6Addr, networks: &[(Ipv6Addr, u32)]) -> bool {
    networks.iter().any(|(network, prefix)| is_in(address.to_bits(), 128, network.to_bits(), *prefix))
}

/// The IPv4 address to which packets for this IPv6 address go in the end, or which it stands for.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // Mapped, and NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(last(high, low)),
        // 6to4.
        [0x2002, high, low, ..] => Some(last(high, low)),
        // ISATAP.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(last(high, low)),
        _ => None,
    }
}

/// Whether a number of this many bits begins with the first `prefix` bits of another one.
fn is_in(address: u128, bits: u32, network: u128, prefix: u32) -> bool {
    let rest = bits - prefix;
    address.checked_shr(rest) == network.checked_shr(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_of_this_computer_or_its_network_is_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.2.3",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "64:ff9b:1::1",
            "5f00::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_private_address_inside_another_one_is_found() {
        for address in [
            "::ffff:127.0.0.1",
            "::ffff:a9fe:a9fe",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "2a00::5efe:192.168.0.1",
            "2a00::200:5efe:10.0.0.1",
            "fd00::5efe:808:808",
            "fe80::5efe:808:808",
            "fe80::200:5efe:808:808",
            "64:ff9b:1::5efe:808:808",
            "2001:db8::5efe:808:808",
            "::ffff:0:127.0.0.1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2a00::5efe:808:808"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn neighbours_of_reserved_networks_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860::8888",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
