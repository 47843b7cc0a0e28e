//! What the stub servers of model providers record for each request: the request, its outcome and its cost.

use serde_json::Value;

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// The scripted response was sent completely, with this status.
    Answered(u16),
    /// The request was invalid.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error message.
        message: String,
    },
    /// The script closed the connection.
    Cut,
    /// The client closed the connection.
    ClientLeft,
    /// There was no script for the request.
    Unscripted,
}

/// The cost of a request. Updated while the reply is sent, so that a cut reply is billed as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Tokens neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the cache for five minutes.
    pub cache_write_5m_tokens: u64,
    /// Tokens written to the cache for an hour.
    pub cache_write_1h_tokens: u64,
    /// Output tokens so far, thinking included.
    pub output_tokens: u64,
    /// Total cost in USD micro-cents (100,000,000 to the dollar), rounded up.
    pub micro_cents: u64,
}

impl Bill {
    /// Tokens of the whole prompt.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens
    }

    /// The part of the prompt that was read from the cache, in whole percent, rounded down.
    #[must_use]
    pub fn cached_percent(&self) -> u64 {
        self.cache_read_tokens * 100 / self.prompt_tokens().max(1)
    }
}

/// A recorded request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// 1 for the first request.
    pub number: u64,
    /// `POST` or `GET`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// In order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub raw: Vec<u8>,
    /// The parsed body; null if it is not JSON.
    pub body: Value,
    /// `None` while the request is being processed.
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

    /// The request as a router sees it.
    #[must_use]
    pub fn asked(&self) -> RequestView<'_> {
        RequestView { body: &self.body }
    }
}

/// A tool result in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// The id of the tool call.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Whether the call failed.
    pub is_error: bool,
}

/// A request as a router sees it: always in the format of the Messages API, whichever API the request used.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    /// The body in this format.
    pub body: &'a Value,
}

impl RequestView<'_> {
    /// The requested model.
    #[must_use]
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// The system text.
    #[must_use]
    pub fn system_text(&self) -> String {
        text_of(&self.body["system"])
    }

    /// The text of the first user message, without what GrowQR adds to it. For a sub-agent this is its task.
    #[must_use]
    pub fn first_user_text(&self) -> String {
        let users = self.messages().iter().filter(|message| message["role"] == "user");
        users.map(|message| as_written(&text_of(&message["content"]))).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The user's text since the last assistant message, without what GrowQR adds to it; empty if there are only tool results.
    #[must_use]
    pub fn last_user_text(&self) -> String {
        self.new_messages()
            .iter()
            .map(|message| as_written(&text_of(&message["content"])))
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The tool results since the last assistant message.
    #[must_use]
    pub fn tool_results(&self) -> Vec<ToolResult> {
        let blocks = self.new_messages().iter().filter_map(|message| message["content"].as_array()).flatten();
        blocks
            .filter(|block| block["type"] == "tool_result")
            .map(|block| ToolResult {
                id: block["tool_use_id"].as_str().unwrap_or_default().to_owned(),
                text: text_of(&block["content"]),
                is_error: block["is_error"] == true,
            })
            .collect()
    }

    /// Whether there are tool results since the last assistant message.
    #[must_use]
    pub fn has_tool_results(&self) -> bool {
        !self.tool_results().is_empty()
    }

    /// The names of the defined tools.
    #[must_use]
    pub fn tool_names(&self) -> Vec<&str> {
        self.body["tools"]
            .as_array()
            .map(|tools| tools.iter().filter_map(|tool| tool["name"].as_str()).collect())
            .unwrap_or_default()
    }

    /// The number of assistant messages.
    #[must_use]
    pub fn answers_so_far(&self) -> usize {
        self.messages().iter().filter(|message| message["role"] == "assistant").count()
    }

    fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The messages after the last assistant message.
    fn new_messages(&self) -> &[Value] {
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

/// A text without the picture of memory and the list of skills, and without the lines that say when a message was written.
fn as_written(text: &str) -> String {
    let mut text = text.to_owned();
    for (start, end) in [("<memory_picture>", "</memory_picture>"), ("<skills>", "</skills>")] {
        if let (Some(from), Some(to)) = (text.find(start), text.find(end)) {
            text.replace_range(from..to + end.len(), "");
        }
    }
    let days = ["Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"];
    let is_time = |line: &str| {
        let time = line.strip_prefix('[').filter(|_| line.ends_with(']') && line.contains(", UTC"));
        time.is_some_and(|time| days.iter().any(|day| time.starts_with(&format!("{day}day, "))))
    };
    text.lines().filter(|line| !is_time(line)).collect::<Vec<_>>().join("\n").trim().to_owned()
}
