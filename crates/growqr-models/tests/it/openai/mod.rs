//! The OpenAI-compatible provider against its strict stand-in, in the manner of every server it is made for.

mod answers;
mod breaks;
mod conversations;
mod errors;
mod servers;
mod world;
