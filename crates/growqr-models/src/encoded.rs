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

    /// The size of a body of `bytes` bytes with each of them counted as a text of as many tokens, so that tokens can be estimated by
    /// it.
    pub fn as_text(self, bytes: u64, bytes_per_token: u64) -> u64 {
        bytes.saturating_sub(self.bytes).saturating_add(self.tokens.saturating_mul(bytes_per_token))
    }
}
