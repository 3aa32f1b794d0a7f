//! Rooms, publishers and subscribers on str0m, without I/O and without a clock.
