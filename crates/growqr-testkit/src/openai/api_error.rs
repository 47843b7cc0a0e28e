//! The error responses of the OpenAI stub, worded like those of real servers.

use super::behaviour::ServerBehaviour;
use serde_json::{Value, json};

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
}

impl ApiError {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into() }
    }

    pub fn invalid(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "invalid_request_error", message)
    }

    pub fn required(path: &str) -> ApiError {
        ApiError::invalid(format!("Missing required parameter: '{path}'."))
    }

    /// The error's JSON body.
    pub fn body(&self, behaviour: &ServerBehaviour) -> Value {
        if behaviour.bare_errors {
            return json!({"error": self.message});
        }
        json!({"error": {"message": self.message, "type": self.code, "param": null, "code": self.code}})
    }
}
