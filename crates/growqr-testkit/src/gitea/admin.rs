//! The commands `gitea admin user …`: their texts, exit codes and rules.

use super::settings::Settings;
use super::state::{self, Data, StateError, Store, User};
use super::version::Version;

/// What a command has printed, and its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The exit code.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    fn failed(text: &str) -> Output {
        Output { exit: 1, stdout: String::new(), stderr: format!("Command error: {text}\n") }
    }

    fn usage(text: &str) -> Output {
        Output { exit: 1, stdout: String::new(), stderr: format!("Incorrect Usage: {text}\n\n") }
    }
}

/// Names that no user can have. `admin` is one of them up to 1.22.
const RESERVED: &[&str] =
    &["api", "user", "repo", "org", "login", "explore", "issues", "pulls", "ghost", "assets", "avatars", "metrics", "healthz"];

const SCOPES: &[&str] =
    &["activitypub", "admin", "issue", "misc", "notification", "organization", "package", "repository", "user"];

/// Runs a command line without the program's name, such as `admin user list`.
pub(super) fn run(store: &Store, settings: &Settings, version: Version, arguments: &[&str]) -> Output {
    let mut output = match arguments {
        _ if !settings.is_installed() => Output::failed(
            "Unable to load config file for a installed Gitea instance, you should either use \"--config\" to \
                            set your config file (app.ini), or run \"gitea web\" command to install Gitea.",
        ),
        ["admin", "user", command, flags @ ..] => match Flags::parse(command, flags, version) {
            Ok(flags) => changed(store, command, &flags, version),
            Err(text) => Output::usage(&text),
        },
        _ => Output::usage(&format!("the stand-in has no command {arguments:?}")),
    };
    let host_list = settings.get("security", "ALLOWED_HOST_LIST").is_some();
    if version.is_at_least(28, 0) && host_list && settings.get("security", "EGRESS_MODE").is_none() {
        let warning =
            "2026/11/29 00:00:00 modules/setting/security.go:101:loadSecurityFrom() [W] ALLOWED_HOST_LIST without EGRESS_MODE\n";
        output.stderr.insert_str(0, warning);
    }
    output
}

fn changed(store: &Store, command: &str, flags: &Flags<'_>, version: Version) -> Output {
    let done = store.update(|data| match command {
        "create" => create(data, flags, version),
        "list" => Ok(list(data, flags.is_on("admin"))),
        "generate-access-token" => generate_token(data, flags, version),
        "change-password" => change_password(data, flags),
        "must-change-password" => must_change_password(data, flags),
        _ => delete(data, flags),
    });
    match done {
        Ok(Ok(stdout)) => Output { exit: 0, stdout, stderr: String::new() },
        Ok(Err(text)) => Output::failed(&text),
        Err(StateError::NotMigrated) => Output::failed("no such table: user"),
        Err(StateError::Newer(schema)) => Output::failed(&newer(schema)),
        Err(StateError::Disk(error)) => Output::failed(&error.to_string()),
    }
}

/// The text of a server that finds the database of a newer one.
pub(super) fn newer(schema: u32) -> String {
    format!(
        "Your database (migration version: {schema}) is for a newer Gitea, you can not use the newer database for this old Gitea release"
    )
}

