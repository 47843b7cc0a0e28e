//! Strict stand-ins for the services that GrowQR talks to, for tests only.
//!
//! They speak over real loopback sockets, so that the real client, or the real program in a child process, talks to
//! them. They know nothing of the product's own types: what they accept and refuse comes from the services' documents
//! alone, which makes them an independent judge.

pub mod anthropic;
