//! HTML as Markdown. HTML of strangers can be made to take very long or to overflow a stack, so time, size and nesting are limited,
//! and it is read on a thread of its own.

use super::clean::clean;
use super::error::FetchError;
use super::table::table;
use htmd::HtmlToMarkdown;
use htmd::options::{BrStyle, BulletListMarker, Options};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long HTML may be parsed; what comes after is left out. Some takes the square of its length.
const PARSE_LIMIT: Duration = Duration::from_secs(3);

/// How many bytes are parsed between two looks at the clock.
const CHUNK: usize = 4 << 10;

/// The stack of the thread. In builds for development each level of nesting takes some kilobytes.
const STACK: usize = 32 << 20;

/// The most characters of a title.
const MAX_TITLE: usize = 200;

/// The text of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Markdown {
    pub(crate) title: Option<String>,
    pub(crate) text: String,
    /// Not everything was read.
    pub(crate) is_cut: bool,
}

/// Converts HTML; links are resolved against its address. Blocks.
///
/// # Errors
/// [`FetchError::Body`] if the converter fails.
pub(crate) fn to_markdown(html: &str, address: &Url) -> Result<Markdown, FetchError> {
    let failed = || FetchError::Body("its HTML cannot be converted to text");
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || convert(html, address));
        thread.map_err(|_| failed())?.join().map_err(|_| failed())
    })
}

fn convert(html: &str, address: &Url) -> Markdown {
    let (document, is_parsed_in_part) = parse(html, PARSE_LIMIT);
    let (title, base) = head(&document, address);
    let cleaned = clean(&document, &base);
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        br_style: BrStyle::Backslash,
        ..Options::default()
    };
    let converter = HtmlToMarkdown::builder().options(options).add_handler(vec!["table"], table).build();
    let text = tidy(&converter.tree_to_markdown(&cleaned.root));
    Markdown { title, text, is_cut: is_parsed_in_part || cleaned.is_cut }
}

/// The document, and whether it is only the beginning of it.
fn parse(html: &str, limit: Duration) -> (Handle, bool) {
    // Nothing runs scripts, so what is for readers without them is shown.
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let mut parser = parse_document(RcDom::default(), ParseOpts { tree_builder, ..ParseOpts::default() });
    let (began, mut rest) = (Instant::now(), html);
    while !rest.is_empty() && began.elapsed() < limit {
        let (chunk, after) = rest.split_at(rest.floor_char_boundary(CHUNK));
        parser.process(StrTendril::from_slice(chunk));
        rest = after;
    }
    (parser.finish().document, !rest.is_empty())
}

/// The title of a document, and the address against which its links are resolved.
fn head(document: &Handle, address: &Url) -> (Option<String>, Url) {
    let element =
        |parent: &Handle, tag: &str| parent.children.borrow().iter().find(|child| is_element(child, tag)).map(Rc::clone);
    let head = element(document, "html").and_then(|html| element(&html, "head"));
    let Some(head) = head else { return (None, address.clone()) };
    let title = element(&head, "title").map(|title| {
        let texts = title.children.borrow();
        let texts = texts.iter().filter_map(|child| match &child.data {
            NodeData::Text { contents } => Some(contents.borrow().to_string()),
            _ => None,
        });
        let words: Vec<String> = texts.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
        words.join(" ").chars().take(MAX_TITLE).collect::<String>()
    });
    let base = element(&head, "base").and_then(|base| {
        let NodeData::Element { attrs, .. } = &base.data else { return None };
        let attrs = attrs.borrow();
        let href = attrs.iter().find(|attr| &*attr.name.local == "href")?;
        address.join(&href.value).ok().filter(|base| matches!(base.scheme(), "http" | "https"))
    });
    (title.filter(|title| !title.is_empty()), base.unwrap_or_else(|| address.clone()))
}

fn is_element(node: &Handle, tag: &str) -> bool {
    matches!(&node.data, NodeData::Element { name, .. } if &*name.local == tag)
}

