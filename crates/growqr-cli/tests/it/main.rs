//! Tests of the real `growqr` binary against strict stubs of the providers, with real kills.

mod advice;
mod agent_pictures;
mod asking;
mod attachments;
mod backups;
mod bad_input;
mod belonging;
mod canary;
mod change_requests;
mod commands;
#[cfg(target_os = "linux")]
mod docker_desk;
#[cfg(target_os = "linux")]
mod docker_proxy;
mod export;
#[cfg(target_os = "linux")]
mod fake_docker;
mod files;
mod fresh;
#[cfg(target_os = "linux")]
mod full_disk;
mod images;
mod keys;
mod kills;
mod local;
mod many_tools;
mod memory_states;
mod older_host;
mod program;
mod quests;
mod rebuilding;
mod schedules;
mod sign_in;
mod skills;
#[cfg(target_os = "linux")]
mod stack;
#[cfg(target_os = "linux")]
mod stack_trouble;
#[cfg(target_os = "linux")]
mod stack_user;
mod story;
mod surroundings;
#[cfg(target_os = "linux")]
mod terminal;
mod tool_peers;
mod tool_sign_in;
mod tools;
mod web;
#[cfg(target_os = "linux")]
mod workbench;
