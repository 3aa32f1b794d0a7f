//! What this machine is called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::addresses;

/// The host of the addresses that people and programs are told: the public one; else the address listened on, or, where
/// that is every one, the one by which this machine reaches others. As a URL has it: IPv6 in brackets.
pub(crate) fn host_for(public_host: Option<&str>, ip: IpAddr) -> String {
    if let Some(host) = public_host {
        return if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() };
    }
    let own = || addresses::own(ip.is_ipv6()).first().copied().unwrap_or(Ipv4Addr::LOCALHOST.into());
    match if ip.is_unspecified() { own() } else { ip } {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// What the self-signed certificate is for.
pub(crate) fn names(host: &str) -> Vec<String> {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !names.contains(&host) {
        names.push(host);
    }
    names
}
