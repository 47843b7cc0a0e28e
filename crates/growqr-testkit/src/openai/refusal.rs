//! Why a request is not answered, in the words of real servers.

use super::manner::Manner;
use serde_json::{Value, json};

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, code, message: message.into() }
    }

    pub fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "invalid_request_error", message)
    }

    pub fn required(path: &str) -> Refusal {
        Refusal::invalid(format!("Missing required parameter: '{path}'."))
    }

    /// The error's JSON body.
    pub fn body(&self, manner: &Manner) -> Value {
        if manner.bare_errors {
            return json!({"error": self.message});
        }
        json!({"error": {"message": self.message, "type": self.code, "param": null, "code": self.code}})
    }
}
