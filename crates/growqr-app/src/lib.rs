//! Use cases, one file per noun; the only crate that knows all the others.
