//! Servers of tools (MCP) that the person has added.

use crate::api_key::ApiKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A server to add, or to put in the place of the one with this name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewToolServer {
    /// `[A-Za-z0-9_-]{1,32}` without `__`; part of the names of its tools.
    pub name: String,
    /// How it is reached.
    pub transport: ToolTransport,
    /// The values of environment variables (a program) or headers (an address). They are kept in the system's keychain.
    pub values: BTreeMap<String, ApiKey>,
    /// What this program is called at the authorization server of an address, if the person has registered it there; `None`: it registers
    /// itself.
    pub client_id: Option<String>,
    /// How long one call may take without a sign of progress, in ms; `None`: two minutes.
    #[ts(type = "number | null")]
    pub call_limit_ms: Option<u64>,
    /// The folder in which a program runs; `None`: the home folder.
    pub folder: Option<String>,
    /// What the server says about its tools counts: those that only read are called again after a crash.
    pub is_trusted: bool,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToolTransport {
    /// A program of this computer.
    Program {
        /// Its name or path.
        command: String,
        /// Its arguments.
        args: Vec<String>,
    },
    /// An address that speaks streamable HTTP.
    Http {
        /// `https:`, or `http:` on this computer.
        url: String,
    },
}

/// A server that the person has added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolServer {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub transport: ToolTransport,
    /// The names of its environment variables or headers whose values are in the keychain.
    pub kept: Vec<String>,
    /// Whether its tools are offered.
    pub is_on: bool,
    /// Whether what it says about its tools counts.
    pub is_trusted: bool,
    /// What it is doing.
    pub state: ToolServerState,
    /// Signing in at it.
    pub sign_in: ToolSignIn,
    /// How it called itself when it last ran: name and version. May be empty.
    pub introduction: String,
    /// Its tools; `None` if they are not known yet.
    pub tools: Option<Vec<ServerTool>>,
    /// Tools that cannot be offered.
    pub left_out: Vec<LeftOutTool>,
}

/// Signing in at a server with an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolSignIn {
    /// The browser is expected to come back.
    pub is_waiting: bool,
    /// A sign-in is kept in the keychain.
    pub is_kept: bool,
    /// Why the last attempt failed, as a sentence without its end.
    pub problem: Option<String>,
}

/// What a server is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToolServerState {
    /// It does not run; the next call starts it.
    Resting,
    /// It is being started.
    Starting,
    /// It runs.
    Ready,
    /// The person must sign in at it before it can be used.
    NeedsSignIn {
        /// Why.
        reason: String,
    },
    /// It could not be used.
    Failed {
        /// Why.
        cause: String,
        /// When it is started again by itself, in ms since 1970; `None`: when it is next called.
        #[ts(type = "number | null")]
        next_try: Option<i64>,
    },
}

/// A tool of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServerTool {
    /// Its name at the server.
    pub name: String,
    /// Its name for the model, and in rules.
    pub offered_as: String,
    /// What the server says it does.
    pub description: String,
    /// The server says that it changes nothing.
    pub reads_only: bool,
}

/// A tool that cannot be offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LeftOutTool {
    /// Its name at the server, or its number in the list.
    pub name: String,
    /// Why, as the end of a sentence.
    pub reason: String,
}

/// A line of what a server has said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolLogLine {
    /// When, in ms since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// Whether GrowQR says it about the server.
    pub is_ours: bool,
    /// The line.
    pub text: String,
}

/// The file in which another program of this computer has configured MCP servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolConfiguration {
    /// The program.
    pub program: String,
    /// The file.
    pub path: String,
    /// Changes with the file: what was shown is what is added.
    pub version: String,
    /// Its servers, by name.
    pub servers: Vec<ToolServerOffer>,
    /// Entries that cannot be used.
    pub left_out: Vec<LeftOutTool>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

/// A server of another program's configuration, without its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolServerOffer {
    /// What the configuration calls it.
    pub title: String,
    /// Its name once it is added.
    pub name: String,
    /// What would run, or where it would connect.
    pub transport: ToolTransport,
    /// The names of its variables or headers, whose values the keychain would keep.
    pub values: Vec<String>,
    /// The variables of this environment whose values it would get.
    pub reads: Vec<String>,
    /// Placeholders that have no value here; with one it cannot be added.
    pub missing: Vec<String>,
    /// The configuration says that it is switched off.
    pub is_off: bool,
}

/// The servers of another program's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolImport {
    /// Those that can be used, by name.
    pub servers: Vec<FoundToolServer>,
    /// Entries that cannot be used.
    pub left_out: Vec<LeftOutTool>,
}

/// A server of another program's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FoundToolServer {
    /// What the configuration calls it.
    pub title: String,
    /// The server.
    pub server: NewToolServer,
    /// The variables of this environment whose values the server would get.
    pub reads: Vec<String>,
    /// Placeholders that have no value here.
    pub missing: Vec<String>,
    /// The configuration says that it is switched off.
    pub is_off: bool,
}
