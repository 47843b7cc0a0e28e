//! Strict stand-ins for tests.
