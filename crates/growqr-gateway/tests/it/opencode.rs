//! With the real OpenCode.
