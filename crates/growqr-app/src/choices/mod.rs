//! The model and provider that agents use, and the operator text.

pub(crate) mod persona;
pub(crate) mod servers;
pub(crate) mod setups;
