//! The text of office documents: XML files in a zip archive.

use super::MAX_TEXT;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// What all parts of a document may be unpacked to, in bytes, and how many parts are read.
const MAX_UNPACKED: u64 = 64 << 20;
const MAX_PARTS: usize = 500;

/// The most columns of a sheet in which values keep their place.
const MAX_COLUMNS: usize = 1_024;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Excel,
    PowerPoint,
    OpenDocument,
}

impl Kind {
    /// The kind by the ending of the name; `None` if it is none, or the file is no archive.
    pub(super) fn of(name: &str, bytes: &[u8]) -> Option<Kind> {
        let ending = name.rsplit_once('.')?.1.to_lowercase();
        let kind = match ending.as_str() {
            "docx" | "docm" | "dotx" => Kind::Word,
            "xlsx" | "xlsm" => Kind::Excel,
            "pptx" | "pptm" | "ppsx" => Kind::PowerPoint,
            "odt" | "ods" | "odp" | "ott" => Kind::OpenDocument,
            _ => return None,
        };
        bytes.starts_with(b"PK").then_some(kind)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Kind::Word => "a Word document",
            Kind::Excel => "an Excel workbook",
            Kind::PowerPoint => "a PowerPoint presentation",
            Kind::OpenDocument => "an OpenDocument file",
        }
    }
}

/// The text of a document.
///
/// # Errors
/// A sentence about why it cannot be read.
pub(super) fn text(kind: Kind, bytes: &[u8]) -> Result<String, String> {
    let mut parts = Parts::open(bytes)?;
    let text = match kind {
        Kind::Word => {
            let names = parts.numbered("word/document", ".xml");
            let notes = ["word/footnotes.xml", "word/endnotes.xml", "word/comments.xml"].map(str::to_owned);
            let texts: Result<Vec<String>, String> =
                names.into_iter().chain(notes).map(|name| parts.words(&name, &WORDS)).collect();
            texts?.join("\n")
        }
        Kind::PowerPoint => {
            let mut text = String::new();
            for (number, name) in parts.numbered("ppt/slides/slide", ".xml").iter().enumerate() {
                let words = parts.words(name, &WORDS)?;
                text.push_str(&format!("[slide {}]\n{words}\n", number + 1));
            }
            text
        }
        Kind::Excel => workbook(&mut parts)?,
        Kind::OpenDocument => parts.words("content.xml", &PARAGRAPHS)?,
    };
    Ok(cut(text))
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push_str("\n[the rest is left out]");
    }
    text
}

/// The parts of an archive.
struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The bytes that may still be unpacked.
    left: u64,
}

impl<'a> Parts<'a> {
    fn open(bytes: &'a [u8]) -> Result<Parts<'a>, String> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
        Ok(Parts { archive, left: MAX_UNPACKED })
    }

    /// The names of the parts with this beginning and end and only digits between them, in the order of their numbers.
    fn numbered(&self, beginning: &str, end: &str) -> Vec<String> {
        let names = self.archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
        let number = |name: &str| {
            let digits = name.strip_prefix(beginning)?.strip_suffix(end)?;
            if digits.is_empty() { Some(0) } else { digits.parse::<u32>().ok() }
        };
        let mut found: Vec<(u32, String)> = names.filter_map(|name| Some((number(&name)?, name))).collect();
        found.sort();
        found.into_iter().take(MAX_PARTS).map(|(_, name)| name).collect()
    }

    /// The text of a part; `None` if there is none.
    fn read(&mut self, name: &str) -> Result<Option<String>, String> {
        let Ok(part) = self.archive.by_name(name) else { return Ok(None) };
        let mut bytes = Vec::new();
        part.take(self.left + 1).read_to_end(&mut bytes).map_err(|_| damaged())?;
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or("it is too large when it is unpacked")?;
        String::from_utf8(bytes).map(Some).map_err(|_| damaged())
    }

    /// The words of a part, which stand in these elements; empty if there is no such part.
    fn words(&mut self, name: &str, elements: &[&str]) -> Result<String, String> {
        self.read(name)?.map_or(Ok(String::new()), |xml| flow(&xml, elements))
    }
}

