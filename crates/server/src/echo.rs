//! The user `echo`, who answers every call at once and sends back what you publish.

/// The login of the echo user.
pub const LOGIN: &str = "echo";
/// Its display name.
pub const NAME: &str = "Echo test";
