//! `zvonok-server`: the hub and the media server from the command line.
fn main() {}
