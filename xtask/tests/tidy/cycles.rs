//! There are no import cycles between the files of a crate.
//!
//! An import is a path that begins with `crate`, `super`, `self` or a module declared in the file, in a `use` or in code.
//! Re-exports are followed to the file that defines the item. Not counted: a file that declares a module and re-exports
//! from it, a file that uses an item of a module around it, and tests.

use crate::repository::texts;
use std::collections::{BTreeMap, BTreeSet};

/// Crates that still have cycles. Remove a crate from this list with its last cycle.
const NOT_YET_CLEAN: &[&str] = &[];

/// A module's path from the root of its crate.
type Path = Vec<String>;

/// A source file and its imports.
struct Module {
    file: String,
    /// The names of the items and inline modules that it defines at its top level.
    items: BTreeSet<String>,
    /// The modules that it declares and that have files of their own.
    children: BTreeSet<String>,
    /// Names that it imports or re-exports, and the path of each.
    names: BTreeMap<String, Path>,
    /// Paths that it uses: those of `use` that are not re-exports, and those in code.
    paths: BTreeSet<Path>,
}

type Crate = BTreeMap<Path, Module>;

#[test]
fn the_files_of_a_crate_have_no_import_cycles() {
    let mut found = Vec::new();
    for (folder, modules) in crates() {
        let cycles = cycles(&imports(&modules));
        let is_excused = NOT_YET_CLEAN.contains(&folder.as_str());
        assert!(!(is_excused && cycles.is_empty()), "{folder} has no cycles: remove it from the list");
        if !is_excused {
            found.extend(cycles);
        }
    }
    assert!(
        found.is_empty(),
        "files import each other in a cycle; move what both need to a file of its own:\n{}",
        found.join("\n")
    );
}

#[test]
fn cycles_are_found_and_a_parent_that_only_declares_modules_is_not_one() {
    let count = |lib: &str, a: &str, b: &str| {
        let files = [("lib.rs", lib), ("a.rs", a), ("b.rs", b)];
        let modules: Crate = files.iter().map(|(file, text)| (path_of(file), module(file, text))).collect();
        cycles(&imports(&modules)).len()
    };
    let lib = "mod a;\nmod b;\npub use a::A;\npub const LIMIT: u32 = 1;\n";
    assert_eq!(count(lib, "use crate::LIMIT;\npub struct A;\n", "use crate::a::A;\npub struct B;\n"), 0);
    assert_eq!(
        count(lib, "use crate::b::B;\npub struct A;\n", "use crate::{A, LIMIT};\npub struct B;\n"),
        1,
        "through a re-export"
    );
    assert_eq!(
        count(lib, "pub struct A;\nfn f() { crate::b::g() }\n", "use super::a::{self, A};\npub fn g() {}\n"),
        1,
        "in code"
    );
    assert_eq!(count("mod a;\nmod b;\nfn f() { a::g() }\n", "use super::f;\npub fn g() {}\n", ""), 0, "parent and child");
    assert_eq!(count(lib, "// crate::b::B\npub struct A;\n", "use crate::a::A;\npub struct B;\n"), 0, "a comment is no import");
}

/// Every folder of sources and its modules.
fn crates() -> BTreeMap<String, Crate> {
    let mut crates: BTreeMap<String, Crate> = BTreeMap::new();
    for (path, text) in texts() {
        let Some(at) = path.find("src/").filter(|_| path.ends_with(".rs")) else { continue };
        let (folder, file) = (path[..at + 3].to_owned(), &path[at + 4..]);
        let is_source = folder.starts_with("crates/") || folder == "src-tauri/src" || folder == "xtask/src";
        if is_source && !path.contains("/tests/") && !file.ends_with("tests.rs") {
            crates.entry(folder).or_default().insert(path_of(file), module(&path, &text));
        }
    }
    crates
}

fn path_of(file: &str) -> Path {
    let mut path: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    // The root is `lib.rs`. `main.rs` keeps its path, because no other file imports from it.
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

fn module(file: &str, text: &str) -> Module {
    let text = without_tests_and_comments(text);
    let mut found = Module {
        file: file.to_owned(),
        items: BTreeSet::new(),
        children: BTreeSet::new(),
        names: BTreeMap::new(),
        paths: BTreeSet::new(),
    };
    for line in text.lines() {
        let words: Vec<&str> =
            line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '!').filter(|word| !word.is_empty()).collect();
        let declares =
            |kind: &&str| ["fn", "struct", "enum", "trait", "const", "static", "type", "mod", "macro_rules!"].contains(kind);
        let is_at_the_top = line.starts_with(|c: char| c.is_alphabetic());
        if let Some(at) = words.iter().position(declares).filter(|_| is_at_the_top && !words.contains(&"use")) {
            let name = words[at + 1..].iter().find(|word| **word != "fn").map_or("", |name| *name).to_owned();
            if words[at] == "mod" && line.trim_end().ends_with(';') {
                found.children.insert(name);
            } else {
                found.items.insert(name);
            }
        }
    }
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some((before, start, statement, after)) = next_use(rest) {
        code.push_str(before);
        for (path, name) in expanded(statement) {
            if start == "use" {
                found.paths.insert(path.clone());
            }
            found.names.insert(name, path);
        }
        rest = after;
    }
    code.push_str(rest);
    found.paths.extend(paths_in(&code, &found.children));
    found
}

