//! The built-in guide.
