//! The OpenAI-compatible provider against its strict stub server, which imitates each supported program.

mod answers;
mod breaks;
mod conversations;
mod errors;
mod servers;
pub mod world;