/// The elements that have the words of Word and PowerPoint, and those of OpenDocument.
const WORDS: [&str; 1] = ["t"];
const PARAGRAPHS: [&str; 4] = ["p", "h", "span", "a"];

fn damaged() -> String {
    "it is damaged, or protected with a password".to_owned()
}

/// The text of running XML: a line for each paragraph, a tab between cells.
fn flow(xml: &str, elements: &[&str]) -> Result<String, String> {
    let mut reader = Reader::from_str(xml);
    let mut text = String::new();
    let mut inside = 0_u32;
    // Where the text of each open cell of a sheet begins, and how many cells it is.
    let mut cells: Vec<(usize, usize)> = Vec::new();
    let is_text = |name: &str| elements.contains(&name);
    loop {
        let event = reader.read_event().map_err(|_| damaged())?;
        match &event {
            Event::Eof => return Ok(text),
            Event::Start(tag) if is_text(tag.local_name().as_ref()) => inside += 1,
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "tab" => text.push('\t'),
                "br" | "cr" | "line-break" => text.push('\n'),
                "s" if inside > 0 => text.push(' '),
                "table-cell" | "covered-table-cell" if matches!(event, Event::Empty(_)) => {
                    text.extend(std::iter::repeat_n('\t', repeated(tag)));
                }
                "table-cell" | "covered-table-cell" => cells.push((text.len(), repeated(tag))),
                _ => {}
            },
            Event::End(tag) => {
                let local = tag.local_name();
                let name: &str = local.as_ref();
                if is_text(name) {
                    inside = inside.saturating_sub(1);
                }
                match name {
                    "p" | "h" => text.push('\n'),
                    "tc" => {
                        // The last paragraph of a cell does not end its row.
                        text.truncate(text.strip_suffix('\n').unwrap_or(&text).len());
                        text.push('\t');
                    }
                    "table-cell" | "covered-table-cell" => {
                        let (start, times) = cells.pop().unwrap_or((text.len(), 1));
                        let cell = text.split_off(text.floor_char_boundary(start));
                        let cell = cell.strip_suffix('\n').unwrap_or(&cell);
                        for _ in 0..times {
                            text.push_str(cell);
                            text.push('\t');
                            if text.len() > MAX_TEXT {
                                break;
                            }
                        }
                    }
                    "tr" => text.push('\n'),
                    "table-row" => {
                        // The empty cells up to the end of the sheet.
                        text.truncate(text.trim_end_matches('\t').len());
                        text.push('\n');
                    }
                    _ => {}
                }
            }
            _ if inside > 0 => push_words(&mut text, &event),
            _ => {}
        }
        if text.len() > MAX_TEXT {
            return Ok(text);
        }
    }
}

/// How many equal cells beside each other a cell stands for.
fn repeated(tag: &BytesStart<'_>) -> usize {
    let number = tag.try_get_attribute("table:number-columns-repeated").ok().flatten();
    number.and_then(|number| number.value.parse::<usize>().ok()).unwrap_or(1).min(MAX_COLUMNS)
}

/// The characters of a text event.
fn push_words(text: &mut String, event: &Event<'_>) {
    match event {
        Event::Text(words) => text.push_str(&words.xml10_content()),
        Event::CData(words) => text.push_str(words),
        Event::GeneralRef(entity) => match (entity.resolve_char_ref(), &**entity) {
            (Ok(Some(c)), _) => text.push(c),
            (_, "amp") => text.push('&'),
            (_, "lt") => text.push('<'),
            (_, "gt") => text.push('>'),
            (_, "quot") => text.push('"'),
            (_, "apos") => text.push('\''),
            // Entities of the document itself are not expanded.
            _ => {}
        },
        _ => {}
    }
}

/// The cells of an Excel workbook, a line for each row.
fn workbook(parts: &mut Parts<'_>) -> Result<String, String> {
    let shared = match parts.read("xl/sharedStrings.xml")? {
        Some(xml) => shared_strings(&xml)?,
        None => Vec::new(),
    };
    let mut text = String::new();
    for (number, name) in parts.numbered("xl/worksheets/sheet", ".xml").iter().enumerate() {
        let Some(xml) = parts.read(name)? else { continue };
        text.push_str(&format!("[sheet {}]\n", number + 1));
        sheet(&xml, &shared, &mut text)?;
        if text.len() > MAX_TEXT {
            break;
        }
    }
    Ok(text)
}

