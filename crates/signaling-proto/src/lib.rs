//! The signaling contract: events, bodies and Socket.IO packets, without I/O.
