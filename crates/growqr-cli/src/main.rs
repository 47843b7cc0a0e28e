//! The `growqr` command.
fn main() {}
