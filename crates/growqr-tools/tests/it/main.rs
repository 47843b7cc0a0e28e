//! MCP servers: scripted ones that misbehave, and real ones; pages of the web.

mod fake_grants;
mod hostile_sign_in;
mod life;
mod misbehaving;
mod over_http;
mod real;
mod signing_in;
mod web;
mod world;
