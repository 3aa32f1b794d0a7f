//! The hub: who is online, and who rings whom.
