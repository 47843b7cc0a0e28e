//! MCP servers: scripted ones that misbehave, and real ones.

mod life;
mod misbehaving;
mod over_http;
mod real;
mod world;
