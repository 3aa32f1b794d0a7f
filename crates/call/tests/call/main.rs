//! The call machine: scenarios, faults, every state with every input, and a lossy network.

mod faults;
mod hub;
mod network;
mod plain;
mod scenarios;
mod support;
mod table;
mod world;
