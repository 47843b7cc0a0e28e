//! The files that stand in a request in base64: they cost by what they are, and not by their bytes.

use growqr_core::attachment::AttachmentKind;
use growqr_core::model::ModelRequest;
use growqr_core::prompt::attachments_of;

/// The attached files that a request has in base64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Their size in base64.
    pub bytes: u64,
    /// The estimate of their tokens.
    pub tokens: u64,
}

impl Encoded {
    /// The files of these kinds whose content is there.
    pub fn of(request: &ModelRequest, kinds: &[AttachmentKind]) -> Encoded {
        let files = request.messages.iter().flat_map(|message| attachments_of(&message.content));
        let present = files.filter(|file| kinds.contains(&file.kind) && request.files.get(&file.hash).is_some());
        present.fold(Encoded::default(), |sum, file| Encoded {
            bytes: sum.bytes.saturating_add(file.bytes.div_ceil(3).saturating_mul(4)),
            tokens: sum.tokens.saturating_add(file.token_estimate()),
        })
    }

    /// The room to reserve for them, so that a body does not have to be moved while it grows.
    pub fn reserved(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(0)
    }

    /// The size of a body of `bytes` bytes with each of them counted as a text of as many tokens, so that tokens can be estimated by
    /// it.
    pub fn as_text(self, bytes: u64, bytes_per_token: u64) -> u64 {
        bytes.saturating_sub(self.bytes).saturating_add(self.tokens.saturating_mul(bytes_per_token))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use growqr_core::attachment::Attachment;
    use growqr_core::id::{AgentId, ContentHash};
    use growqr_core::model::Files;
    use growqr_core::prompt::{Message, Role, Segment, attachment_block};
    use growqr_core::raw::RawJson;
    use std::sync::Arc;

    /// A request with a picture of this content.
    pub(crate) fn with_picture(content: Vec<u8>) -> ModelRequest {
        let (kind, bytes) = (AttachmentKind::Image, content.len() as u64);
        let (hash, name, media_type) = (ContentHash::new("h"), "a.png".to_owned(), "image/png".to_owned());
        let picture = Attachment { hash: hash.clone(), name, kind, media_type, bytes, pixels: None, pages: None };
        let message = Message { role: Role::User, content: RawJson::of(&[attachment_block(&picture)]) };
        let segment = Segment {
            web_search: false,
            provider: String::new(),
            model: "m".to_owned(),
            effort: None,
            system: "Be kind.".to_owned(),
            tools: Vec::new(),
            address: None,
        };
        ModelRequest {
            agent: AgentId::grow(),
            segment: Arc::new(segment),
            messages: vec![message],
            max_tokens: 1,
            files: Files(Arc::new([(hash, content)].into())),
        }
    }

    #[test]
    fn a_picture_counts_by_its_tokens_in_place_of_its_bytes() {
        let request = with_picture(vec![0; 100]);
        let picture = Encoded::of(&request, &[AttachmentKind::Image]);
        assert_eq!(picture.bytes, 136);
        assert_eq!(picture.as_text(1_000, 3), 1_000 - 136 + 3 * picture.tokens);
        assert_eq!(Encoded::of(&request, &[AttachmentKind::Pdf]), Encoded::default());
        let missing = ModelRequest { files: Files::default(), ..request };
        assert_eq!(Encoded::of(&missing, &[AttachmentKind::Image]), Encoded::default(), "it is only named");
    }
}