fn create(data: &mut Data, flags: &Flags<'_>, version: Version) -> Result<String, String> {
    let name = flags.value("username").or(flags.value("name")).ok_or("username is not set")?;
    let email = flags.value("email").ok_or("email is not set")?;
    let is_bot = match flags.value("user-type") {
        None | Some("individual") => false,
        Some("bot") => true,
        Some(other) => return Err(format!("invalid user type: {other}")),
    };
    let password = match (flags.value("password"), flags.is_on("random-password")) {
        (Some(_), true) => return Err("cannot set both -random-password and -password flags".to_owned()),
        (None, false) if is_bot => None,
        _ if is_bot => return Err("password can only be set for individual users".to_owned()),
        (Some(password), false) => Some(password.to_owned()),
        (None, true) => {
            let length = flags.value("random-password-length").map_or(Ok(12), str::parse).map_err(|_| "invalid length")?;
            Some(state::random_hex(32)[..usize::min(length, 64)].to_owned())
        }
        (None, false) => return Err("must set either password or random-password flag".to_owned()),
    };
    check_name(name, version)?;
    if data.user(name).is_some() {
        return Err(format!("CreateUser: user already exists [name: {name}]"));
    }
    if data.users.iter().any(|user| user.email.eq_ignore_ascii_case(email)) {
        return Err(format!("CreateUser: e-mail already in use [email: {email}]"));
    }
    let is_first = data.users.is_empty();
    let bots_are_exempt = is_bot && version.is_at_least(1, 27);
    let must_change_password = flags.switch("must-change-password").unwrap_or(!is_first && !bots_are_exempt);
    let user = User {
        id: data.id(),
        name: name.to_owned(),
        email: email.to_owned(),
        is_admin: flags.is_on("admin"),
        password: password.as_deref().map(state::hashed).unwrap_or_default(),
        must_change_password,
    };
    data.users.push(user);
    // The command re-reads the log settings, after which the log may go to standard output.
    let mut out = "2026/11/29 00:00:00 cmd/admin_user_create.go:221:runCreateUser() [I] log to console\n".to_owned();
    if let (Some(password), true) = (&password, flags.is_on("random-password")) {
        out.push_str(&format!("generated random password is '{password}'\n"));
    }
    out.push_str(&format!("New user '{name}' has been successfully created!\n"));
    if flags.is_on("access-token") {
        let scopes = scopes(flags.value("access-token-scopes").unwrap_or("all"))?;
        let token = data.add_token(name, flags.value("access-token-name").unwrap_or("gitea-admin"), scopes);
        out.push_str(&format!("Access token was successfully created... {token}\n"));
    }
    Ok(out)
}

fn check_name(name: &str, version: Version) -> Result<(), String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_mark = |c: char| matches!(c, '-' | '.' | '_');
    let characters: Vec<char> = name.chars().collect();
    let valid = characters.first().is_some_and(char::is_ascii_alphanumeric)
        && characters.iter().all(|c| is_word(*c) || is_mark(*c))
        && !characters.last().is_some_and(|c| is_mark(*c))
        && !characters.windows(2).any(|pair| is_mark(pair[0]) && is_mark(pair[1]));
    if !valid {
        return Err(format!(
            "CreateUser: name is invalid [{name}]: must be valid alpha or numeric or dash(-_) or dot characters"
        ));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || (lower == "admin" && !version.is_at_least(1, 23)) {
        return Err(format!("CreateUser: name is reserved [name: {name}]"));
    }
    Ok(())
}

fn list(data: &Data, admins_only: bool) -> String {
    let header = if admins_only { "ID Username Email IsActive" } else { "ID Username Email IsActive IsAdmin 2FA" };
    let mut rows: Vec<Vec<String>> = vec![header.split(' ').map(str::to_owned).collect()];
    for user in data.users.iter().filter(|user| !admins_only || user.is_admin) {
        let mut row = vec![user.id.to_string(), user.name.clone(), user.email.clone(), "true".to_owned()];
        if !admins_only {
            row.extend([user.is_admin.to_string(), "false".to_owned()]);
        }
        rows.push(row);
    }
    let widths: Vec<usize> =
        (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join(" "))
    };
    rows.iter().map(line).collect()
}

fn generate_token(data: &mut Data, flags: &Flags<'_>, version: Version) -> Result<String, String> {
    let name = flags.value("username").ok_or("you must provide a username to generate a token for")?;
    let user = data.user(name).ok_or_else(|| unknown_user(name))?.name.clone();
    let token_name = flags.value("token-name").unwrap_or("gitea-admin");
    if data.tokens.iter().any(|token| token.user == user && token.name == token_name) {
        return Err("access token name has been used already".to_owned());
    }
    let all = if version.is_at_least(1, 23) { "all" } else { "" };
    let scopes = scopes(flags.value("scopes").unwrap_or(all))?;
    let token = data.add_token(&user, token_name, scopes);
    Ok(match flags.is_on("raw") {
        true => format!("{token}\n"),
        false => format!("Access token was successfully created: {token}\n"),
    })
}

/// Splits a list of scopes and checks each.
pub(super) fn scopes(text: &str) -> Result<Vec<String>, String> {
    let scopes: Vec<String> = text.split(',').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    for scope in &scopes {
        let category = scope.strip_prefix("read:").or(scope.strip_prefix("write:"));
        if scope != "all" && scope != "public-only" && !category.is_some_and(|category| SCOPES.contains(&category)) {
            return Err(format!("invalid access token scope provided: invalid access token scope: {scope}"));
        }
    }
    Ok(scopes)
}

