//! The model and provider that agents use, and the system prompts.

mod searched_tools;
pub(crate) mod servers;
pub(crate) mod setups;
pub(crate) mod system_prompts;
