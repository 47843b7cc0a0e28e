//! The core of GrowQR: the state of an agent, and every rule of its conversation.
//!
//! What it is: ids, [`event`]s, the pure turn machine ([`agent`]: `decide`, `apply`, `open_intents`), [`budget`]s, how searches
//! compare text ([`fold`]), when work is due ([`schedule`]), which steps of a plan begin ([`quest`]), and the ports that adapters
//! implement ([`journal`], [`model`], [`upstream`], [`memory`], [`tool`], [`secret`], [`workbench`], [`clock`]).
//! What it is not: there is no I/O here, no async runtime, no clock and no randomness; time is an argument.

pub mod agent;
pub mod ask;
pub mod attachment;
pub mod budget;
pub mod clock;
pub mod event;
pub mod fold;
pub mod id;
pub mod journal;
pub mod limits;
pub mod mail;
pub mod memory;
pub mod memory_link;
pub mod model;
pub mod money;
pub mod names;
pub mod picture;
pub mod prompt;
pub mod quest;
pub mod quota;
pub mod raw;
pub mod rebuild;
pub mod rules;
pub mod schedule;
pub mod secret;
pub mod skill;
pub mod stack;
pub mod tool;
pub mod tool_input;
pub mod upstream;
pub mod views;
pub mod workbench;
