//! The signaling client: one WebSocket that reconnects, and the REST calls beside it.
