//! Stories through the real `growqr` binary, against the strict stand-in, with real kills.

mod bad_input;
mod kills;
mod local;
mod program;
mod story;
mod talking;
