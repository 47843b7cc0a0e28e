//! Makes a tree of the text of a page: without what people do not see, with whole links, and no deeper or wider than is safe to walk.

use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName};
use markup5ever_rcdom::{Handle, Node, NodeData};
use std::cell::RefCell;
use std::rc::Rc;
use url::Url;

/// The deepest nesting that is kept; the converter calls itself for each level. What is deeper stays as text.
const MAX_DEPTH: usize = 60;

/// The most nodes that are kept.
const MAX_NODES: usize = 200_000;

/// With more children than this an element gets no formatting inside a line any more: the converter takes too long to join it.
const MAX_CHILDREN: usize = 1_000;

/// How many lists and quotes within each other are kept: each of them begins every line of its text.
const MAX_INDENTS: usize = 8;

/// The most bytes of text that are kept, with those of links.
const MAX_TEXT: usize = 2 << 20;

/// The most bytes of a link.
const MAX_LINK: usize = 2_048;

/// Elements whose content nobody reads, or which have none.
const LEFT_OUT: [&str; 28] = [
    "head", "title", "script", "style", "template", "svg", "math", "iframe", "frame", "frameset", "noframes", "object", "embed",
    "applet", "canvas", "audio", "video", "map", "input", "select", "button", "textarea", "datalist", "dialog", "progress",
    "meter", "link", "meta",
];

/// Elements that begin a new line.
const BLOCKS: [&str; 42] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "br",
    "hr",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "td",
    "th",
    "caption",
    "dl",
    "dt",
    "dd",
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "nav",
    "aside",
    "figure",
    "figcaption",
    "details",
    "summary",
    "address",
    "form",
    "fieldset",
    "legend",
    "center",
];

/// Elements within a line that Markdown has a form for.
const INLINE: [&str; 6] = ["a", "b", "strong", "i", "em", "code"];

/// The tree, and what was found on the way.
pub(crate) struct Cleaned {
    pub(crate) root: Handle,
    /// Not everything was kept.
    pub(crate) is_cut: bool,
}

/// A node that is not looked at yet, and where it goes.
struct Waiting {
    node: Handle,
    parent: Handle,
    depth: usize,
    /// How many lists and quotes it is in.
    indents: usize,
    in_table: bool,
}

/// Cleans a document. Links are resolved against `base`.
pub(crate) fn clean(document: &Handle, base: &Url) -> Cleaned {
    let root = Node::new(NodeData::Document);
    let (mut nodes, mut bytes, mut is_cut) = (0, 0, false);
    let first = Waiting { node: Rc::clone(document), parent: Rc::clone(&root), depth: 0, indents: 0, in_table: false };
    let mut waiting = children(&first, &root, None);
    while let Some(next) = waiting.pop() {
        nodes += 1;
        if nodes > MAX_NODES || bytes > MAX_TEXT {
            is_cut = true;
            break;
        }
        match &next.node.data {
            NodeData::Text { contents } => {
                let text = contents.borrow();
                let end = text.floor_char_boundary(MAX_TEXT.saturating_sub(bytes));
                bytes += text.len();
                is_cut |= end < text.len();
                append_text(&next.parent, &text[..end]);
            }
            NodeData::Element { name, attrs, .. } => {
                let (tag, attrs) = (&*name.local, attrs.borrow());
                if LEFT_OUT.contains(&tag) || is_hidden(&attrs) {
                    continue;
                }
                if tag == "img" {
                    append_text(&next.parent, &picture(&attrs));
                    continue;
                }
                // A link without an address is what is in it: a short one on the page can be a long one as a whole address.
                let kept = kept(tag, &attrs, base, &next).filter(|attrs| tag != "a" || bytes + size(attrs) <= MAX_TEXT);
                let parent = match kept {
                    Some(attrs) => {
                        bytes += size(&attrs);
                        append_element(&next.parent, name, attrs)
                    }
                    None => {
                        // The words of two cells would become one.
                        if BLOCKS.contains(&tag) {
                            append_text(&next.parent, "\n");
                        }
                        Rc::clone(&next.parent)
                    }
                };
                waiting.extend(children(&next, &parent, Some(tag)));
            }
            NodeData::Document | NodeData::Doctype { .. } | NodeData::Comment { .. } | NodeData::ProcessingInstruction { .. } => {
            }
        }
    }
    Cleaned { root, is_cut }
}

/// The children of a node with this tag, the last one first.
fn children(of: &Waiting, parent: &Handle, tag: Option<&str>) -> Vec<Waiting> {
    let depth = of.depth + 1;
    let indents = of.indents + usize::from(matches!(tag, Some("li" | "blockquote")));
    let in_table = of.in_table || tag == Some("table");
    let waiting = |node: &Handle| Waiting { node: Rc::clone(node), parent: Rc::clone(parent), depth, indents, in_table };
    of.node.children.borrow().iter().rev().map(waiting).collect()
}

