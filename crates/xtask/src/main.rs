//! One command for everything a developer does.
fn main() {}
