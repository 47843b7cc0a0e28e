//! LiteLLM, a public proxy between the APIs of model providers, as a child process on a loopback port. It translates: a client of
//! either API reaches a server of either API.

use crate::{pypi, skipped};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The packages with their versions. `cargo xtask install` installs the same.
const REQUIREMENTS: &str = include_str!("../../../xtask/litellm.txt");

/// The key that it wants from its clients.
const KEY: &str = "sk-litellm-of-a-test";

/// A running proxy. It is killed when this is dropped.
pub struct LiteLlm {
    child: Child,
    base_url: String,
    /// Removed on drop.
    _folder: tempfile::TempDir,
}

/// A model that it offers, and the server that it asks for it.
pub struct Route<'a> {
    /// The name that clients use.
    pub name: &'a str,
    /// LiteLLM's name: the API of the server, a slash, and the server's name of the model.
    pub model: &'a str,
    /// The address of the server.
    pub base_url: &'a str,
    /// The key for the server.
    pub key: &'a str,
}

impl LiteLlm {
    /// Starts a proxy and waits until it listens. Returns `None`, and reports the test as skipped, if it cannot be installed.
    ///
    /// # Panics
    /// If it does not start, or if there is none and `GROWQR_REQUIRE_LITELLM` is set.
    #[must_use]
    pub fn start(routes: &[Route<'_>]) -> Option<LiteLlm> {
        let version = REQUIREMENTS.lines().find_map(|line| line.strip_prefix("litellm==")).expect("its version is pinned");
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/litellm.txt");
        let Some(programs) = pypi::install("litellm", version, &list) else {
            skipped("every test through LiteLLM: pip could not install it");
            assert!(std::env::var_os("GROWQR_REQUIRE_LITELLM").is_none(), "LiteLLM is required");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = folder.path().join("config.yaml");
        // Every JSON text is YAML.
        std::fs::write(&settings, configuration(routes).to_string()).expect("the settings are written");
        let mut proxy = Command::new(programs.join("litellm"));
        proxy.arg("--config").arg(settings).args(["--host", "127.0.0.1", "--port", "0", "--telemetry", "False"]);
        // It asks nobody else: not for prices, not for updates, and no proxy of this computer.
        proxy.env_clear().env("HOME", folder.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        proxy.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").env("PYTHONUNBUFFERED", "1");
        proxy.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = proxy.spawn().expect("LiteLLM starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let mut told = Vec::new();
        let base_url = log.find_map(|line| {
            told.push(line);
            told.last().and_then(|line| address(line))
        });
        let base_url = base_url.unwrap_or_else(|| panic!("LiteLLM does not listen:\n{}", told.join("\n")));
        // It stops if nobody reads its log.
        std::thread::spawn(move || log.for_each(drop));
        Some(LiteLlm { child, base_url, _folder: folder })
    }

    /// `http://127.0.0.1:PORT`. Its chat completions are below `/v1`, as is its Messages API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The key that it accepts, as a bearer and as `x-api-key`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        KEY
    }
}

impl Drop for LiteLlm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Its settings: it tries nothing again by itself, so that every failure reaches the client.
fn configuration(routes: &[Route<'_>]) -> Value {
    let models: Vec<Value> = routes
        .iter()
        .map(|route| {
            let is_claude = route.model.starts_with("anthropic/");
            let server = json!({
                "model": route.model, "api_base": route.base_url, "api_key": route.key,
                // It would pass these on to servers that do not know them.
                "additional_drop_params": if is_claude { vec![] } else { vec!["cache_control", "reasoning_effort"] },
            });
            json!({"model_name": route.name, "litellm_params": server, "model_info": {"max_input_tokens": 32_768}})
        })
        .collect();
    json!({
        "model_list": models,
        "general_settings": {"master_key": KEY},
        // Without the last one it would ask a server of chat completions by another API, `/v1/responses`.
        "litellm_settings": {"num_retries": 0, "telemetry": false, "use_chat_completions_url_for_anthropic_messages": true},
        "router_settings": {"num_retries": 0, "disable_cooldowns": true},
    })
}

/// The address in the line with which its web server says that it listens.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("Uvicorn running on ")?;
    rest.split_whitespace().next().map(str::to_owned)
}
