//! The turn machine under test: every rule one by one, and whatever may happen in any order.

mod properties;
mod rules;
mod trees;
mod world;
