//! The arguments of `growqr auth`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Auth {
    /// Show who is signed in, and who else has a profile on this computer
    Status,
    /// Sign in with the browser
    SignIn(SignIn),
    /// Sign out on this computer; the data stays for the next sign-in
    SignOut,
    /// Open the profile of another account on this computer
    Switch {
        /// The email address or the profile of the account; `local` opens the local profile
        who: String,
    },
}

#[derive(Debug, Args)]
pub struct SignIn {
    /// If you are new on this computer: take over the data of the local profile
    #[arg(long, conflicts_with = "fresh")]
    pub adopt: bool,
    /// If you are new on this computer: start with an empty profile
    #[arg(long)]
    pub fresh: bool,
    /// Sign in with another account than the one that is signed in at the browser
    #[arg(long)]
    pub someone_else: bool,
    /// Only print the address, for a browser on this computer
    #[arg(long)]
    pub no_browser: bool,
}
