//! The body of a request for a message, as far as the gateway reads and changes it. The text of unchanged fields is kept.

use crate::content::{self, Part};
use crate::fields::Fields;
use crate::refusal::Refusal;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The smallest thinking budget that the Messages API accepts.
const MIN_THINKING: u64 = 1024;

/// Fields that are passed on. Others may cost more than tokens do, such as a faster service, or let the service fetch from the network.
const FIELDS: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "output_format",
    "cache_control",
    "max_tokens",
    "metadata",
    "stop_sequences",
    "stream",
    "temperature",
    "top_p",
    "top_k",
];

/// A request for a message.
pub(crate) struct MessageRequest<'a> {
    fields: Fields<'a>,
    /// The requested model.
    pub model: String,
    /// The requested output limit.
    pub max_tokens: u64,
    /// Whether the answer is an event stream.
    pub stream: bool,
    /// The parts of the prompt.
    pub parts: Vec<Part<'a>>,
    /// Whether something is to be cached for an hour, which costs more.
    pub caches_for_an_hour: bool,
}

impl<'a> MessageRequest<'a> {
    /// Reads a body.
    pub fn parse(body: &'a [u8]) -> Result<MessageRequest<'a>, Refusal> {
        let fields: Fields<'a> = serde_json::from_slice(body)
            .map_err(|error| Refusal::invalid(format!("The body is not a JSON object with distinct fields: {error}")))?;
        if let Some((name, _)) = fields.iter().find(|(name, _)| !FIELDS.contains(&name.as_str())) {
            return Err(Refusal::invalid(format!("{name}: this field cannot be used here")));
        }
        let scan = content::scan(&fields, body.len())?;
        Ok(MessageRequest {
            model: fields.required("model")?,
            max_tokens: fields.required("max_tokens")?,
            stream: fields.optional("stream")?.unwrap_or(false),
            parts: scan.parts,
            caches_for_an_hour: scan.caches_for_an_hour,
            fields,
        })
    }

    /// A field.
    pub fn field<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Refusal> {
        self.fields.optional(name)
    }

    /// The body with this model and output limit; `None` if the body already has them. Fails if the output limit is too small for the
    /// requested thinking.
    pub fn with(&self, model: &str, max_tokens: u64) -> Result<Option<Vec<u8>>, TooSmallForThinking> {
        if model == self.model && max_tokens == self.max_tokens {
            return Ok(None);
        }
        let thinking = self.thinking_within(max_tokens)?;
        let mut out = String::from("{");
        for (index, (name, value)) in self.fields.iter().enumerate() {
            let value = match name.as_str() {
                "model" => Value::from(model).to_string(),
                "max_tokens" => max_tokens.to_string(),
                "thinking" if thinking.is_some() => thinking.clone().unwrap_or_default(),
                _ => value.get().to_owned(),
            };
            let comma = if index > 0 { "," } else { "" };
            out.push_str(&format!("{comma}{}:{value}", Value::from(name.as_str())));
        }
        out.push('}');
        Ok(Some(out.into_bytes()))
    }

    /// The thinking setting with a smaller budget, if the requested budget is not below the output limit.
    fn thinking_within(&self, max_tokens: u64) -> Result<Option<String>, TooSmallForThinking> {
        let Ok(Some(mut thinking)) = self.fields.optional::<Map<String, Value>>("thinking") else { return Ok(None) };
        let Some(budget) = thinking.get("budget_tokens").and_then(Value::as_u64) else { return Ok(None) };
        if budget < max_tokens || max_tokens >= self.max_tokens {
            return Ok(None);
        }
        if max_tokens / 2 < MIN_THINKING {
            return Err(TooSmallForThinking);
        }
        thinking.insert("budget_tokens".to_owned(), (max_tokens / 2).into());
        Ok(Some(Value::Object(thinking).to_string()))
    }
}

/// The output limit does not leave room for the requested thinking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooSmallForThinking;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<MessageRequest<'_>, Refusal> {
        MessageRequest::parse(body.as_bytes())
    }

    #[test]
    fn only_the_model_and_the_output_limit_change() {
        let body = r#"{"model":"growqr", "max_tokens":32000,"messages":[{"role":"user","content":"\u00e4 1.0"}],"stream":true}"#;
        let request = parse(body).unwrap();
        assert_eq!(request.with("growqr", 32_000), Ok(None));
        let changed = String::from_utf8(request.with("m", 9).unwrap().unwrap()).unwrap();
        let expected = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"\u00e4 1.0"}],"stream":true}"#;
        assert_eq!(changed, expected);
    }

    #[test]
    fn a_thinking_budget_stays_below_a_lowered_output_limit() {
        let body = r#"{"model":"m","max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":16000},"messages":[]}"#;
        let request = parse(body).unwrap();
        let changed = String::from_utf8(request.with("m", 4_000).unwrap().unwrap()).unwrap();
        assert!(changed.contains(r#""budget_tokens":2000"#), "{changed}");
        assert!(String::from_utf8(request.with("m", 20_000).unwrap().unwrap()).unwrap().contains("16000"));
        assert_eq!(request.with("m", 1_000), Err(TooSmallForThinking));
    }

    #[test]
    fn fields_that_cost_more_than_tokens_are_refused() {
        for field in
            [r#""speed":"fast""#, r#""fallbacks":[]"#, r#""service_tier":"auto""#, r#""max_tokens":2"#, r#""m\u0061x_tokens":2"#]
        {
            let body = format!(r#"{{"model":"m","max_tokens":1,"messages":[],{field}}}"#);
            assert_eq!(parse(&body).err().map(|refusal| refusal.status), Some(400), "{field}");
        }
        assert!(parse(r#"{"max_tokens":1,"messages":[]}"#).is_err());
        assert!(parse("[]").is_err());
    }
}