/// Without spaces at the ends of lines, and with at most one empty line in a row.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Markdown {
        to_markdown(html, &Url::parse("https://example.com/docs/page").unwrap()).unwrap()
    }

    fn text(html: &str) -> String {
        page(html).text
    }

    #[test]
    fn a_page_becomes_markdown_with_whole_links() {
        let found = page(
            "<!doctype html><head><title> A\n page </title></head><body><h1>Tea</h1><p>Green <b>or</b> <a href='../black?x=1#y'>black</a>,\
             <a href=//other.example/z>far</a>, <a href=#top>up</a>, <a href='javascript:alert(1)'>run</a>.</p><ul><li>one<li>two</ul>\
             <pre><code class=language-rust>let a = 1;</code></pre><img src=x.png alt='a cup'>",
        );
        assert_eq!(found.title.as_deref(), Some("A page"));
        assert!(!found.is_cut);
        let expected = "# Tea\n\nGreen **or** [black](https://example.com/black?x=1#y),[far](https://other.example/z), up, run.\n\n- one\n- two\n\n\
                        ```rust\nlet a = 1;\n```\n\n(picture: a cup)";
        assert_eq!(found.text, expected);
    }

    #[test]
    fn a_base_address_counts_for_links() {
        let html = "<head><base href='https://cdn.example/a/'></head><a href=b>c</a>";
        assert_eq!(text(html), "[c](https://cdn.example/a/b)");
        assert_eq!(text("<head><base href='javascript:x'></head><a href=b>c</a>"), "[c](https://example.com/docs/b)");
    }

    #[test]
    fn what_people_do_not_see_is_left_out() {
        let html = "<p>seen</p><script>no1()</script><style>no2</style><!-- no3 --><p hidden>no4</p><p style='color:red; DISPLAY : none'>no5</p>\
            <p aria-hidden=true>no6</p><template>no7</template><svg><text>no8</text></svg><p style='font-size:0px'>no9</p><iframe>no10</iframe>\
            <div style='visibility:hidden!important'><p>no11</p></div><p style='opacity:0'>no12</p><textarea>no13</textarea><title>no14</title>\
            <input value=no15><object>no16</object><noscript><p>for readers without scripts</p></noscript><p style='opacity:0.9'>also seen</p>";
        assert_eq!(text(html), "seen\n\nfor readers without scripts\n\nalso seen");
    }

    #[test]
    fn a_table_with_headings_is_one_and_a_layout_is_not() {
        let html = "<table><tr><th>a<th>b|c</tr><tr><td>1<td><p>2</p><p>3</p></table><table><tr><td>left<td>right</table>";
        let found = text(html);
        assert!(found.starts_with("| a | b\\|c |\n| --- | --- |\n| 1 | 2 3 |\n"), "{found}");
        assert!(found.contains("left") && found.contains("right") && !found.contains("leftright"), "{found}");
        let inner = text("<table><tr><th>x<tr><td>a<table><tr><td>b<td>c</table></table>");
        assert_eq!(inner, "| x |\n| --- |\n| a b c |");
    }

    #[test]
    fn html_that_is_made_to_hurt_ends_soon() {
        let deep = "<div>".repeat(1_000_000);
        let quotes = format!("{}end", "<blockquote><ul><li>".repeat(20_000));
        let siblings = "<b>x</b>".repeat(300_000);
        let spans = "<p><i>a<b>b</i>c</b>".repeat(30_000);
        let wide = format!("<table><tr><th>{}{}</table>", "w".repeat(1_000_000), "<tr><td>x".repeat(20_000));
        let tables = "<table><tr><td>".repeat(50_000);
        let attributes = format!("<p {}>a", "x=1 ".repeat(100_000));
        let links = format!("<base href='https://example.com/{}/'>{}", "a".repeat(1_900), "<p><a href=b>c</a>".repeat(20_000));
        for html in [deep, quotes, siblings, spans, wide, tables, attributes, links] {
            let began = Instant::now();
            let found = page(&html);
            assert!(began.elapsed() < Duration::from_secs(30), "{}: {:?}", &html[..20], began.elapsed());
            assert!(found.text.len() < 20 << 20, "{}: {}", &html[..20], found.text.len());
        }
    }

    #[test]
    fn a_page_cannot_write_markup_of_markdown_or_html_as_its_text() {
        assert_eq!(text("<p>&lt;script&gt; *a* [b](c) </p>"), "\\<script> \\*a\\* \\[b\\](c)");
    }

    #[test]
    fn an_empty_page_has_no_text() {
        for html in ["", "<html></html>", "<div id=app></div><script src=app.js></script>"] {
            assert_eq!(page(html), Markdown { title: None, text: String::new(), is_cut: false });
        }
    }
}
