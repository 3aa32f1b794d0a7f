//! Fuzz targets: one function for each thing that reads what others write.
//!
//! `cargo xtask fuzz` compiles and runs them with libFuzzer, on stable Rust; the decision about that is
//! `.docs/decisions/0019-fuzzing-on-stable.md`. Each target takes any bytes and returns; a panic, an endless loop or a
//! broken promise (an `assert!`) is a finding. `corpus/TARGET/` holds the inputs from which a run begins.
//!
//! Without the feature `engine`, and that is always but there, this crate is empty.

#[cfg(feature = "engine")]
mod targets;

#[cfg(feature = "engine")]
pub use targets::TARGETS;
