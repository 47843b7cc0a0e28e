//! Where data goes with the settings in force. Reads settings and the environment only: no network, no keychain, no lock.

use crate::error::AppError;
use crate::library::Library;
use crate::model_setup::servers::ServerAddress;
use crate::models;
use crate::profile::location::{Environment, Profile};
use crate::profile::settings::{Preferences, ServerModel, StoredSettings};
use crate::stack::config::StackConfig;
use crate::tools;
use growqr_auth::Config;
use growqr_core::stack::{StackPart, Wanted};
use growqr_http::Proxies;
use growqr_models::anthropic;
use growqr_models::openai::{BaseUrl, USUAL_PORTS};
use growqr_store::DbConfig;
use growqr_wire::{Destination, DestinationKind, ToolServer, ToolTransport};

/// What every model call contains.
const CONVERSATION: &str = "your messages and the files attached to them, what agents have read from memory and from files in the folders that you have chosen, results of tools, and the key";

/// Every program besides GrowQR that gets data, those that are in use first.
///
/// # Errors
/// If the database is there and cannot be read, or a variable of the environment is not valid.
pub async fn destinations(profile: &Profile, environment: &Environment) -> Result<Vec<Destination>, AppError> {
    let stored = models::stored_settings(profile).await?;
    let mut all = vec![anthropic(environment, &stored), model_server(environment, &stored), local_models()];
    all.push(sign_in(profile, environment));
    all.extend(database(profile));
    let library = Library::open(profile.clone()).await?;
    all.extend(tool_servers(&library).await?);
    all.push(web_pages(&stored));
    all.push(web_search(environment, &stored));
    all.extend(containers(&library, environment).await?);
    all.extend(proxy());
    all.push(updates());
    all.sort_by_key(|one| !one.in_use);
    Ok(all)
}

fn anthropic(environment: &Environment, stored: &StoredSettings) -> Destination {
    let address = host_of(environment.get("ANTHROPIC_BASE_URL").unwrap_or(anthropic::BASE_URL));
    let model = Preferences::parse_lenient(stored).model;
    Destination {
        kind: DestinationKind::Model,
        name: "Anthropic".to_owned(),
        is_local: is_this_computer(&address),
        address: Some(address),
        in_use: ServerModel::of(&model).is_none() && model != growqr_models::guide::PROVIDER,
        sends: CONVERSATION.to_owned(),
        when: "at each step of an agent, if a model of Anthropic is chosen and there is a key; the key alone when it is checked"
            .to_owned(),
    }
}

/// The server of the chosen model, else the one that would be used.
fn model_server(environment: &Environment, stored: &StoredSettings) -> Destination {
    let model = Preferences::parse_lenient(stored).model;
    let chosen = ServerModel::of(&model);
    let named = chosen.and_then(|model| model.address).map(BaseUrl::parse);
    let base = named.unwrap_or_else(|| ServerAddress::resolve(environment, stored).base);
    Destination {
        kind: DestinationKind::Model,
        name: "OpenAI-compatible server".to_owned(),
        is_local: base.as_ref().is_ok_and(BaseUrl::is_loopback),
        address: base.ok().map(|base| base.text().to_owned()),
        in_use: chosen.is_some(),
        sends: CONVERSATION.to_owned(),
        when: "at each step of an agent, if a model of this server is chosen; the key only if you have set the address"
            .to_owned(),
    }
}

fn local_models() -> Destination {
    let ports: Vec<String> = USUAL_PORTS.iter().map(u16::to_string).collect();
    Destination {
        kind: DestinationKind::LocalModels,
        name: "Model programs on this computer".to_owned(),
        address: Some(format!("127.0.0.1, ports {}", ports.join(", "))),
        is_local: true,
        in_use: true,
        sends: "the question which models they have".to_owned(),
        when: "while the choice of models is shown".to_owned(),
    }
}

