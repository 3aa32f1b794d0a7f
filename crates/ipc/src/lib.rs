//! Commands, events and errors that cross between the Rust core and the UI.
//!
//! The TypeScript in `ui/lib/ipc/bindings.ts` is generated from these types. No secret and no OpenVidu token has a
//! field here: what a webview may hold is a [`MediaTicket`], whose handle is worthless outside this process.
//!
//! Times are milliseconds since 1970 as a JSON number; ids are strings.

mod call;
mod error;
mod media;
mod setup;
mod view;

pub use call::*;
pub use error::*;
pub use media::*;
pub use setup::*;
pub use view::*;
