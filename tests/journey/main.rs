//! The app as a person meets it: real windows, a real keyring, a real notification daemon, a real tray.
#![cfg(target_os = "linux")]

mod calls;
mod faults;
mod leaks;
mod rig;
mod setup;
mod start;
mod talks;
mod tutorial;
