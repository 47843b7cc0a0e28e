//! Responses.

use serde_json::{Value, json};

/// A response of the server.
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Reply {
        Reply::text(status, body.to_string()).with("content-type", "application/json;charset=utf-8")
    }

    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// An error of the API.
    pub fn error(status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({"message": message, "url": "/api/swagger"}))
    }
}
