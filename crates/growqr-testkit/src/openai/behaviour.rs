//! The behaviour of a server: each field is a difference between real servers.

use serde_json::{Value, json};

/// The program that the stub imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the programs' own.
pub enum Program {
    /// An unknown program.
    Plain,
    Ollama,
    LmStudio,
    LlamaCpp,
    Vllm,
}

/// How tool calls are streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// First the name, then the arguments in pieces, each with the index of the call.
    InPieces,
    /// Each call complete in one event, all with index 0.
    WholeAtZero,
    /// Each call complete in one event, without an index.
    WholeWithoutIndex,
}

/// The behaviour of a server.
#[derive(Clone, Debug)]
pub struct ServerBehaviour {
    /// The imitated program.
    pub program: Program,
    /// The ids of its models.
    pub models: Vec<String>,
    /// The context window in tokens, prompt and answer together.
    pub window: u64,
    /// The required key; `None` if no key is required.
    pub key: Option<String>,
    /// How tool calls are streamed.
    pub calls: Calls,
    /// Whether tool calls have ids.
    pub ids: bool,
    /// Whether the finish reason is `stop` where it should be `tool_calls`.
    pub says_stop: bool,
    /// The name of the field for thinking.
    pub thinking_field: &'static str,
    /// Whether the stream contains token counts if they are requested.
    pub counts: bool,
    /// Whether streams end with `[DONE]`.
    pub says_done: bool,
    /// Whether lines end with CR LF, with comments between the events.
    pub crlf: bool,
    /// Whether `error` is a plain string instead of an object.
    pub bare_errors: bool,
    /// Whether the ids of calls must have nine letters and digits, and no user message may follow a tool's result, as with
    /// Mistral.
    pub is_mistral: bool,
    /// Whether the text of a message may be a list of parts, as with OpenAI itself.
    pub takes_parts: bool,
    /// The field of the list of models with the window, for an unknown program.
    pub window_field: Option<&'static str>,
}

impl ServerBehaviour {
    /// A server that follows OpenAI's documentation.
    #[must_use]
    pub fn plain() -> ServerBehaviour {
        ServerBehaviour {
            program: Program::Plain,
            models: vec!["tiny".to_owned(), "qwen3:8b".to_owned()],
            window: 32_768,
            key: None,
            calls: Calls::InPieces,
            ids: true,
            says_stop: false,
            thinking_field: "reasoning_content",
            counts: true,
            says_done: true,
            crlf: false,
            bare_errors: false,
            is_mistral: false,
            takes_parts: false,
            window_field: None,
        }
    }

    /// The behaviour of Ollama.
    #[must_use]
    pub fn ollama() -> ServerBehaviour {
        ServerBehaviour {
            program: Program::Ollama,
            calls: Calls::WholeAtZero,
            thinking_field: "reasoning",
            ..ServerBehaviour::plain()
        }
    }

    /// The behaviour of LM Studio.
    #[must_use]
    pub fn lm_studio() -> ServerBehaviour {
        ServerBehaviour { program: Program::LmStudio, ..ServerBehaviour::plain() }
    }

    /// The behaviour of llama.cpp's server.
    #[must_use]
    pub fn llama_cpp() -> ServerBehaviour {
        ServerBehaviour { program: Program::LlamaCpp, ..ServerBehaviour::plain() }
    }

    /// The behaviour of vLLM.
    #[must_use]
    pub fn vllm() -> ServerBehaviour {
        ServerBehaviour { program: Program::Vllm, thinking_field: "reasoning", ..ServerBehaviour::plain() }
    }

    /// `GET /v1/models`.
    pub(super) fn list(&self) -> Value {
        let owner = match self.program {
            Program::Plain => "somebody",
            Program::Ollama => "library",
            Program::LmStudio => "organization_owner",
            Program::LlamaCpp => "llamacpp",
            Program::Vllm => "vllm",
        };
        let models: Vec<Value> = self
            .models
            .iter()
            .map(|id| {
                let mut model = json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": owner});
                if let Some(field) = self.window_field {
                    model[field] = json!(self.window);
                }
                match self.program {
                    Program::Vllm => model["max_model_len"] = json!(self.window),
                    // The context size of the training, which is not the window in use.
                    Program::LlamaCpp => model["meta"] = json!({"n_ctx_train": 1_000_000}),
                    _ => {}
                }
                model
            })
            .collect();
        match self.program {
            Program::Ollama if models.is_empty() => json!({"object": "list", "data": null}),
            // llama.cpp lists its models a second time, in a format of its own.
            Program::LlamaCpp => json!({"object": "list", "data": models, "models": [{"name": "tiny", "model": "tiny"}]}),
            _ => json!({"object": "list", "data": models}),
        }
    }

    /// The response of the program's own API to this request, if it has one.
    pub(super) fn native_api(&self, method: &str, path: &str, body: &Value, is_loaded: bool) -> Option<Value> {
        let is_known = |id: &Value| id.as_str().is_some_and(|id| self.models.iter().any(|model| model == id));
        match (self.program, method, path) {
            (Program::Ollama, "GET", "/api/version") => Some(json!({"version": "0.13.1"})),
            (Program::Ollama, "GET", "/api/ps") => {
                let loaded = |id: &String| json!({"name": id, "model": id, "size": 1, "context_length": self.window});
                Some(json!({"models": if is_loaded { self.models.iter().map(loaded).collect() } else { Vec::new() }}))
            }
            (Program::Ollama, "POST", "/api/show") if is_known(&body["model"]) => Some(json!({
                "parameters": "stop                           \"<|im_end|>\"\ntemperature                    0.6",
                "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 262_144},
                "capabilities": ["completion", "tools"],
            })),
            (Program::LmStudio, "GET", "/api/v0/models") => {
                let models: Vec<Value> = self.models.iter().map(|id| self.lm_studio_row(id, is_loaded)).collect();
                Some(json!({"object": "list", "data": models}))
            }
            (Program::LlamaCpp, "GET", "/props") => {
                Some(json!({"default_generation_settings": {"n_ctx": self.window}, "total_slots": 4}))
            }
            _ => None,
        }
    }

    fn lm_studio_row(&self, id: &str, is_loaded: bool) -> Value {
        let kind = if id.contains("embed") { "embeddings" } else { "llm" };
        let state = if is_loaded { "loaded" } else { "not-loaded" };
        let mut row = json!({"id": id, "object": "model", "type": kind, "state": state, "max_context_length": 131_072});
        if is_loaded {
            row["loaded_context_length"] = json!(self.window);
        }
        row
    }
}