fn shared_strings(xml: &str) -> Result<Vec<String>, String> {
    let mut reader = Reader::from_str(xml);
    let (mut all, mut current, mut inside) = (Vec::new(), String::new(), false);
    loop {
        let event = reader.read_event().map_err(|_| damaged())?;
        match &event {
            Event::Eof => return Ok(all),
            Event::Start(tag) if tag.local_name().as_ref() == "t" => inside = true,
            Event::Empty(tag) if tag.local_name().as_ref() == "si" => all.push(String::new()),
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => inside = false,
                "si" => all.push(std::mem::take(&mut current)),
                _ => {}
            },
            _ if inside => push_words(&mut current, &event),
            _ => {}
        }
    }
}

fn sheet(xml: &str, shared: &[String], text: &mut String) -> Result<(), String> {
    let mut reader = Reader::from_str(xml);
    let (mut value, mut inside, mut is_shared) = (String::new(), false, false);
    let (mut row, mut column) = (String::new(), 0_usize);
    loop {
        let event = reader.read_event().map_err(|_| damaged())?;
        match &event {
            Event::Eof => return Ok(()),
            Event::Start(tag) => match tag.local_name().as_ref() {
                "c" => {
                    is_shared = tag.try_get_attribute("t").ok().flatten().is_some_and(|kind| &*kind.value == "s");
                    value.clear();
                    column = up_to(column_of(tag), column, &mut row);
                }
                "v" | "t" => inside = true,
                _ => {}
            },
            Event::Empty(tag) if tag.local_name().as_ref() == "c" => {
                column = up_to(column_of(tag), column, &mut row) + 1;
                row.push('\t');
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "t" => inside = false,
                "c" => {
                    let found = value.trim().parse::<usize>().ok().filter(|_| is_shared).and_then(|index| shared.get(index));
                    row.push_str(found.map_or(&*value, String::as_str));
                    row.push('\t');
                    column += 1;
                }
                "row" => {
                    if !row.trim().is_empty() {
                        text.push_str(row.trim_end_matches('\t'));
                        text.push('\n');
                    }
                    row.clear();
                    column = 0;
                }
                _ => {}
            },
            _ if inside => push_words(&mut value, &event),
            _ => {}
        }
        // One shared text may be in a million cells.
        if text.len() + row.len() > MAX_TEXT {
            text.push_str(&row);
            return Ok(());
        }
    }
}

/// The column in the name of a cell, such as `C5`, counted from 0; `None` if it has no name, or is too far away.
fn column_of(tag: &BytesStart<'_>) -> Option<usize> {
    let name = tag.try_get_attribute("r").ok().flatten()?;
    let letters = name.value.bytes().take_while(u8::is_ascii_uppercase).take(4);
    let number = letters.fold(0_usize, |number, letter| number * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1).filter(|number| *number < MAX_COLUMNS)
}

