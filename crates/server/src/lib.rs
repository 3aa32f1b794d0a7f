//! The signaling hub and an OpenVidu-compatible media server in one program.
