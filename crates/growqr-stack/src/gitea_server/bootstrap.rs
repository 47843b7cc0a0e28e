//! The user, the token and the password, made by commands in the container.

use super::{CommandOutput, GiteaCommands, GiteaError, GiteaServer, Sign};
use growqr_core::secret::Secret;
use reqwest::{Method, StatusCode};
use std::hash::{BuildHasher, Hasher, RandomState};

/// What the token may do: create a repository, read and write it, comment on its pull requests, and remove older tokens.
pub const TOKEN_SCOPES: &str = "write:repository,write:issue,write:user";

/// The beginning of the names of this program's tokens.
const TOKEN_PREFIX: &str = "growqr-";

/// Sets a random password that the container makes itself: a command line is visible in Docker's events.
const NEW_PASSWORD: &str = "set -eu\n\
    password=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n')\n\
    gitea admin user change-password --username \"$1\" --password \"$password\" --must-change-password=false >&2\n\
    echo \"$password\"\n";

/// The user's name and a new password for Gitea's pages. To be shown once and stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// What a token is worth.
enum TokenState {
    Valid,
    /// The user must change the password first, or the token's scopes are too narrow.
    Forbidden,
    /// It is gone, or belongs to another user.
    Useless,
}

impl GiteaServer {
    /// A token that works: `stored` if it does, otherwise a new one, for which the user is made if absent. The caller stores a
    /// new token before anything else; Gitea never shows it again. Once the stored token is seen to work, older tokens of this
    /// program, left by interrupted starts, are removed.
    ///
    /// # Errors
    /// [`GiteaError`]. After any error or kill, call it again.
    pub async fn ensure_token(&self, commands: &dyn GiteaCommands, stored: Option<Secret>) -> Result<Secret, GiteaError> {
        if let Some(stored) = stored
            && self.works(commands, &stored).await?
            && self.has_scopes(&stored).await?
        {
            self.remove_older_tokens(&stored).await;
            return Ok(stored);
        }
        self.ensure_user(commands).await?;
        let token = self.new_token(commands).await?;
        if self.works(commands, &token).await? { Ok(token) } else { Err(GiteaError::TokenRefused) }
    }

    /// Gives the user a new random password. The old one stops working; tokens stay.
    ///
    /// # Errors
    /// [`GiteaError`].
    pub async fn reset_password(&self, commands: &dyn GiteaCommands) -> Result<Credentials, GiteaError> {
        let doing = "set a new password";
        let output = run(commands, &["sh", "-c", NEW_PASSWORD, "sh", self.user()], doing).await?;
        let password = succeeded(&output, doing).and_then(|()| hex_line(&output, 32, doing))?;
        Ok(Credentials { user: self.user().to_owned(), password })
    }

    /// Whether the token works. If the server demands a new password of the user, that demand is removed.
    async fn works(&self, commands: &dyn GiteaCommands, token: &Secret) -> Result<bool, GiteaError> {
        match self.token_state(token).await? {
            TokenState::Valid => return Ok(true),
            TokenState::Useless => return Ok(false),
            TokenState::Forbidden => {}
        }
        let doing = "lift the demand for a new password";
        let unset = ["gitea", "admin", "user", "must-change-password", "--unset", self.user()];
        succeeded(&run(commands, &unset, doing).await?, doing)?;
        Ok(matches!(self.token_state(token).await?, TokenState::Valid))
    }

    async fn token_state(&self, token: &Secret) -> Result<TokenState, GiteaError> {
        let answer = self.send(Method::GET, "user", Sign::Token(token), None).await?;
        let is_own = answer.body["login"].as_str().is_some_and(|login| login.eq_ignore_ascii_case(self.user()));
        match answer.status {
            StatusCode::OK if is_own => Ok(TokenState::Valid),
            StatusCode::OK | StatusCode::UNAUTHORIZED => Ok(TokenState::Useless),
            StatusCode::FORBIDDEN => Ok(TokenState::Forbidden),
            _ => Err(answer.refused()),
        }
    }

