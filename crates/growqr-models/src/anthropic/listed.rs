//! Reads the list of models of the Models API, field by field: an entry that cannot be read costs nothing but itself.

use super::table::{self, Retirement};
use crate::lenient::{count, scalar};
use growqr_core::attachment::AttachmentKind;
use serde_json::Value;

/// What the Models API reports about a model. It replaces the values of the built-in table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub id: String,
    pub name: String,
    pub context: Option<u64>,
    pub output: Option<u64>,
    /// The kinds of attached files that it does not read, as the service says.
    pub reads_not: Vec<AttachmentKind>,
    /// `None` for a model that stays, as far as the service says.
    pub retirement: Option<Retirement>,
}

/// One page of the list.
#[derive(Debug)]
pub(super) struct ModelsPage {
    pub models: Vec<Listed>,
    /// The id after which the next page begins.
    pub next: Option<String>,
}

impl ModelsPage {
    /// `None` if the text has no list.
    pub fn read(body: &[u8]) -> Option<ModelsPage> {
        let page: Value = serde_json::from_slice(body).ok()?;
        let models = page["data"].as_array()?.iter().filter_map(Listed::read).collect();
        let has_more = scalar(&page["has_more"]).is_some_and(|more| more == "true");
        Some(ModelsPage { models, next: scalar(&page["last_id"]).filter(|_| has_more) })
    }
}

impl Listed {
    /// `None` without an id.
    fn read(item: &Value) -> Option<Listed> {
        let id = scalar(&item["id"]).filter(|id| !id.is_empty())?;
        let name = scalar(&item["display_name"]).filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
        // A model without a window, or one that cannot answer, is no model.
        let size = |field: &str| count(&item[field]).filter(|tokens| *tokens > 0);
        let is_ending = item["lifecycle"].as_str().is_some_and(|state| matches!(state, "deprecated" | "retired"));
        let date = item["retires_at"].as_str().and_then(|at| at.get(..10)).map(str::to_owned);
        let retirement = (is_ending || date.is_some()).then(|| {
            let known = table::retirement(&id);
            let date = date.or_else(|| known.as_ref().and_then(|known| known.date.clone()));
            let line = item["line"].as_str().map(str::to_owned);
            Retirement {
                date,
                successor: known.map_or_else(|| table::newest_of_line(line.as_deref(), &id), |known| known.successor),
            }
        });
        let is_refused = |capability: &str| {
            scalar(&item["capabilities"][capability]["supported"]).is_some_and(|supported| supported == "false")
        };
        let kinds = [(AttachmentKind::Image, "image_input"), (AttachmentKind::Pdf, "pdf_input")];
        let reads_not = kinds.into_iter().filter(|(_, capability)| is_refused(capability)).map(|(kind, _)| kind).collect();
        Some(Listed { name, context: size("max_input_tokens"), output: size("max_tokens"), reads_not, retirement, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(page: &Value) -> ModelsPage {
        ModelsPage::read(page.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_entry_that_cannot_be_read_does_not_lose_the_list() {
        let page = json!({"has_more": "true", "last_id": "c", "data": [
            {"id": "claude-a", "display_name": "A", "max_input_tokens": "1000000", "max_tokens": 64_000.0},
            "odd", 7, null, {"display_name": "no id"}, {"id": null}, {"id": ""},
            {"id": "claude-b", "display_name": {"en": "B"}, "max_input_tokens": -1, "max_tokens": null, "lifecycle": 3},
        ]});
        let ModelsPage { models, next } = read(&page);
        let found: Vec<_> =
            models.iter().map(|model| (model.id.as_str(), model.name.as_str(), model.context, model.output)).collect();
        assert_eq!(found, [("claude-a", "A", Some(1_000_000), Some(64_000)), ("claude-b", "claude-b", None, None)]);
        assert_eq!(next.as_deref(), Some("c"));
        assert!(ModelsPage::read(b"{\"data\": 1}").is_none() && ModelsPage::read(b"<html>").is_none());
    }

    #[test]
    fn a_retirement_is_read_from_the_list_with_a_successor_from_the_table() {
        let page = json!({"data": [
            {"id": "claude-sonnet-5", "lifecycle": "deprecated", "line": "sonnet", "retires_at": "2027-06-30T00:00:00Z"},
            {"id": "claude-opus-4-5-20251101", "lifecycle": "deprecated", "retires_at": null},
            {"id": "claude-opus-5-5", "lifecycle": "active", "retires_at": null},
        ]});
        let found: Vec<_> = read(&page).models.into_iter().map(|model| model.retirement).collect();
        let retirement =
            |date: &str, successor: &str| Some(Retirement { date: Some(date.to_owned()), successor: successor.to_owned() });
        let expected = [retirement("2027-06-30", "claude-sonnet-5-5"), retirement("2027-01-22", "claude-opus-5-5"), None];
        assert_eq!(found, expected);
    }
}
