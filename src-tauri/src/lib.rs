//! The desktop app's Rust core.
/// Starts the app.
pub fn run() {}
