//! The model and provider that agents use, and the operator text.

pub(crate) mod servers;
pub(crate) mod setups;
pub(crate) mod system_prompts;