fn sign_in(profile: &Profile, environment: &Environment) -> Destination {
    let config = Config::find(|name| profile.clerk_setting(name, environment)).ok().flatten();
    Destination {
        kind: DestinationKind::SignIn,
        name: "Sign-in service (Clerk)".to_owned(),
        address: config.as_ref().map(|config| host_of(config.issuer())),
        is_local: false,
        in_use: config.is_some(),
        sends: "what you enter in its page in your browser, and the sign-in itself; no messages, pages or keys of models"
            .to_owned(),
        when: "when you sign in or out, and while you are signed in, to renew the sign-in and to load your picture".to_owned(),
    }
}

/// `None` for the built-in database.
fn database(profile: &Profile) -> Option<Destination> {
    let DbConfig::Postgres { .. } = profile.database() else { return None };
    let address = profile.database_location().to_owned();
    Some(Destination {
        kind: DestinationKind::Database,
        name: "PostgreSQL server".to_owned(),
        is_local: is_this_computer(&host_of(&address)),
        address: Some(address),
        in_use: true,
        sends: "all conversations with their attached files, settings, schedules, quests and what was spent; no pages of memory except the plans of quests, no keys"
            .to_owned(),
        when: "always".to_owned(),
    })
}

/// The servers of tools that the person has added. Their arguments may contain keys and are left out.
async fn tool_servers(library: &Library) -> Result<Vec<Destination>, AppError> {
    const SENDS: &str =
        "what agents give their tools: parts of conversations, pages and files; and the keys that you have given this server";
    let servers = tools::list_without_host(library).await?;
    let destination = |server: ToolServer| {
        let (address, is_local, sends) = match server.transport {
            ToolTransport::Http { url } => {
                let address = host_of(&url);
                (address.clone(), is_this_computer(&address), SENDS.to_owned())
            }
            ToolTransport::Program { command, .. } => {
                (format!("the program {command} on this computer"), true, format!("{SENDS}. The program may send it on"))
            }
        };
        Destination {
            kind: DestinationKind::ToolServer,
            name: format!("Tool server {}", server.name),
            address: Some(address),
            is_local,
            in_use: server.is_on,
            sends,
            when: "when an agent calls one of its tools, as your rules allow, and when it is started to list them".to_owned(),
        }
    };
    Ok(servers.into_iter().map(destination).collect())
}

fn web_pages(stored: &StoredSettings) -> Destination {
    Destination {
        kind: DestinationKind::WebPages,
        name: "Web pages".to_owned(),
        address: Some("the sites that agents fetch pages from".to_owned()),
        is_local: false,
        in_use: Preferences::parse_lenient(stored).web.fetches,
        sends: "the address of the page, which an agent has written, and that GrowQR asks; no cookies, keys or messages"
            .to_owned(),
        when: "when an agent fetches a page whose whole address is in your message, or a page of a site that you or a rule have allowed".to_owned(),
    }
}

fn web_search(environment: &Environment, stored: &StoredSettings) -> Destination {
    let (model, preferences) = (anthropic(environment, stored), Preferences::parse_lenient(stored));
    Destination {
        kind: DestinationKind::WebSearch,
        name: "Web search".to_owned(),
        sends: "what an agent searches for; the service asks search engines and sites, with nothing of you besides these words"
            .to_owned(),
        when: "when Claude searches, without asking you first; only if you have switched it on".to_owned(),
        in_use: model.in_use && preferences.web.searches,
        ..model
    }
}

