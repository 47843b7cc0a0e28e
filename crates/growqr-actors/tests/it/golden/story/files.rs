//! The story of messages with attached files.

use super::{Story, calls, says};
use growqr_actors::load_earlier;
use growqr_core::agent::Input;
use growqr_core::attachment::{Attachment, AttachmentKind, Pixels, examine};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ContentHash};
use growqr_core::journal::Store;
use growqr_core::model::FailureKind;
use serde_json::json;
use std::sync::Arc;

/// Writes the story into an empty store.
pub async fn write_files(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.change_settings(|settings| settings.reads = vec![AttachmentKind::Image, AttachmentKind::Pdf]);
    story.files().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.files_that_are_left_open().await;
}

/// A file whose content is stored nowhere.
fn file(name: &str, kind: AttachmentKind) -> Attachment {
    let (pixels, pages) = match kind {
        AttachmentKind::Text => (None, None),
        AttachmentKind::Image => (Some(Pixels { width: 640, height: 480 }), None),
        AttachmentKind::Pdf => (None, Some(3)),
    };
    let hash = ContentHash::new(growqr_core::id::sha256_hex(name.as_bytes()));
    Attachment { hash, name: name.to_owned(), kind, media_type: "a/b".to_owned(), bytes: 1_234, pixels, pages }
}

impl Story {
    async fn attach(&self, text: &str, attachments: Vec<Attachment>) {
        let said = Input::Said { id: self.message(), text: text.to_owned(), attachments };
        self.input(&AgentId::grow(), said).await;
    }

    /// Files of each kind; one to a model that does not read it, after a refused past, and with a message that is written anew.
    async fn files(&self) {
        let grow = AgentId::grow();
        self.input(&grow, Input::Created).await;
        let stored = examine("notes 📎.txt", b"stored".to_vec()).unwrap();
        self.ports.store.save_attachment(&stored.attachment, &stored.content, Timestamp(1)).await.unwrap();
        let notes = stored.attachment;
        let pictures = || vec![file("dot.png", AttachmentKind::Image), file("a \"b\".pdf", AttachmentKind::Pdf)];
        self.attach("What is this?", [vec![notes.clone()], pictures()].concat()).await;
        let first = self.ports.store.messages(&grow, None, 1).await.unwrap().remove(0).seq;
        self.answer(&grow, calls(&[("read_memory", json!({"path": "notes.md"}))])).await;
        self.attach("", vec![file("queued.png", AttachmentKind::Image)]).await;
        for effect in self.open_tools(&grow).await {
            let result = growqr_core::tool::ToolResult::ok("found");
            self.input(&grow, Input::Finished { effect, result }).await;
        }
        self.answer(&grow, says("A dot.")).await;
        self.attach("Once more", pictures()).await;
        self.fail(&grow, FailureKind::PastRefused).await;
        self.answer(&grow, says("A dot, still.")).await;
        self.change_settings(|settings| settings.reads = Vec::new());
        self.attach("And now?", pictures()).await;
        self.answer(&grow, says("I do not see it.")).await;
        self.change_settings(|settings| settings.reads = vec![AttachmentKind::Image, AttachmentKind::Pdf]);
        let earlier = load_earlier(&*self.ports.store, &grow, first).await.unwrap().unwrap();
        let (id, text, before, as_of) = (self.message(), "Look closely.".to_owned(), Box::new(earlier.before), earlier.as_of);
        self.input(&grow, Input::SayAgain { id, message: first, text, attachments: vec![notes], before, as_of }).await;
        self.answer(&grow, says("Notes.")).await;
    }

    /// A kill during the call for a message with a file, with another one queued.
    async fn files_that_are_left_open(&self) {
        self.attach("open", vec![file("open.png", AttachmentKind::Image)]).await;
        self.attach("later", vec![file("later.pdf", AttachmentKind::Pdf)]).await;
    }
}
