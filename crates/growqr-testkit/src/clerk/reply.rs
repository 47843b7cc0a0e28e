//! A response as a value.

use serde_json::{Value, json};

/// A response.
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, &[("content-type", "application/json"), ("cache-control", "no-store")], body.to_string())
    }

    pub fn page(status: u16, body: String) -> Self {
        Self::new(status, &[("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store")], body)
    }

    /// A GIF of one pixel.
    pub fn picture() -> Self {
        let pixel = "GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
        Self::new(200, &[("content-type", "image/gif")], pixel.to_owned())
    }

    pub fn redirect(to: &str) -> Self {
        Self::new(303, &[("location", to)], String::new())
    }

    /// An OAuth error.
    pub fn oauth(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({"error": error, "error_description": description}))
    }

    /// An error in Clerk's own format.
    pub fn clerk(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({"errors": [{"code": code, "message": message, "long_message": message}]}))
    }

    fn new(status: u16, headers: &[(&str, &str)], body: String) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { status, headers, body }
    }
}

/// Appends query parameters to a URL.
pub(super) fn with_query(address: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let join = if address.contains('?') { '&' } else { '?' };
    format!("{address}{join}{query}")
}
