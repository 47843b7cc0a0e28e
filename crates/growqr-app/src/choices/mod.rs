//! What agents run on: the chosen model and provider, and the operator text.

pub(crate) mod persona;
pub(crate) mod servers;
pub(crate) mod setups;
