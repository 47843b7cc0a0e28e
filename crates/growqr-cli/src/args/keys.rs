//! The arguments of `growqr keys`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Read a key from standard input, let the provider check it, and store it
    Set {
        /// The provider: anthropic or openai
        name: String,
        /// Store the key without a check by the provider
        #[arg(long)]
        unchecked: bool,
    },
    /// List the keys in use, without their values
    List,
    /// Let the system ask you to unlock its keychain, or to create one if there is none yet
    Unlock,
    /// Remove a key from the keychain; a key in the environment stays
    Remove {
        /// The provider: anthropic or openai
        name: String,
    },
}
