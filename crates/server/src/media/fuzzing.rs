//! What the fuzz targets see of the server beside its public parts. Each takes any bytes.

pub use super::camera::fuzzing::{camera_address, camera_picture};
pub use super::recording::fuzzing::{dimensions, frames, picture, repair};
pub use super::rest::fuzzing::rest_body;