    /// Whether the token may do all that is needed: earlier versions of this program made tokens with fewer scopes. Servers before
    /// 1.27 do not tell.
    async fn has_scopes(&self, token: &Secret) -> Result<bool, GiteaError> {
        let answer = self.send(Method::GET, "token", Sign::Token(token), None).await?;
        let Some(scopes) = answer.body["scopes"].as_array().filter(|_| answer.status == StatusCode::OK) else { return Ok(true) };
        let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted || scope == "all");
        Ok(TOKEN_SCOPES.split(',').all(has))
    }

    async fn ensure_user(&self, commands: &dyn GiteaCommands) -> Result<(), GiteaError> {
        let doing = "list its users";
        let listed = run(commands, &["gitea", "admin", "user", "list"], doing).await?;
        succeeded(&listed, doing)?;
        if is_listed(&listed.stdout, self.user()) {
            return Ok(());
        }
        let doing = "create the user";
        let email = format!("{}@growqr.invalid", self.user());
        let create = ["gitea", "admin", "user", "create", "--username", self.user(), "--email", &email, "--admin"];
        let password = ["--random-password", "--random-password-length", "32", "--must-change-password=false"];
        let created = run(commands, &[create.as_slice(), &password].concat(), doing).await?;
        // An earlier start may have been killed after the command.
        if created.stderr.contains("user already exists") { Ok(()) } else { succeeded(&created, doing) }
    }

    async fn new_token(&self, commands: &dyn GiteaCommands) -> Result<Secret, GiteaError> {
        let doing = "make a token";
        // A name can be used once, and an earlier start may have been killed before the token was stored.
        let unique = RandomState::new().build_hasher().finish();
        let name = format!("{TOKEN_PREFIX}{:08x}", unique & 0xffff_ffff);
        let generate = ["gitea", "admin", "user", "generate-access-token", "--username", self.user()];
        let options = ["--token-name", &name, "--scopes", TOKEN_SCOPES, "--raw"];
        let made = run(commands, &[generate.as_slice(), &options].concat(), doing).await?;
        succeeded(&made, doing)?;
        hex_line(&made, 40, doing)
    }

    /// Removes the tokens of this program other than `kept`. What cannot be removed now is removed by a later start.
    async fn remove_older_tokens(&self, kept: &Secret) {
        let route = format!("users/{}/tokens", self.user());
        let listed = match self.send(Method::GET, &format!("{route}?limit=50"), Sign::Basic(kept), None).await {
            Ok(answer) if answer.status == StatusCode::OK => answer.body,
            Ok(answer) => return tracing::info!(status = %answer.status, "old tokens could not be listed"),
            Err(error) => return tracing::info!(%error, "old tokens could not be listed"),
        };
        for token in listed.as_array().into_iter().flatten() {
            let is_ours = token["name"].as_str().is_some_and(|name| name.starts_with(TOKEN_PREFIX));
            let is_kept = token["token_last_eight"].as_str().is_none_or(|end| kept.expose().ends_with(end));
            let (true, false, Some(id)) = (is_ours, is_kept, token["id"].as_u64()) else { continue };
            if let Err(error) = self.send(Method::DELETE, &format!("{route}/{id}"), Sign::Basic(kept), None).await {
                tracing::info!(%error, "an old token could not be removed");
            }
        }
    }
}

async fn run(commands: &dyn GiteaCommands, arguments: &[&str], doing: &'static str) -> Result<CommandOutput, GiteaError> {
    commands.run(arguments).await.map_err(|source| GiteaError::NoCommand { doing, source })
}

fn succeeded(output: &CommandOutput, doing: &'static str) -> Result<(), GiteaError> {
    match output.exit {
        0 => Ok(()),
        _ => Err(GiteaError::Command { doing, said: output.stderr.trim().to_owned() }),
    }
}

/// The line of the output that consists of this many hexadecimal digits. Lines of the log may stand before and after it.
fn hex_line(output: &CommandOutput, digits: usize, doing: &'static str) -> Result<Secret, GiteaError> {
    let is_hex = |line: &&str| line.len() == digits && line.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let line = output.stdout.lines().map(str::trim).find(is_hex);
    line.map(Secret::new).ok_or_else(|| GiteaError::Command { doing, said: "its output has an unknown form".to_owned() })
}

/// Whether the table of users contains the user. Lines of the log may stand before it.
fn is_listed(table: &str, user: &str) -> bool {
    table.lines().any(|line| {
        let mut cells = line.split_whitespace();
        let is_row = cells.next().is_some_and(|id| id.parse::<u64>().is_ok());
        is_row && cells.next().is_some_and(|name| name.eq_ignore_ascii_case(user))
    })
}
