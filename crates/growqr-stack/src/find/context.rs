//! The current context of the `docker` command.

use super::{Environment, Refusal, config_folder};
use crate::labels::hex;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// A context that a setting names.
pub(super) struct Context {
    pub name: String,
    pub host: String,
    pub named_by: String,
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext", default)]
    current_context: String,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints", default)]
    endpoints: BTreeMap<String, Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host", default)]
    host: String,
}

/// The context in use; `None` if it is the built-in `default`, which names no host.
pub(super) fn current(environment: &Environment) -> Result<Option<Context>, Refusal> {
    let Some(folder) = config_folder(environment) else { return Ok(None) };
    let (name, named_by) = match environment.variable("DOCKER_CONTEXT") {
        Some(name) => (name.to_owned(), "DOCKER_CONTEXT".to_owned()),
        None => {
            let file = folder.join("config.json");
            let config: Option<Config> = read(&file)?;
            (config.map(|config| config.current_context).unwrap_or_default(), file.display().to_string())
        }
    };
    if name.is_empty() || name == "default" {
        return Ok(None);
    }
    let file = folder.join("contexts/meta").join(hex(&Sha256::digest(name.as_bytes()))).join("meta.json");
    let Some(meta) = read::<Meta>(&file)? else {
        return Err(Refusal::NoSuchContext { named_by, context: name, file });
    };
    let endpoint = meta.endpoints.into_iter().find(|(kind, _)| kind == "docker");
    let host = endpoint.map(|(_, endpoint)| endpoint.host).filter(|host| !host.is_empty());
    let missing = || Refusal::Unreadable { file, reason: "it names no host".to_owned() };
    Ok(Some(Context { host: host.ok_or_else(missing)?, named_by: format!("the Docker context \"{name}\" ({named_by})"), name }))
}

/// A JSON file; `None` if it does not exist.
fn read<T: for<'a> Deserialize<'a>>(file: &Path) -> Result<Option<T>, Refusal> {
    let unreadable = |reason: String| Refusal::Unreadable { file: file.to_owned(), reason };
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}
