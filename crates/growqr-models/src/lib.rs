//! Model providers behind core's port [`growqr_core::model::Model`].
//!
//! [`anthropic`] talks to the Messages API; [`guide`] is the built-in guide, which needs neither key nor network.
//! What it is not: nothing here decides what an agent does, records anything, or knows of another adapter.

pub mod anthropic;
pub mod guide;
