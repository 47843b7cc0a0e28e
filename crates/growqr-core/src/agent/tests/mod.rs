//! The turn machine under test: every rule one by one, and whatever may happen in any order.

mod charges;
mod identity;
mod interrupted;
mod properties;
mod rules;
mod trees;
mod world;
