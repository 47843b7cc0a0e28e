//! Probes model servers: which program runs at an address, which models it offers, and how large their context windows are.
//!
//! A window counts only if the server reports the size that it *uses*. The size that a model was trained for is useless:
//! Ollama and LM Studio use far less by default, and Ollama then silently drops the beginning of a longer prompt. So if the
//! server does not report the size in use, a low guess is taken.

use super::BaseUrl;
use crate::http::body_of;
use crate::lenient::{count, scalar};
use futures_util::future::join_all;
use growqr_core::secret::Secret;
use growqr_http::Target;
use reqwest::{Client, Method, Request, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Default ports of Ollama, LM Studio, llama.cpp and LocalAI, vLLM.
pub const USUAL_PORTS: [u16; 4] = [OLLAMA_PORT, 1234, 8080, 8000];

/// The default port of Ollama.
pub const OLLAMA_PORT: u16 = 11434;

/// How long a probe waits for one server.
pub const PROBE_TIMEOUT: Duration = Duration::from_millis(800);

/// The default window of Ollama and LM Studio on a machine without a large graphics card, in tokens.
const SMALL_WINDOW: u64 = 4_096;

/// The guess for another local server, in tokens: a common setting.
const LOCAL_WINDOW: u64 = 8_192;

/// The guess for a service on the internet, in tokens: every such service offers at least this.
const REMOTE_WINDOW: u64 = 32_768;

/// At most this many bytes of a list of models are read.
const LIST_LIMIT: usize = 4 * 1024 * 1024;

/// The program that a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Ollama.
    Ollama,
    /// LM Studio.
    LmStudio,
    /// llama-server of llama.cpp.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// Any other server with the chat-completions API.
    Other,
}

impl Program {
    /// The name to show.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Program::Ollama => "Ollama",
            Program::LmStudio => "LM Studio",
            Program::LlamaCpp => "llama.cpp",
            Program::Vllm => "vLLM",
            Program::Other => "OpenAI-compatible server",
        }
    }

    /// Whether the program loads models on demand, so that a model's window is known only after it is loaded.
    pub(super) fn loads_models(self) -> bool {
        matches!(self, Program::Ollama | Program::LmStudio)
    }
}

/// A model that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its id on that server.
    pub id: String,
    /// The context window in tokens, prompt and answer together, if the list contains it.
    pub window: Option<u64>,
    /// Whether the list says that it reads pictures.
    pub reads_images: bool,
}

/// A server that responded to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The program that it runs.
    pub program: Program,
    /// Its address.
    pub base: BaseUrl,
    /// The models that it offers, in its own order.
    pub models: Vec<Offered>,
}

/// The context window of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Size in tokens, prompt and answer together.
    pub tokens: u64,
    /// Whether the server reported the size; otherwise it is a low guess.
    pub is_reported: bool,
}

/// Where [`discover`] looks for servers.
#[derive(Clone, Debug)]
pub struct Search {
    /// The address that the user configured, and the key for it.
    pub configured: Option<(BaseUrl, Option<Secret>)>,
    /// Ports of this machine to probe. No key is sent to them.
    pub ports: Vec<u16>,
    /// Limit for the whole search.
    pub timeout: Duration,
}

/// Probes all addresses concurrently. Returns the servers that respond with a list of models, in the order of the search.
pub async fn discover(search: &Search) -> Vec<Server> {
    // One client without TLS for the ports of this machine; the configured address may need TLS.
    let Some(plain) = client(Target::LOOPBACK) else { return Vec::new() };
    let ports = search.ports.iter().map(|port| BaseUrl::of_port(*port));
    let configured = search.configured.iter().map(|(base, _)| base);
    let is_configured = |base: &BaseUrl| search.configured.as_ref().is_some_and(|(set, _)| set.is_same(base));
    let bases: Vec<BaseUrl> = configured.cloned().chain(ports.filter(|base| !is_configured(base))).collect();
    let deadline = Instant::now() + search.timeout;
    let probes = bases.iter().map(async |base| {
        let key = search.configured.as_ref().and_then(|(set, key)| key.as_ref().filter(|_| set == base));
        let target = Target { is_local: base.is_local_network(), is_plain: false };
        let with_tls = if base.is_plain() { None } else { client(target) };
        ServerProbe { client: with_tls.as_ref().unwrap_or(&plain), base, key, deadline }.identify().await
    });
    join_all(probes).await.into_iter().flatten().collect()
}