/// The text up to its tests, without comments.
fn without_tests_and_comments(text: &str) -> String {
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests]
        .lines()
        .map(|line| line.find("//").filter(|at| !line[..*at].ends_with(':')).map_or(line, |at| &line[..at]))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Finds the next `use` at the beginning of a line. Returns the text before it, its keyword with its visibility, its tree,
/// and the text after it.
fn next_use(text: &str) -> Option<(&str, &str, &str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find("use ")?;
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let visibility = text[line..at].trim();
        if visibility.is_empty() || visibility.starts_with("pub") && !visibility.contains([';', '{', '=']) {
            let end = at + text[at..].find(';')?;
            return Some((&text[..line], text[line..at + 3].trim(), &text[at + 4..end], &text[end + 1..]));
        }
        from = at + 4;
    }
}

/// The paths of a `use` tree, each with the name that it brings into scope.
fn expanded(tree: &str) -> Vec<(Path, String)> {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let inner = tree[open + 1..].strip_suffix('}').unwrap_or(&tree[open + 1..]);
        let prefix: Path = segments(&tree[..open]);
        let mut parts = vec![String::new()];
        let mut depth = 0;
        for c in inner.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            parts.last_mut().unwrap().push(c);
        }
        let whole = |part: &String| {
            expanded(part).into_iter().map(|(path, name)| ([prefix.clone(), path].concat(), name)).collect::<Vec<_>>()
        };
        let mut all: Vec<(Path, String)> = parts.iter().filter(|part| !part.trim().is_empty()).flat_map(whole).collect();
        for (path, name) in &mut all {
            if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                path.pop();
                *name = path.last().unwrap().clone();
            }
        }
        return all;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let path = segments(path);
    let name = alias.map(str::to_owned).or_else(|| path.last().cloned()).unwrap_or_default();
    vec![(path, name)]
}

fn segments(path: &str) -> Path {
    path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// The paths in code that begin with `crate`, `super`, `self` or a child.
fn paths_in(code: &str, children: &BTreeSet<String>) -> BTreeSet<Path> {
    let words = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    let is_ours =
        |path: &Path| path.len() > 1 && (["crate", "super", "self"].contains(&path[0].as_str()) || children.contains(&path[0]));
    words.filter(|word| word.contains("::") && !word.starts_with(':')).map(segments).filter(is_ours).collect()
}

/// The files that each file imports.
fn imports(modules: &Crate) -> BTreeMap<String, BTreeSet<String>> {
    let mut imports = BTreeMap::new();
    for (at, module) in modules {
        let around: Vec<&str> = (0..=at.len()).filter_map(|depth| Some(modules.get(&at[..depth])?.file.as_str())).collect();
        let found = module.paths.iter().filter_map(|path| leads_to(modules, at, path, 0));
        let others: BTreeSet<String> = found.filter(|file| !around.contains(&file.as_str())).collect();
        imports.insert(module.file.clone(), others);
    }
    imports
}

/// The file that defines the item that a path names in the module `from`.
fn leads_to(modules: &Crate, from: &Path, path: &[String], depth: usize) -> Option<String> {
    let mut at = from.clone();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => (at, rest) = (Vec::new(), &path[1..]),
        "self" => rest = &path[1..],
        "super" => {}
        child if modules.get(from)?.children.contains(child) => {}
        _ => return None,
    }
    while rest.first().is_some_and(|segment| segment == "super") {
        at.pop();
        rest = &rest[1..];
    }
    while let Some(segment) = rest.first() {
        let inside = [at.clone(), vec![segment.clone()]].concat();
        if !modules.contains_key(&inside) {
            break;
        }
        at = inside;
        rest = &rest[1..];
    }
    let module = modules.get(&at)?;
    match rest.first() {
        Some(name) if !module.items.contains(name) && depth < 8 => match module.names.get(name) {
            Some(source) => leads_to(modules, &at, source, depth + 1),
            None if module.children.is_empty() => Some(module.file.clone()),
            None => None,
        },
        Some(_) => Some(module.file.clone()),
        // The path names a module. A module that only declares other modules has nothing to import.
        None => Some(module.file.clone()).filter(|_| !module.items.is_empty()),
    }
}

/// The cycles, each as a text with one line for each file.
fn cycles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = imports
        .keys()
        .map(|file| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![file]);
            while let Some(file) = next.pop() {
                next.extend(imports.get(file).into_iter().flatten().filter(|other| seen.insert(*other)));
            }
            (file, seen)
        })
        .collect();
    let mut cycles = BTreeSet::new();
    for (file, others) in &reached {
        let cycle: BTreeSet<&String> =
            others.iter().copied().filter(|other| reached.get(other).is_some_and(|back| back.contains(file))).collect();
        if cycle.len() > 1 {
            let line = |from: &&String| {
                let to: Vec<&str> = imports[*from].iter().filter(|to| cycle.contains(to)).map(String::as_str).collect();
                format!("  {from} -> {}", to.join(", "))
            };
            cycles.insert(cycle.iter().map(line).collect::<Vec<_>>().join("\n"));
        }
    }
    cycles.into_iter().collect()
}
