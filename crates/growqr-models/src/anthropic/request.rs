//! The body of a request, built as text so that equal requests always have equal bytes.
//!
//! `max_tokens`, which may change from call to call, comes after the messages. So within a segment a later body starts with
//! the bytes of the earlier one up to the end of its messages, and the provider's prompt cache applies.

use super::{attached, table};
use crate::encoded::Encoded;
use growqr_core::attachment::AttachmentKind;
use growqr_core::model::ModelRequest;
use growqr_core::prompt::{MAX_SEARCHES, Role, Segment};
use growqr_core::raw::RawJson;
use std::fmt::Write;

/// The largest body that the service accepts.
pub(super) const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// Cache breakpoint: the service caches the prompt up to here for five minutes.
const EPHEMERAL: &str = r#"{"type":"ephemeral"}"#;

/// The body of `POST /v1/messages`.
///
/// It has two cache breakpoints: an explicit one after the system text and the tools, which all conversations of a segment
/// share, and the automatic one, which the service places after the last block.
pub(super) fn body(request: &ModelRequest) -> String {
    let size: usize = request.messages.iter().map(|message| message.content.text().len() + 32).sum();
    let files = Encoded::of(request, &AttachmentKind::ALL).reserved();
    let mut out = String::with_capacity(size + files + request.segment.system.len() + 4096);
    head(&mut out, &request.segment);
    out.push_str(r#","messages":["#);
    for (index, message) in request.messages.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(match message.role {
            Role::User => r#"{"role":"user","content":"#,
            Role::Assistant => r#"{"role":"assistant","content":"#,
        });
        match message.role {
            Role::User => attached::push_content(&mut out, &message.content, &request.files),
            Role::Assistant => out.push_str(message.content.text()),
        }
        out.push('}');
    }
    // Writing to a String cannot fail.
    let _ = write!(out, r#"],"max_tokens":{}}}"#, request.max_tokens);
    out
}

fn head(out: &mut String, segment: &Segment) {
    let behaviour = table::behaviour(&segment.model);
    let text = |text: &str| RawJson::of(text).text().to_owned();
    let _ = write!(out, r#"{{"model":{},"stream":true,"cache_control":{EPHEMERAL}"#, text(&segment.model));
    if behaviour.adaptive {
        // Without "summarized", thinking between tool calls arrives empty, and a long turn shows no progress.
        out.push_str(r#","thinking":{"type":"adaptive","display":"summarized"}"#);
    }
    if let Some(effort) = segment.effort.filter(|_| behaviour.effort) {
        let _ = write!(out, r#","output_config":{{"effort":{}}}"#, RawJson::of(&effort).text());
    }
    let has_system = !segment.system.trim().is_empty();
    if has_system {
        let _ = write!(out, r#","system":[{{"type":"text","text":{},"cache_control":{EPHEMERAL}}}]"#, text(&segment.system));
    }
    if segment.tools.is_empty() && !segment.web_search {
        return;
    }
    out.push_str(r#","tools":["#);
    for (index, tool) in segment.tools.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let _ = write!(
            out,
            r#"{{"name":{},"description":{},"input_schema":{}"#,
            text(&tool.name),
            text(&tool.description),
            tool.input_schema.text()
        );
        if !has_system && index + 1 == segment.tools.len() {
            let _ = write!(out, r#","cache_control":{EPHEMERAL}"#);
        }
        out.push('}');
    }
    if segment.web_search {
        if !segment.tools.is_empty() {
            out.push(',');
        }
        // Direct calls: no code of the model filters what was found, so that nothing runs and every block can be kept as it is.
        let _ = write!(
            out,
            r#"{{"type":"web_search_20260318","name":"web_search","max_uses":{MAX_SEARCHES},"allowed_callers":["direct"]}}"#
        );
    }
    out.push(']');
}
