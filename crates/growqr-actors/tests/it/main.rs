//! The local host on a real store and a real memory, with a model that says what the test wants.

mod hosting;
mod world;