fn client(target: Target) -> Option<Client> {
    growqr_http::builder(target).ok()?.build().ok()
}

/// Requests to one server, all of which must end before `deadline`.
pub(super) struct ServerProbe<'a> {
    pub client: &'a Client,
    pub base: &'a BaseUrl,
    pub key: Option<&'a Secret>,
    pub deadline: Instant,
}

/// Fields of the list with the window in use. Servers use different names; none of these fields is the size that the model was
/// trained for.
const WINDOW_FIELDS: [&str; 6] =
    ["max_model_len", "context_length", "context_window", "max_context_length", "max_input_tokens", "n_ctx"];

/// An entry of the list of models.
struct ModelItem {
    id: String,
    owned_by: Option<String>,
    window: Option<u64>,
    reads_images: bool,
}

impl ModelItem {
    /// Reads an entry field by field. `None` without an id.
    fn read(item: &Value) -> Option<ModelItem> {
        let id = scalar(&item["id"]).or_else(|| scalar(&item["name"])).filter(|id| !id.is_empty())?;
        let window = WINDOW_FIELDS.iter().find_map(|name| count(&item[*name])).or_else(|| count(&item["meta"]["n_ctx"]));
        let (owned_by, window) = (scalar(&item["owned_by"]), window.filter(|tokens| *tokens > 0));
        let reads_images = has_word(&item["architecture"]["input_modalities"], "image") || sees(&item["capabilities"]);
        Some(ModelItem { id, owned_by, window, reads_images })
    }

    fn offered(self) -> Offered {
        Offered { id: self.id, window: self.window, reads_images: self.reads_images }
    }
}

