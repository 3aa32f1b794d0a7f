//! The app as a person meets it: real windows, a real keyring, a real notification daemon, a real tray.
#![cfg(target_os = "linux")]

mod accounts;
mod busy;
mod calls;
mod certificates;
mod devices;
mod echo;
mod ends;
mod faults;
mod hostile;
mod impostor;
mod leaks;
mod page;
mod rig;
mod setup;
mod start;
mod talks;
mod tutorial;
mod udp;
