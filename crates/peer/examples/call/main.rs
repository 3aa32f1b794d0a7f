//! A window with a page that calls itself: two peer connections of [`zvonok_peer`], camera and microphone on one,
//! picture and sound on the other. It uses nothing of Zvonok but this crate and the script in `ui/lib/peer`.
//!
//! ```text
//! ui/node_modules/.bin/vite build --config crates/peer/examples/call/page/vite.config.mjs
//! xvfb-run -a dbus-run-session cargo run -p zvonok-peer --example call -- --seconds 10
//! ```
//!
//! Prints figures every second; ends with 0 when picture and sound came through, with 1 otherwise.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::run()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("the webviews of this system have a peer connection of their own");
}
