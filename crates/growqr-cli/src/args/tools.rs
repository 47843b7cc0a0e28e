//! `growqr tools`.

use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Tools {
    /// List the servers and their tools
    List,
    /// Add an MCP server: a program of this computer, or an address
    ///
    /// An example: growqr tools add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes. The agent asks before it
    /// first uses a tool; rules can allow or deny tools by name (growqr rules add "allow files__read_text_file").
    Add {
        /// Its name, part of the names of its tools
        name: String,
        /// The address of a server that speaks streamable HTTP
        #[arg(long, value_hint = ValueHint::Url, conflicts_with = "command")]
        url: Option<String>,
        /// An environment variable of the program; without a value it is read from this environment. Kept in the keychain
        #[arg(long, value_name = "NAME[=VALUE]", conflicts_with = "url")]
        env: Vec<String>,
        /// A header for the address, such as "Authorization: Bearer TOKEN". Kept in the keychain
        #[arg(long, value_name = "NAME: VALUE", requires = "url")]
        header: Vec<String>,
        /// What GrowQR is called at the address's authorization server, if you have registered it there [default: it registers itself]
        #[arg(long, value_name = "ID", requires = "url")]
        client_id: Option<String>,
        /// How long a call may take without a sign of progress [default: 120]
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
        call_limit: Option<u64>,
        /// Believe what the server says about its tools: those that only read are called again after a crash
        #[arg(long)]
        trust: bool,
        /// Take the place of the server with this name, or give it other values; what its tools were allowed ends
        #[arg(long)]
        replace: bool,
        /// The program and its arguments
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Show the servers of another program's configuration, and add them with --yes
    Import {
        /// The configuration of Claude Desktop, Claude Code, Cursor or VS Code
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Only these servers
        names: Vec<String>,
        /// Add them
        #[arg(long)]
        yes: bool,
        /// Take the place of servers with the same names; what their tools were allowed ends
        #[arg(long)]
        replace: bool,
    },
    /// Remove a server, with its values in the keychain
    Remove {
        /// Its name
        name: String,
    },
    /// Offer the tools of a server again
    On {
        /// Its name
        name: String,
    },
    /// Stop offering the tools of a server
    Off {
        /// Its name
        name: String,
    },
    /// Sign in at a server with an address, in the browser
    ///
    /// The browser must come back to this computer: it has to run here. Over SSH, forward the port that stands in the printed address
    /// after redirect_uri (ssh -L PORT:127.0.0.1:PORT), and open the address at the other end. The sign-in is kept in the keychain.
    SignIn {
        /// Its name
        name: String,
        /// Print the address only
        #[arg(long)]
        no_browser: bool,
    },
    /// Forget the sign-in at a server, and tell it
    SignOut {
        /// Its name
        name: String,
    },
    /// Start a server, and list its tools or say what is wrong
    Test {
        /// Its name
        name: String,
    },
    /// Start a server, and print what it says besides its answers
    Logs {
        /// Its name
        name: String,
    },
}
