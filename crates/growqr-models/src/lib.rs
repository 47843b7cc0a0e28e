//! Model providers: implementations of core's trait [`growqr_core::model::Model`].
//!
//! [`anthropic`] calls the Messages API. [`openai`] calls any server with the chat-completions API, such as Ollama on the
//! same machine. [`guide`] is the built-in guide, which needs neither a key nor a network.
//! This crate does not decide what an agent does, records nothing, and depends on no other adapter.

pub mod anthropic;
mod encoded;
pub mod guide;
mod http;
mod lenient;
pub mod openai;
mod shown;
mod tool_input;
