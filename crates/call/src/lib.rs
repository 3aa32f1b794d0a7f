//! The call state machine: no I/O, no clock; inputs in, effects out.
