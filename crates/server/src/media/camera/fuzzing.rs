//! Where a camera is said to be, and what it sends.

use std::time::Instant;

use super::address::Address;
use super::defaults;
use super::packets::Packets;

/// An address: what is spoken with is what was checked, and nothing of it is shown.
///
/// # Panics
/// Where that is not so.
pub fn camera_address(text: &str) {
    let Ok(address) = Address::read(text, &[]) else { return };
    address.credentials();
    address.tls();
    if let Some(url) = address.at(([192, 0, 2, 7], 554).into()) {
        assert_eq!(url.host_str(), Some("192.0.2.7"));
        assert!(url.username().is_empty() && url.password().is_none());
    }
    assert_eq!(format!("{address:?}"), "Address(…)");
}

/// A picture of a camera: no packet is too long, all have bytes, and the last one alone is marked.
///
/// # Panics
/// Where that is not so.
pub fn camera_picture(data: &[u8]) {
    let made = Packets::new(1).picture(data, 0, Instant::now());
    for (nth, packet) in made.iter().enumerate() {
        assert!(!packet.payload.is_empty() && packet.payload.len() <= defaults::PAYLOAD);
        assert_eq!(packet.marker, nth + 1 == made.len());
    }
}