/// The attributes with which an element is kept; `None` if only what is in it is.
fn kept(tag: &str, attrs: &[Attribute], base: &Url, at: &Waiting) -> Option<Vec<Attribute>> {
    let is_inline = INLINE.contains(&tag);
    let is_wide = is_inline && at.parent.children.borrow().len() >= MAX_CHILDREN;
    let is_indented = matches!(tag, "li" | "blockquote" | "ul" | "ol") && at.indents >= MAX_INDENTS;
    let is_inner_table = at.in_table && (tag == "table" || is_part_of_inner_table(at, tag));
    let is_known = is_inline || BLOCKS.contains(&tag);
    if at.depth >= MAX_DEPTH || is_indented || is_wide || is_inner_table || !is_known {
        return None;
    }
    let found = |wanted: &str| attrs.iter().find(|attr| &*attr.name.local == wanted);
    match tag {
        "a" => {
            let mut href = found("href")?.clone();
            href.value = link(&href.value, base)?;
            Some(vec![href])
        }
        "ol" => Some(found("start").filter(|start| start.value.parse::<u16>().is_ok()).cloned().into_iter().collect()),
        "code" | "pre" => Some(found("class").cloned().into_iter().collect()),
        _ => Some(Vec::new()),
    }
}

fn size(attrs: &[Attribute]) -> usize {
    attrs.iter().map(|attr| attr.value.len()).sum()
}

/// Whether a part of a table belongs to a table that was not kept, because it is in a cell of another one.
fn is_part_of_inner_table(at: &Waiting, tag: &str) -> bool {
    let allowed: &[&str] = match tag {
        "thead" | "tbody" | "tfoot" | "caption" => &["table"],
        "tr" => &["table", "thead", "tbody", "tfoot"],
        "td" | "th" => &["tr"],
        _ => return false,
    };
    let NodeData::Element { name, .. } = &at.parent.data else { return true };
    !allowed.contains(&&*name.local)
}

/// A link as a whole address; `None` if it leads to nothing that could be fetched or written to.
fn link(href: &str, base: &Url) -> Option<StrTendril> {
    let href = href.trim();
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let url = base.join(href).ok()?;
    let is_kept = matches!(url.scheme(), "http" | "https" | "mailto") && url.as_str().len() <= MAX_LINK;
    is_kept.then(|| StrTendril::from_slice(url.as_str()))
}

/// A picture in words; its address would only be one more that leads somewhere.
fn picture(attrs: &[Attribute]) -> String {
    let alt = attrs.iter().find(|attr| &*attr.name.local == "alt").map(|attr| attr.value.trim()).unwrap_or_default();
    if alt.is_empty() { String::new() } else { format!(" (picture: {alt}) ") }
}

/// Whether an element is not shown, as far as it says so itself.
fn is_hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &*attr.name.local {
        "hidden" => !attr.value.eq_ignore_ascii_case("until-found"),
        "aria-hidden" => attr.value.trim().eq_ignore_ascii_case("true"),
        "style" => hides(&attr.value),
        _ => false,
    })
}

/// Whether a style hides its element, or makes its text too small to be read.
fn hides(style: &str) -> bool {
    style.split(';').any(|declaration| {
        let Some((property, value)) = declaration.split_once(':') else { return false };
        let value = value.trim().to_ascii_lowercase();
        let value = value.split('!').next().unwrap_or_default().trim();
        let is_nothing = || {
            let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
            number.trim().parse::<f32>().is_ok_and(|number| number <= 0.01)
        };
        match property.trim().to_ascii_lowercase().as_str() {
            "display" => value == "none",
            "visibility" => matches!(value, "hidden" | "collapse"),
            "opacity" | "font-size" | "font" => is_nothing(),
            _ => false,
        }
    })
}

fn append_element(parent: &Handle, name: &QualName, attrs: Vec<Attribute>) -> Handle {
    let (attrs, template_contents) = (RefCell::new(attrs), RefCell::default());
    let data = NodeData::Element { name: name.clone(), attrs, template_contents, mathml_annotation_xml_integration_point: false };
    append(parent, Node::new(data))
}

/// Appends text, to the text before it if there is one.
fn append_text(parent: &Handle, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(last) = parent.children.borrow().last()
        && let NodeData::Text { contents } = &last.data
    {
        return contents.borrow_mut().push_slice(text);
    }
    append(parent, Node::new(NodeData::Text { contents: RefCell::new(StrTendril::from_slice(text)) }));
}

fn append(parent: &Handle, child: Handle) -> Handle {
    child.parent.set(Some(Rc::downgrade(parent)));
    parent.children.borrow_mut().push(Rc::clone(&child));
    child
}
