//! What a window may rely on.

mod desk;
