//! The desktop app's Rust core: owns every secret and every long-lived connection; a webview is a screen, a camera and a
//! codec that exists only while somebody looks at it.
//!
//! The way in is [`main`]: it reads the command line and either carries a verb to the running instance or becomes it.

mod cli;
mod commands;
mod core;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod keyring;
mod logs;
mod loopback;
mod private;
mod profile;
mod prompt;
mod ring;
mod secrets;
mod settings;
mod shell;
mod start;
mod status;
mod tokens;
mod trust;
mod verbs;

pub use start::main;