async fn containers(library: &Library, environment: &Environment) -> Result<Vec<Destination>, AppError> {
    let (rows, ports) = match library.stack_records() {
        Some(records) => (records.containers().await?, records.ports().await?),
        None => (Vec::new(), Vec::new()),
    };
    let mut config = StackConfig::read(environment)?;
    config.adopt(&rows);
    let is_wanted = |part: StackPart| rows.iter().any(|row| row.part == part && row.wanted == Wanted::Up);
    let address = |part: StackPart| ports.iter().find(|port| port.part == part).map(|port| format!("127.0.0.1:{}", port.port));
    let registries = [registry_of(&config.gitea_image), registry_of(&config.opencode_image)];
    let [first, second] = &registries;
    Ok(vec![
        Destination {
            kind: DestinationKind::MemoryCopy,
            name: "Gitea in a container on this computer".to_owned(),
            address: address(StackPart::Gitea),
            is_local: true,
            in_use: is_wanted(StackPart::Gitea),
            sends: "a copy of memory with its history, and the changes that wait for your approval".to_owned(),
            when: "after each change, while you have the containers started".to_owned(),
        },
        Destination {
            kind: DestinationKind::Workbench,
            name: "OpenCode in a container on this computer".to_owned(),
            address: address(StackPart::OpenCode),
            is_local: true,
            in_use: is_wanted(StackPart::OpenCode),
            sends: "tasks of sub-agents and the folders that you share with it; no keys. Commands that sub-agents run there can reach the internet, as your rules allow".to_owned(),
            when: "when a sub-agent needs files or a shell, while you have the containers started".to_owned(),
        },
        Destination {
            kind: DestinationKind::Images,
            name: "Registry of the containers' images".to_owned(),
            address: Some(if first == second { first.clone() } else { registries.join(", ") }),
            is_local: registries.iter().all(|registry| is_this_computer(registry)),
            in_use: is_wanted(StackPart::Gitea) || is_wanted(StackPart::OpenCode),
            sends: "the names of the images; Docker sends them".to_owned(),
            when: "once, after you have agreed to the download".to_owned(),
        },
    ])
}

/// `None` without a proxy. One that cannot be used gets nothing, and the doctor names it.
fn proxy() -> Option<Destination> {
    let variables = Proxies::from_environment().ok()?.variables();
    (!variables.is_empty()).then(|| Destination {
        kind: DestinationKind::Proxy,
        name: "Proxy".to_owned(),
        address: Some(format!("named by {}", variables.join(" and "))),
        is_local: false,
        in_use: true,
        sends: "the connections to other computers of this list; what is in them is encrypted for the proxy, too, if their address begins with https://".to_owned(),
        when: "at each such connection, unless NO_PROXY names its address".to_owned(),
    })
}

fn updates() -> Destination {
    Destination {
        kind: DestinationKind::Updates,
        name: "Checks for updates, statistics and crash reports".to_owned(),
        address: None,
        is_local: true,
        in_use: false,
        sends: "nothing".to_owned(),
        when: "never: GrowQR has none of them".to_owned(),
    }
}

/// Scheme, host and port of an address. What may be secret (user name, password, path, query) is left out.
fn host_of(address: &str) -> String {
    let (scheme, rest) = address.trim().split_once("://").unwrap_or(("https", address.trim()));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

fn is_this_computer(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, host)| host);
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host == *name || host.starts_with(&format!("{name}:")))
}

