//! What a stand-in for models remembers of each request: what was asked, what it made of it, how it ended and what it cost.

use serde_json::Value;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// It was answered to the end, as scripted; for scripted HTTP errors, with this status.
    Answered(u16),
    /// It broke a rule.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: String,
    },
    /// The script closed the connection.
    Cut,
    /// The client closed the connection.
    ClientLeft,
    /// No script was left for it.
    Unscripted,
}

/// What one request cost. Kept up to date while the answer is sent, so that cut answers are billed too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Read from the cache.
    pub cache_read_tokens: u64,
    /// Written for five minutes.
    pub cache_write_5m_tokens: u64,
    /// Written for an hour.
    pub cache_write_1h_tokens: u64,
    /// Made so far, thinking included.
    pub output_tokens: u64,
    /// All of it in USD micro-cents (100,000,000 a dollar), rounded up.
    pub micro_cents: u64,
}

impl Bill {
    /// The whole prompt.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens
    }

    /// How much of the prompt came from the cache, in whole percent, rounded down.
    #[must_use]
    pub fn cached_percent(&self) -> u64 {
        self.cache_read_tokens * 100 / self.prompt_tokens().max(1)
    }
}

/// One request and its fate.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// 1 for the first request this stand-in got.
    pub number: u64,
    /// `POST` or `GET`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub raw: Vec<u8>,
    /// The body; null if it is not JSON.
    pub body: Value,
    /// `None` while it is under way.
    pub ended: Option<RequestOutcome>,
    /// `None` for requests that are not billed.
    pub bill: Option<Bill>,
}

impl RecordedRequest {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The request in the form in which scripts are chosen.
    #[must_use]
    pub fn asked(&self) -> RequestView<'_> {
        RequestView { body: &self.body }
    }
}

/// A tool result in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// The call it answers.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Whether the call failed.
    pub is_error: bool,
}

/// A request as a script chooser sees it, in the form of the Messages API whatever language it came in.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    /// The whole body, in that form.
    pub body: &'a Value,
}

impl RequestView<'_> {
    /// The model asked for.
    #[must_use]
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// All operator text.
    #[must_use]
    pub fn system_text(&self) -> String {
        text_of(&self.body["system"])
    }

    /// The words of the first user message: for a sub-agent, its task.
    #[must_use]
    pub fn first_user_text(&self) -> String {
        self.messages()
            .iter()
            .find(|message| message["role"] == "user")
            .map(|message| text_of(&message["content"]))
            .unwrap_or_default()
    }

    /// The words of the user since the last answer; empty if there are only tool results.
    #[must_use]
    pub fn last_user_text(&self) -> String {
        self.news()
            .iter()
            .map(|message| text_of(&message["content"]))
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The tool results since the last answer.
    #[must_use]
    pub fn tool_results(&self) -> Vec<ToolResult> {
        let blocks = self.news().iter().filter_map(|message| message["content"].as_array()).flatten();
        blocks
            .filter(|block| block["type"] == "tool_result")
            .map(|block| ToolResult {
                id: block["tool_use_id"].as_str().unwrap_or_default().to_owned(),
                text: text_of(&block["content"]),
                is_error: block["is_error"] == true,
            })
            .collect()
    }

    /// Whether the request answers tool calls.
    #[must_use]
    pub fn has_tool_results(&self) -> bool {
        !self.tool_results().is_empty()
    }

    /// The names of the tools on offer.
    #[must_use]
    pub fn tool_names(&self) -> Vec<&str> {
        self.body["tools"]
            .as_array()
            .map(|tools| tools.iter().filter_map(|tool| tool["name"].as_str()).collect())
            .unwrap_or_default()
    }

    /// How many assistant messages there are already.
    #[must_use]
    pub fn answers_so_far(&self) -> usize {
        self.messages().iter().filter(|message| message["role"] == "assistant").count()
    }

    fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The messages after the last assistant message.
    fn news(&self) -> &[Value] {
        let messages = self.messages();
        let from = messages.iter().rposition(|message| message["role"] == "assistant").map_or(0, |at| at + 1);
        &messages[from..]
    }
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}
