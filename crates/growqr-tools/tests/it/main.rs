//! MCP servers: scripted ones that misbehave, and real ones; pages of the web.

mod life;
mod misbehaving;
mod over_http;
mod real;
mod web;
mod world;