/// Adds the empty cells before the next cell, which is in `wanted`. Returns the column in which it is then.
fn up_to(wanted: Option<usize>, column: usize, row: &mut String) -> usize {
    let wanted = wanted.unwrap_or(column).max(column);
    row.extend(std::iter::repeat_n('\t', wanted - column));
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read(kind: Kind, parts: &[(&str, &str)]) -> String {
        text(kind, &archive(parts)).unwrap()
    }

    #[test]
    fn the_words_of_a_word_document_are_its_paragraphs_and_notes() {
        let body = r#"<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Fish &amp; </w:t><w:t>chips&#33;</w:t></w:r></w:p>
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"#;
        let notes = r#"<w:footnotes xmlns:w="w"><w:p><w:t>a note</w:t></w:p></w:footnotes>"#;
        let found = read(Kind::Word, &[("word/document.xml", body), ("word/footnotes.xml", notes)]);
        let words: Vec<&str> = found.split_whitespace().collect();
        assert_eq!(words, ["Fish", "&", "chips!", "a", "b", "a", "note"]);
        assert!(found.contains("Fish & chips!\n") && found.contains("a\tb\t\n"), "{found:?}");
    }

    #[test]
    fn slides_stand_in_the_order_of_their_numbers() {
        let slide = |text: &str| format!(r#"<p:sld xmlns:a="a" xmlns:p="p"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>"#);
        let (ten, two) = (slide("ten"), slide("two"));
        let found = read(Kind::PowerPoint, &[("ppt/slides/slide10.xml", &ten), ("ppt/slides/slide2.xml", &two)]);
        assert_eq!(found, "[slide 1]\ntwo\n\n[slide 2]\nten\n\n");
    }

    #[test]
    fn the_cells_of_a_workbook_are_rows() {
        let strings = r#"<sst><si><t>name</t></si><si><r><t>Ri</t></r><r><t>ver</t></r></si></sst>"#;
        let sheet = r#"<worksheet><sheetData><row><c t="s"><v>0</v></c><c><v>3.5</v></c></row>
            <row><c t="s"><v>1</v></c><c t="inlineStr"><is><t>in line</t></is></c><c t="s"><v>99</v></c></row></sheetData></worksheet>"#;
        let found = read(Kind::Excel, &[("xl/sharedStrings.xml", strings), ("xl/worksheets/sheet1.xml", sheet)]);
        assert_eq!(found, "[sheet 1]\nname\t3.5\nRiver\tin line\t99\n");
    }

    #[test]
    fn the_values_of_a_sheet_stand_in_their_columns() {
        let strings = "<sst><si/><si><t>late</t></si></sst>";
        let sheet = r#"<sheetData><row><c r="B1"><v>2</v></c><c r="C1" s="4"/><c r="D1"><v>4</v></c></row>
            <row><c s="4"/><c t="s"><v>0</v></c><c r="AA2" t="s"><v>1</v></c></row><row><c r="XFD3"><v>7</v></c></row></sheetData>"#;
        let found = read(Kind::Excel, &[("xl/sharedStrings.xml", strings), ("xl/worksheets/sheet1.xml", sheet)]);
        let late = format!("{}late", "\t".repeat(26));
        assert_eq!(found, format!("[sheet 1]\n\t2\t\t4\n{late}\n7\n"));
        let content = r#"<table:table xmlns:table="a" xmlns:text="t"><table:table-row><table:table-cell table:number-columns-repeated="2"/>
            <table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell><table:table-cell></table:table-cell>
            <table:table-cell><text:p>y</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16378"/></table:table-row>
            <table:table-row><table:table-cell></table:table-cell><table:table-cell><text:p>z</text:p></table:table-cell></table:table-row></table:table>"#;
        assert_eq!(read(Kind::OpenDocument, &[("content.xml", content)]), "\t\tx\tx\t\ty\n\tz\n");
    }

    #[test]
    fn an_open_document_is_read_by_its_paragraphs() {
        let content = r#"<office:document-content xmlns:office="o" xmlns:text="t"><text:h>Title</text:h><text:p>One<text:s/>two <text:span>three</text:span></text:p></office:document-content>"#;
        assert_eq!(read(Kind::OpenDocument, &[("content.xml", content)]), "Title\nOne two three\n");
    }

    #[test]
    fn hostile_documents_end_with_an_error_or_a_cut_text() {
        assert!(text(Kind::Word, b"PK\x03\x04 no archive").is_err());
        let huge = "a".repeat(usize::try_from(MAX_UNPACKED).unwrap() + 10);
        let problem = text(Kind::OpenDocument, &archive(&[("content.xml", &huge)])).unwrap_err();
        assert!(problem.contains("too large"), "{problem}");
        let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><text:p xmlns:text="t">&b;&b;</text:p>"#;
        assert_eq!(read(Kind::OpenDocument, &[("content.xml", laughs)]).trim(), "");
        let strings = format!("<sst><si><t>{}</t></si></sst>", "b".repeat(100_000));
        let sheet = format!("<sheetData>{}</sheetData>", r#"<row><c t="s"><v>0</v></c></row>"#.repeat(10_000));
        let found = read(Kind::Excel, &[("xl/sharedStrings.xml", &strings), ("xl/worksheets/sheet1.xml", &sheet)]);
        assert!(found.len() < MAX_TEXT + 200_000 && found.ends_with("is left out]"), "{}", found.len());
        assert!(text(Kind::OpenDocument, &archive(&[("content.xml", "<a><b></a>")])).is_err());
    }
}
