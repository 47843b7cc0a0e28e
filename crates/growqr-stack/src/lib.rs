//! The person's own services on the local Docker daemon: Gitea, which holds the memory repository, and OpenCode, in which
//! sub-agents work. Finds the daemon, makes and keeps networks, volumes and containers, and speaks to both services.

pub mod gitea_server;
