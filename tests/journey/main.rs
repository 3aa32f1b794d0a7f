//! The app as a person meets it: real windows, a real keyring, a real notification daemon, a real tray.
#![cfg(target_os = "linux")]

mod rig;
mod start;
