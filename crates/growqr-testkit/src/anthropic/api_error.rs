//! Error responses in the format of the service.

use serde_json::{Value, json};

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
}

impl ApiError {
    pub fn new(status: u16, kind: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, kind, message: message.into() }
    }

    /// A 400 with this message.
    pub fn invalid(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "invalid_request_error", message)
    }

    /// An unknown field.
    pub fn extra(path: &str) -> ApiError {
        ApiError::invalid(format!("{path}: Extra inputs are not permitted"))
    }

    /// A missing field.
    pub fn required(path: &str) -> ApiError {
        ApiError::invalid(format!("{path}: Field required"))
    }

    /// The error's JSON body.
    pub fn body(&self, request_id: &str) -> Value {
        error_body(self.kind, &self.message, Some(request_id))
    }
}

/// The JSON body of an error.
pub(crate) fn error_body(kind: &str, message: &str, request_id: Option<&str>) -> Value {
    let mut body = json!({"type": "error", "error": {"type": kind, "message": message}});
    if let Some(id) = request_id {
        body["request_id"] = id.into();
    }
    body
}
