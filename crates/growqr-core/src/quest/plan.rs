//! The plan of a quest: a page of memory in Markdown.
//!
//! Its steps are the items of the first list that has boxes (`- [ ] …`), or that follows a heading "Steps"; a page with boxes in a
//! later list is no plan, since its list may have come apart. The page may come from
//! anywhere, so it is data: a library reads it, every size is limited, and what is no plan is an error that says how to write one.

use crate::schedule::line;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The folder of memory in which plans are usually kept.
pub const FOLDER: &str = "quests/";

/// The most steps of a plan.
pub const MAX_STEPS: usize = 50;

/// The most characters of a plan, of a name and of a title.
const MAX_PLAN: usize = 20_000;
const MAX_NAME: usize = 60;
const MAX_TITLE: usize = 120;

/// A page, read as a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The title of the page, or the name of its file.
    pub name: String,
    /// At least one.
    pub steps: Vec<Step>,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// From 1, in the order of the plan.
    pub number: u32,
    /// Its first line.
    pub title: String,
    /// All of it, as it is written.
    pub task: String,
    /// It begins once this step is done or skipped: the one before, if the list has numbers.
    pub after: Option<u32>,
    /// It was ticked before the quest was started.
    pub is_ticked: bool,
}

/// Why a page is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No list has boxes or follows a heading "Steps".
    #[error("the page has no steps")]
    NoSteps,
    /// Every step is ticked.
    #[error("every step of the page is ticked already")]
    AllTicked,
    /// There are too many.
    #[error("the page has more than {MAX_STEPS} steps")]
    TooManySteps,
    /// There are boxes after the list of steps.
    #[error("the steps are in more than one list; put them into one")]
    Split,
    /// A box without words.
    #[error("step {0} of the page is empty")]
    Empty(usize),
    /// The page is too long.
    #[error("the page is longer than {MAX_PLAN} characters")]
    TooLong,
}

/// How to write a plan.
pub const HOW: &str = "Write each step as \"1. [ ] what to do\" if it comes after the one before, or as \"- [ ] what to do\" if it \
                       can be done beside the others. All steps are in one list: nothing else stands between them, unless it is \
                       indented, and all begin alike.";

impl Plan {
    /// Reads the page at this path.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn parse(path: &str, page: &str) -> Result<Plan, PlanError> {
        if page.chars().nth(MAX_PLAN).is_some() {
            return Err(PlanError::TooLong);
        }
        let Page { title, items, is_split } = Page::read(page);
        if is_split {
            return Err(PlanError::Split);
        }
        if items.len() > MAX_STEPS {
            return Err(PlanError::TooManySteps);
        }
        if let Some(empty) = items.iter().position(|item| item.title.is_empty()) {
            return Err(PlanError::Empty(empty + 1));
        }
        let steps: Vec<Step> = (1..).zip(items).map(|(number, item)| item.step(number)).collect();
        match &steps[..] {
            [] => Err(PlanError::NoSteps),
            steps if steps.iter().all(|step| step.is_ticked) => Err(PlanError::AllTicked),
            _ => Ok(Plan { name: title.filter(|title| !title.is_empty()).unwrap_or_else(|| file_name(path)), steps }),
        }
    }
}

/// The page with a tick at this step; `None` if the step is no longer there as it was, has no box, or is ticked.
#[must_use]
pub fn ticked(page: &str, step: &Step) -> Option<String> {
    let items = Page::read(page).items;
    let is_it = |item: &&Item| item.title == step.title && item.task == step.task;
    let same_place = items.get(step.number as usize - 1).filter(is_it);
    let mut others = items.iter().filter(is_it);
    let item = match (same_place, others.next(), others.next()) {
        (Some(item), ..) | (None, Some(item), None) => item,
        _ => return None,
    };
    let place = item.place.clone().filter(|_| !item.is_ticked)?;
    Some(format!("{}[x]{}", &page[..place.start], &page[place.end..]))
}

/// Whether two states of a page differ in more than ticks.
#[must_use]
pub fn has_changed(before: &str, now: &str) -> bool {
    unticked(before) != unticked(now)
}

/// The page with empty boxes only.
fn unticked(page: &str) -> String {
    let mut text = page.to_owned();
    for (event, range) in parser(page).into_offset_iter() {
        if let (Event::TaskListMarker(true), Some(place)) = (event, in_brackets(page, &range)) {
            text.replace_range(place, "[ ]");
        }
    }
    text
}

fn parser(page: &str) -> Parser<'_> {
    Parser::new_ext(page, Options::ENABLE_TASKLISTS)
}

/// The place of a box without the blanks before it.
fn in_brackets(page: &str, marker: &Range<usize>) -> Option<Range<usize>> {
    let start = marker.start + page.get(marker.clone())?.find('[')?;
    page.get(start..start + 3).filter(|found| found.ends_with(']')).map(|_| start..start + 3)
}

fn file_name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    shortened(&line(file.strip_suffix(".md").unwrap_or(file)), MAX_NAME)
}

/// The first characters of a text, with a mark if some are left out.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let start: String = text.chars().take(most - 1).collect();
    format!("{}…", start.trim_end())
}

/// An item of the list of steps.
struct Item {
    title: String,
    task: String,
    is_ordered: bool,
    is_ticked: bool,
    /// The place of its box in the page.
    place: Option<Range<usize>>,
}

