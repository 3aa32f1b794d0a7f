//! A private desktop for tests: display, session bus, keyring, notification daemon, tray and accessibility tree, and
//! in it the app as a person starts it. Never shipped.
//!
//! [`Desktop::start`] gives folders, sockets and processes of its own to each test, so tests run side by side, touch
//! nothing of the person's own desktop, and leave nothing behind: whatever was started is ended, by process id, when
//! the value is dropped. [`App`] is one running profile of Zvonok, [`Server`] one running `zvonok-server`.
//!
//! With the feature `rig` it also reads and presses what a person sees (`Accessibility`) and watches the tray
//! (`Tray`).
//!
//! It does not know what a good call is: that is for the tests to say. Elsewhere than on Linux it is empty.
#![cfg(target_os = "linux")]

#[cfg(feature = "rig")]
mod accessibility;
mod app;
mod child;
mod desktop;
mod folders;
mod frames;
mod http;
mod mark;
mod meddler;
mod memory;
mod needles;
mod network;
mod notifications;
mod processes;
mod relay;
mod screen;
mod server;
mod sound;
mod talk;
#[cfg(feature = "rig")]
mod tray;
mod wait;

#[cfg(feature = "rig")]
pub use accessibility::{Accessibility, Element};
pub use app::{App, Verb};
pub use child::Child;
pub use desktop::{Desktop, Keyring, Parts};
pub use folders::Folders;
pub use http::Reply;
pub use mark::{Mark, read_marks};
pub use meddler::Meddler;
pub use needles::{Found, Needles};
pub use network::Network;
pub use notifications::{Notification, Notifications};
pub use processes::{Process, descendants, tree_cpu, tree_memory};
pub use relay::{Loss, Relay};
pub use server::Server;
pub use sound::Sound;
pub use talk::Talk;
#[cfg(feature = "rig")]
pub use tray::{Tray, TrayItem};
pub use wait::{until, until_some};