impl ServerProbe<'_> {
    /// The server, if it responds with a list of models.
    pub async fn identify(&self) -> Option<Server> {
        let list = self.get(self.base.join("models")).await?;
        let items = match &list["data"] {
            Value::Array(items) => items.iter().filter_map(ModelItem::read).collect(),
            // Ollama sends `null` if it has no model.
            Value::Null if list.get("data").is_some() => Vec::new(),
            _ => return None,
        };
        let program = self.program(&items).await;
        let mut models: Vec<Offered> = items.into_iter().map(ModelItem::offered).collect();
        if program == Program::LmStudio {
            let known = self.lm_studio().await.unwrap_or_default();
            models.retain(|model| !known.iter().any(|item| item.id == model.id && item.kind == "embeddings"));
        }
        Some(Server { program, base: self.base.clone(), models })
    }

    async fn program(&self, models: &[ModelItem]) -> Program {
        let owner = |name: &str| models.iter().any(|model| model.owned_by.as_deref() == Some(name));
        if !self.base.is_local_network() {
            return Program::Other;
        }
        if owner("vllm") {
            Program::Vllm
        } else if owner("llamacpp") {
            Program::LlamaCpp
        } else if self.get(self.base.outside_v1("api/version")).await.is_some_and(|found| found["version"].is_string()) {
            Program::Ollama
        } else if self.lm_studio().await.is_some() {
            Program::LmStudio
        } else {
            Program::Other
        }
    }

    /// The window that the server uses for a model.
    pub async fn window(&self, server: &Server, model: &str) -> Window {
        let listed = server.models.iter().find(|offered| offered.id == model).and_then(|offered| offered.window);
        let reported = match server.program {
            Program::Ollama => self.ollama_window(model).await,
            Program::LmStudio => self.lm_studio_window(model).await,
            Program::LlamaCpp => {
                let props = self.get(self.base.outside_v1("props")).await;
                props.and_then(|props| count(&props["default_generation_settings"]["n_ctx"])).or(listed)
            }
            Program::Vllm | Program::Other => listed,
        };
        reported
            .filter(|tokens| *tokens > 0)
            .map_or_else(|| guess(self.base, Some(server.program)), |tokens| Window { tokens, is_reported: true })
    }

    /// Whether the server says that a model reads pictures.
    pub async fn reads_images(&self, server: &Server, model: &str) -> bool {
        let is_listed = server.models.iter().any(|offered| offered.id == model && offered.reads_images);
        is_listed
            || match server.program {
                Program::Ollama => {
                    let show = (Method::POST, self.base.outside_v1("api/show"), Some(json!({"model": model})));
                    let described = self.request_json(show.0, show.1, show.2).await;
                    described.is_some_and(|described| sees(&described["capabilities"]))
                }
                Program::LmStudio => {
                    let models = self.lm_studio().await.unwrap_or_default();
                    models.iter().any(|item| item.id == model && item.kind == "vlm")
                }
                Program::LlamaCpp => {
                    let props = self.get(self.base.outside_v1("props")).await;
                    props.is_some_and(|props| props["modalities"]["vision"] == true)
                }
                Program::Vllm | Program::Other => self.base.is_openai() && !is_text_only(model),
            }
    }

    /// The window of the loaded model; if it is not loaded, `num_ctx` from its parameters.
    async fn ollama_window(&self, model: &str) -> Option<u64> {
        let is_this_model = |running: &&Value| {
            let tagged = format!("{model}:latest");
            ["name", "model"].iter().any(|field| running[field] == model || running[field] == tagged.as_str())
        };
        let running = self.get(self.base.outside_v1("api/ps")).await?;
        let loaded = running["models"].as_array().and_then(|models| models.iter().find(is_this_model).cloned());
        if let Some(tokens) = loaded.and_then(|model| model["context_length"].as_u64()) {
            return Some(tokens);
        }
        let described = self.request_json(Method::POST, self.base.outside_v1("api/show"), Some(json!({"model": model}))).await?;
        let num_ctx = described["parameters"].as_str()?.lines().find_map(|line| line.trim().strip_prefix("num_ctx"))?;
        num_ctx.trim().parse().ok()
    }

    async fn lm_studio_window(&self, model: &str) -> Option<u64> {
        let models = self.lm_studio().await?;
        models.into_iter().find(|item| item.id == model).and_then(|item| item.loaded_context_length)
    }

    async fn lm_studio(&self) -> Option<Vec<LmStudioItem>> {
        let found = self.get(self.base.outside_v1("api/v0/models")).await?;
        serde_json::from_value::<LmStudioList>(found).ok().map(|list| list.data)
    }

    async fn get(&self, url: Url) -> Option<Value> {
        self.request_json(Method::GET, url, None).await
    }

    /// The JSON body of a response with status 200 that arrives before the deadline.
    async fn request_json(&self, method: Method, url: Url, body: Option<Value>) -> Option<Value> {
        let mut request = Request::new(method, url);
        if let Some(key) = self.key.filter(|_| self.base.may_have_key()).and_then(super::bearer) {
            request.headers_mut().insert(reqwest::header::AUTHORIZATION, key);
        }
        if let Some(body) = body {
            let kind = reqwest::header::HeaderValue::from_static("application/json");
            request.headers_mut().insert(reqwest::header::CONTENT_TYPE, kind);
            *request.body_mut() = Some(body.to_string().into());
        }
        let answer = timeout_at(self.deadline, async {
            let response = self.client.execute(request).await.ok().filter(|response| response.status() == 200)?;
            Some(body_of(response, LIST_LIMIT).await)
        });
        serde_json::from_slice(&answer.await.ok()??).ok()
    }
}

#[derive(Deserialize)]
struct LmStudioList {
    data: Vec<LmStudioItem>,
}

#[derive(Deserialize)]
struct LmStudioItem {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    loaded_context_length: Option<u64>,
}

/// Whether a list of words has this one.
fn has_word(list: &Value, word: &str) -> bool {
    list.as_array().is_some_and(|words| words.iter().any(|listed| listed == word))
}

/// Whether the capabilities of a model, a list or an object, say that it reads pictures.
fn sees(capabilities: &Value) -> bool {
    has_word(capabilities, "vision") || capabilities["vision"] == true
}

/// OpenAI's list does not say what a model reads. All but a few old models read pictures.
fn is_text_only(model: &str) -> bool {
    ["gpt-3.5", "gpt-4-0", "davinci", "babbage", "o1-mini", "o1-preview", "o3-mini"].iter().any(|old| model.starts_with(old))
}

/// The guess for a window that the server does not report.
pub(super) fn guess(base: &BaseUrl, program: Option<Program>) -> Window {
    let tokens = match program {
        Some(program) if program.loads_models() => SMALL_WINDOW,
        _ if base.is_local_network() => LOCAL_WINDOW,
        _ => REMOTE_WINDOW,
    };
    Window { tokens, is_reported: false }
}