/// The registry of an image. A first part with a dot or a colon is its host; any other image is from Docker Hub.
fn registry_of(image: &str) -> String {
    let host = image.split_once('/').map(|(host, _)| host).filter(|host| host.contains(['.', ':']) || *host == "localhost");
    host.unwrap_or("docker.io").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::clock::Timestamp;
    use growqr_core::journal::StoredToolServer;

    async fn found(variables: &[(&str, &str)]) -> Vec<Destination> {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::from_variables(variables);
        let profile = Profile::find(Some(folder.path()), &environment).unwrap();
        destinations(&profile, &environment).await.unwrap()
    }

    fn one(all: &[Destination], kind: DestinationKind) -> &Destination {
        all.iter().find(|one| one.kind == kind).unwrap()
    }

    #[tokio::test]
    async fn without_settings_only_the_model_of_anthropic_and_pages_are_on_other_computers() {
        let all = found(&[]).await;
        let away: Vec<_> =
            all.iter().filter(|one| one.in_use && !one.is_local).filter_map(|one| one.address.as_deref()).collect();
        assert_eq!(away, ["https://api.anthropic.com", "the sites that agents fetch pages from"]);
        assert_eq!(one(&all, DestinationKind::Images).address.as_deref(), Some("docker.io, ghcr.io"));
        assert_eq!(one(&all, DestinationKind::Updates).address, None);
    }

    #[tokio::test]
    async fn what_the_environment_names_is_listed_without_its_secrets() {
        let all = found(&[
            ("ANTHROPIC_BASE_URL", "https://me:hidden@gate.example/v1?key=hidden"),
            ("CLERK_ISSUER", "https://clerk.example"),
            ("CLERK_OAUTH_CLIENT_ID", "abc"),
            ("GITEA_IMAGE", "localhost:5000/gitea/gitea:28"),
        ])
        .await;
        assert!(!format!("{all:?}").contains("hidden"), "{all:?}");
        assert_eq!(one(&all, DestinationKind::Model).address.as_deref(), Some("https://gate.example"));
        assert_eq!(one(&all, DestinationKind::SignIn).address.as_deref(), Some("https://clerk.example"));
        let images = one(&all, DestinationKind::Images).address.as_deref().unwrap();
        assert!(images.starts_with("localhost:5000, "), "{images}");
    }

    #[tokio::test]
    async fn searching_the_web_is_listed_as_off_until_it_is_switched_on() {
        assert!(!one(&found(&[]).await, DestinationKind::WebSearch).in_use);
        let on = |model: &str| {
            let stored = [("model", model), ("web.search", "on")];
            let stored = stored.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
            web_search(&Environment::default(), &stored)
        };
        let search = on("claude-opus-5-5");
        assert!(search.in_use && search.address.as_deref() == Some("https://api.anthropic.com"), "{search:?}");
        assert!(!on("openai/qwen3:8b").in_use && !on("guide").in_use);
    }

    #[tokio::test]
    async fn servers_of_tools_are_listed_without_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::default();
        let profile = Profile::find(Some(folder.path()), &environment).unwrap();
        profile.create().unwrap();
        let db = growqr_store::Db::open(profile.database()).await.unwrap();
        let store = db.profile(profile.id(), Timestamp(0)).await.unwrap();
        let transports = [
            ("far", true, serde_json::json!({"type": "http", "url": "https://me:hidden@mcp.example.com/mcp?key=hidden"})),
            ("near", true, serde_json::json!({"type": "program", "command": "npx", "args": ["--token", "hidden"]})),
            ("off", false, serde_json::json!({"type": "http", "url": "http://localhost:3000/mcp"})),
        ];
        for (name, is_on, transport) in transports {
            let config = serde_json::json!({ "transport": transport }).to_string();
            let server = StoredToolServer { name: name.to_owned(), config, listing: None, is_on, changed_at: Timestamp(0) };
            store.add_tool_server(&server).await.unwrap();
        }
        drop(store);
        db.close().await;
        let all = destinations(&profile, &environment).await.unwrap();
        assert!(!format!("{all:?}").contains("hidden"), "{all:?}");
        let of = |name: &str| all.iter().find(|one| one.name == format!("Tool server {name}")).unwrap();
        assert_eq!((of("far").address.as_deref(), of("far").is_local), (Some("https://mcp.example.com"), false));
        assert!(of("far").in_use && of("near").is_local && of("near").sends.contains("may send it on"));
        assert!(of("off").is_local && !of("off").in_use);
    }

    #[test]
    fn a_database_server_is_listed_without_its_password() {
        let folder = tempfile::tempdir().unwrap();
        let address = |url: &str| {
            let profile = Profile::find(Some(folder.path()), &Environment::from_variables(&[("DATABASE_URL", url)])).unwrap();
            database(&profile).map(|one| (one.address.unwrap_or_default(), one.is_local))
        };
        let (found, is_local) = address("postgres://me:hidden@db.example:5433/growqr").unwrap();
        assert!(found.contains("db.example:5433") && !found.contains("hidden") && !is_local, "{found}");
        assert!(address("postgres://me@localhost/growqr").unwrap().1);
        assert_eq!(address(""), None);
    }

    #[test]
    fn the_server_of_the_chosen_model_is_the_one_in_use() {
        let stored = StoredSettings::from([("model".to_owned(), "openai/qwen3@http://127.0.0.1:8080/v1".to_owned())]);
        let (server, other) = (model_server(&Environment::default(), &stored), anthropic(&Environment::default(), &stored));
        assert_eq!((server.address.as_deref(), server.is_local), (Some("http://127.0.0.1:8080/v1"), true));
        assert_eq!((server.in_use, other.in_use), (true, false));
    }
}
