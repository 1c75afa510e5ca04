//! The caller's address: the connection's, unless it is a trusted proxy's.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// Is this the address of a trusted proxy?
pub fn is_trusted(peer: IpAddr, trusted: &[IpNet]) -> bool {
    let peer = peer.to_canonical();
    trusted.iter().any(|net| net.contains(&peer))
}

/// The address of the caller. `X-Forwarded-For` is read from the right, and only as far as trusted proxies wrote it, so that
/// nobody can choose an address by sending the header.
pub fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let values: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let mut caller = peer;
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        // What a proxy did not write as an address tells nothing about who stands behind it.
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        caller = address.to_canonical();
        if !is_trusted(caller, trusted) {
            break;
        }
    }
    caller
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        caller(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn the_header_of_a_stranger_is_ignored() {
        assert_eq!(from("203.0.113.9", &["10.0.0.1"], &[]), "203.0.113.9");
        assert_eq!(from("203.0.113.9", &["10.0.0.1"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_names_the_caller() {
        assert_eq!(from("10.0.0.1", &["203.0.113.9"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(from("::ffff:10.0.0.1", &["203.0.113.9"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn what_the_caller_sent_itself_stands_left_of_what_proxies_wrote() {
        assert_eq!(from("10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.0.0.7"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(from("10.0.0.1", &["1.1.1.1", "203.0.113.9"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn an_unreadable_hop_ends_the_walk() {
        assert_eq!(from("10.0.0.1", &["203.0.113.9, unknown"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(from("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
    }
}
