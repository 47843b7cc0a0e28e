//! Tests of the real `growqr` binary against strict stubs of the providers, with real kills.

mod advice;
mod asking;
mod bad_input;
mod belonging;
mod canary;
mod commands;
#[cfg(target_os = "linux")]
mod docker_desk;
#[cfg(target_os = "linux")]
mod docker_proxy;
#[cfg(target_os = "linux")]
mod full_disk;
mod images;
mod keys;
mod kills;
mod local;
mod memory_states;
mod program;
mod rebuilding;
mod sign_in;
#[cfg(target_os = "linux")]
mod stack;
#[cfg(target_os = "linux")]
mod stack_trouble;
mod story;
mod surroundings;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod workbench;