fn change_password(data: &mut Data, flags: &Flags<'_>) -> Result<String, String> {
    let name = flags.value("username").ok_or("username is not set")?;
    let password = flags.value("password").ok_or("password is not set")?;
    if password.len() < 8 {
        return Err("password is not long enough, needs to be at least 8 characters".to_owned());
    }
    let user = data.users.iter_mut().find(|user| user.name.eq_ignore_ascii_case(name)).ok_or_else(|| unknown_user(name))?;
    user.password = state::hashed(password);
    user.must_change_password = flags.switch("must-change-password").unwrap_or(true);
    Ok(format!("{}'s password has been successfully updated!\n", user.name))
}

fn must_change_password(data: &mut Data, flags: &Flags<'_>) -> Result<String, String> {
    let must = !flags.is_on("unset");
    let mut count = 0;
    for user in &mut data.users {
        if flags.is_on("all") || flags.plain.iter().any(|name| user.name.eq_ignore_ascii_case(name)) {
            count += usize::from(user.must_change_password != must);
            user.must_change_password = must;
        }
    }
    Ok(format!("Updated {count} users setting MustChangePassword to {must}\n"))
}

fn delete(data: &mut Data, flags: &Flags<'_>) -> Result<String, String> {
    let name = flags.value("username").ok_or("You must provide the id, email or username of a user to delete")?;
    let user = data.user(name).ok_or_else(|| unknown_user(name))?.name.clone();
    if data.repos.iter().any(|repo| repo.owner == user) {
        return Err(format!("user still has ownership of repositories [name: {user}]"));
    }
    data.users.retain(|known| known.name != user);
    data.tokens.retain(|token| token.user != user);
    Ok(String::new())
}

fn unknown_user(name: &str) -> String {
    format!("user does not exist [uid: 0, name: {name}]")
}

/// The flags of a command line.
struct Flags<'a> {
    values: Vec<(&'a str, &'a str)>,
    switches: Vec<(&'a str, bool)>,
    plain: Vec<&'a str>,
}

impl<'a> Flags<'a> {
    fn parse(command: &str, arguments: &[&'a str], version: Version) -> Result<Flags<'a>, String> {
        let (with_value, switches): (&[&str], &[&str]) = match command {
            "create" => (
                &[
                    "name",
                    "username",
                    "password",
                    "email",
                    "random-password-length",
                    "access-token-name",
                    "access-token-scopes",
                    "user-type",
                    "fullname",
                ],
                &["admin", "random-password", "must-change-password", "access-token", "restricted"],
            ),
            "list" => (&[], &["admin"]),
            "generate-access-token" => (&["username", "token-name", "scopes"], &["raw"]),
            "change-password" => (&["username", "password"], &["must-change-password"]),
            "must-change-password" => (&["exclude"], &["all", "unset"]),
            "delete" => (&["username"], &["purge"]),
            _ => return Err(format!("No help topic for '{command}'")),
        };
        let is_known = |flag: &str| match flag {
            "user-type" | "fullname" => version.is_at_least(1, 24),
            "access-token-name" | "access-token-scopes" => version >= Version(1, 23, 7),
            _ => true,
        };
        let mut flags = Flags { values: Vec::new(), switches: Vec::new(), plain: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let Some(flag) = argument.strip_prefix("--").or(argument.strip_prefix('-')) else {
                if command != "must-change-password" {
                    return Err(format!("unexpected argument {argument:?}; the value of a switch is given with ="));
                }
                flags.plain.push(argument);
                continue;
            };
            let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
            let undefined = || format!("flag provided but not defined: -{name}");
            if !is_known(name) {
                return Err(undefined());
            }
            if switches.contains(&name) {
                let value = value.map_or(Ok(true), str::parse).map_err(|_| format!("invalid boolean value for -{name}"))?;
                flags.switches.push((name, value));
            } else if with_value.contains(&name) {
                let value = value.or_else(|| rest.next().copied()).ok_or_else(|| format!("flag needs an argument: -{name}"))?;
                flags.values.push((name, value));
            } else {
                return Err(undefined());
            }
        }
        Ok(flags)
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).filter(|value| !value.is_empty())
    }

    fn switch(&self, name: &str) -> Option<bool> {
        self.switches.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn is_on(&self, name: &str) -> bool {
        self.switch(name) == Some(true)
    }
}