impl Item {
    fn step(self, number: u32) -> Step {
        let after = if self.is_ordered { number.checked_sub(1).filter(|before| *before > 0) } else { None };
        Step { number, title: self.title, task: self.task, after, is_ticked: self.is_ticked }
    }
}

/// What a page says about a quest.
struct Page {
    title: Option<String>,
    items: Vec<Item>,
    /// There are boxes in a later list.
    is_split: bool,
}

impl Page {
    fn read(page: &str) -> Page {
        let mut reader = Reader { page, title: None, follows_steps: false, heading: None, lists: 0, list: None };
        let mut events = parser(page).into_offset_iter();
        let _ = events.find(|(event, range)| reader.take(event.clone(), range));
        let mut lists = 0;
        let is_split = events.any(|(event, _)| {
            match event {
                Event::Start(Tag::List(_)) => lists += 1,
                Event::End(TagEnd::List(_)) => lists -= 1,
                _ => {}
            }
            lists == 1 && matches!(event, Event::TaskListMarker(_))
        });
        Page { title: reader.title, items: reader.list.map(|list| list.items).unwrap_or_default(), is_split }
    }
}

/// A list that is not inside another one, as far as it is read.
struct OpenList {
    is_ordered: bool,
    /// It has a box, or follows a heading "Steps".
    is_steps: bool,
    items: Vec<Item>,
    item: Option<OpenItem>,
}

/// An item that is being read.
#[derive(Default)]
struct OpenItem {
    title: String,
    has_title: bool,
    is_ticked: bool,
    place: Option<Range<usize>>,
    /// Where its text begins.
    start: Option<usize>,
}

struct Reader<'a> {
    page: &'a str,
    title: Option<String>,
    follows_steps: bool,
    heading: Option<(HeadingLevel, String)>,
    lists: usize,
    list: Option<OpenList>,
}

impl Reader<'_> {
    /// Returns whether the list of steps is complete. The title of the page stands before it.
    fn take(&mut self, event: Event<'_>, range: &Range<usize>) -> bool {
        match event {
            Event::Start(Tag::List(first)) => {
                self.lists += 1;
                if self.lists == 1 {
                    let (is_ordered, is_steps) = (first.is_some(), self.follows_steps);
                    self.list = Some(OpenList { is_ordered, is_steps, items: Vec::new(), item: None });
                } else {
                    self.in_item(Event::Start(Tag::List(first)), range);
                }
            }
            Event::End(TagEnd::List(_)) => {
                self.lists -= 1;
                if self.lists == 0 {
                    let is_complete = self.list.as_ref().is_some_and(|list| list.is_steps && !list.items.is_empty());
                    self.list = self.list.take().filter(|_| is_complete);
                    return is_complete;
                }
            }
            Event::Start(Tag::Item) if self.lists == 1 => {
                if let Some(list) = &mut self.list {
                    list.item = Some(OpenItem::default());
                }
            }
            Event::End(TagEnd::Item) if self.lists == 1 => self.end_item(range),
            event if self.lists > 0 => self.in_item(event, range),
            event => self.outside(event),
        }
        false
    }

    fn outside(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.heading = Some((level, String::new())),
            Event::End(TagEnd::Heading(_)) => {
                let Some((level, text)) = self.heading.take() else { return };
                let text = line(&text);
                self.follows_steps = text.trim_end_matches(':').eq_ignore_ascii_case("steps");
                if level == HeadingLevel::H1 && self.title.is_none() {
                    self.title = Some(shortened(&text, MAX_NAME));
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, heading)) = &mut self.heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }

    fn in_item(&mut self, event: Event<'_>, range: &Range<usize>) {
        let (page, depth) = (self.page, self.lists);
        let Some(list) = &mut self.list else { return };
        let Some(item) = &mut list.item else { return };
        if let (1, Event::TaskListMarker(is_ticked)) = (depth, &event) {
            list.is_steps = true;
            item.is_ticked = *is_ticked;
            item.place = in_brackets(page, range);
            item.start = Some(range.end);
            return;
        }
        match event {
            // The paragraph of a box begins with the box.
            Event::Start(Tag::Paragraph) => {}
            Event::Text(text) | Event::Code(text) if !item.has_title => {
                item.start.get_or_insert(range.start);
                item.title.push_str(&text);
            }
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Heading { .. }) | Event::InlineHtml(_) => {
                item.start.get_or_insert(range.start);
            }
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link) => {}
            _ => {
                item.start.get_or_insert(range.start);
                item.has_title |= !item.title.trim().is_empty();
            }
        }
    }

    fn end_item(&mut self, range: &Range<usize>) {
        let page = self.page;
        let Some(list) = &mut self.list else { return };
        let Some(item) = list.item.take() else { return };
        let task = item.start.and_then(|start| page.get(start..range.end.max(start))).map(unindented).unwrap_or_default();
        let title = shortened(&line(&item.title), MAX_TITLE);
        let (is_ordered, is_ticked) = (list.is_ordered, item.is_ticked);
        list.items.push(Item { title, task, is_ordered, is_ticked, place: item.place });
    }
}

/// The text of an item without the blanks that put its later lines into it.
fn unindented(text: &str) -> String {
    let text = text.trim();
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let later = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let common = later().map(blanks).min().unwrap_or(0);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |all, line| format!("{all}\n{}", line.get(common.min(blanks(line))..).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
