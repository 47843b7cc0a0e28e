//! Tables as Markdown. The converter's own tables pad each cell to the widest one of its column: one long cell in a table of
//! thousands of rows would fill the memory.

use htmd::element_handler::{HandlerResult, Handlers};
use htmd::{Element, Node};
use markup5ever_rcdom::NodeData;
use std::rc::Rc;

/// A table with headings as a Markdown table; another one as its text, because pages use such tables to place things.
pub(crate) fn table(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    let rows = rows(element.node);
    let has_headings = rows.iter().any(|row| cells(row).iter().any(|cell| tag(cell) == Some("th")));
    let mut text = String::from("\n\n");
    if !has_headings {
        text.push_str(handlers.walk_children(element.node).content.trim_matches('\n'));
        text.push_str("\n\n");
        return Some(text.into());
    }
    if let Some(caption) = named(element.node, "caption").first().and_then(|caption| handlers.handle(caption)) {
        text.push_str(&one_line(&caption.content));
        text.push_str("\n\n");
    }
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<String> = cells(row)
            .iter()
            .map(|cell| handlers.handle(cell).map_or_else(String::new, |cell| one_line(&cell.content).replace('|', "\\|")))
            .collect();
        if cells.is_empty() {
            continue;
        }
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
        if number == 0 {
            text.push_str(&format!("|{}\n", " --- |".repeat(cells.len())));
        }
    }
    text.push('\n');
    Some(text.into())
}

/// The rows of a table, in their order.
fn rows(table: &Rc<Node>) -> Vec<Rc<Node>> {
    let children = table.children.borrow();
    let rows = children.iter().flat_map(|child| match tag(child) {
        Some("tr") => vec![Rc::clone(child)],
        Some("thead" | "tbody" | "tfoot") => named(child, "tr"),
        _ => Vec::new(),
    });
    rows.collect()
}

fn cells(row: &Rc<Node>) -> Vec<Rc<Node>> {
    row.children.borrow().iter().filter(|child| matches!(tag(child), Some("td" | "th"))).map(Rc::clone).collect()
}

fn named(parent: &Rc<Node>, name: &str) -> Vec<Rc<Node>> {
    parent.children.borrow().iter().filter(|child| tag(child) == Some(name)).map(Rc::clone).collect()
}

fn tag(node: &Node) -> Option<&str> {
    match &node.data {
        NodeData::Element { name, .. } => Some(&name.local),
        _ => None,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
