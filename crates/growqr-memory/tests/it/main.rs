//! The promises of the memory repository, also as the installed `git` sees it.

mod crash;
mod hand;
mod pages;
mod past;
mod refusals;
mod strangers;
mod world;
