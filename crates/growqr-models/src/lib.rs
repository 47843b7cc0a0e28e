//! Model providers behind core's port [`growqr_core::model::Model`].
//!
//! [`anthropic`] talks to the Messages API; [`openai`] to whatever speaks chat completions, such as Ollama on the same
//! machine; [`guide`] is the built-in guide, which needs neither key nor network.
//! What it is not: nothing here decides what an agent does, records anything, or knows of another adapter.

pub mod anthropic;
pub mod guide;
mod http;
pub mod openai;
mod tool_input;
