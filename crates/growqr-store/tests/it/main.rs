//! The store's promises. `contract` is written once against core's ports and runs on both databases; the rest is what
//! only one of them can do wrong.

mod broken_files;
mod contract;
mod given;

mod postgres;
