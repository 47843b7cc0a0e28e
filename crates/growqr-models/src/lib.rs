//! Model providers behind core's port: Anthropic, and the built-in guide.
