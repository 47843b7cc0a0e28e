//! Tests of the turn machine: each rule alone, and random inputs in any order.

mod asks;
mod attachments;
mod charges;
mod conflicts;
mod costs;
mod crossing;
mod definitions;
mod fresh;
mod identity;
mod interrupted;
mod limit_messages;
mod limits;
mod properties;
mod queue;
mod reviews;
mod rules;
mod scheduled;
mod searched;
mod segments;
mod session_properties;
mod session_rules;
mod sessions;
mod trees;
mod web;
mod world;
