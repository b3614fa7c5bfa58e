//! The book: everything in it is tried, page by page, in a directory and databases of the page's own.
//!
//! | block | |
//! |---|---|
//! | `console`, `sh` | is run, and prints what it shows: `page.rs` says how |
//! | `yaml` | a workflow: its steps with `cargo metaxy` are run |
//! | `toml` | is read as a `metaxy.toml`, unless it is a file of another name |
//! | `python` | is run by the Python that `METAXY_TEST_PYTHON` names, after those above it; one that is a file can be imported |
//! | `rust` | is a doctest of `metaxy`, whose `src/lib.rs` names the page |
//! | `text`, and `sql`, `ini` | are for people; the latter are files, or say why they are not run |
//!
//! A page with `<!-- tried by cargo-metaxy -->` is run there, with the real `cargo`.

#[path = "../../../../metaxy-diesel/tests/support/mod.rs"]
mod support;

mod page;

use metaxy_diesel::Backend;
use page::{Block, Shell, blocks, is_like};
use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    thread,
};
use support::TestDatabase;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn read(name: &str) -> String {
    fs::read_to_string(docs().join(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// The pages of the book, which are those that its summary has, with their texts.
fn pages() -> Vec<(String, String)> {
    let summary = read("SUMMARY.md");
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    let listed: Vec<String> = links.map(str::to_owned).collect();
    let files: BTreeSet<String> = fs::read_dir(docs())
        .expect("the book has pages")
        .map(|it| it.expect("it can be read").file_name().to_string_lossy().into_owned())
        .filter(|it| it.ends_with(".md") && it != "SUMMARY.md")
        .collect();
    assert_eq!(BTreeSet::from_iter(listed.clone()), files, "the summary lists every page");
    listed.into_iter().map(|name| (read(&name), name)).map(|(text, name)| (name, text)).collect()
}

#[test]
fn every_block_of_the_book_does_what_it_shows() {
    let pages = pages().into_iter();
    let pages = pages.filter(|(_, text)| !text.contains("<!-- tried by cargo-metaxy -->"));
    let pages =
        pages.map(|(name, text)| (name.clone(), thread::spawn(move || try_out(&name, &text))));
    let tried: Vec<_> =
        pages.collect::<Vec<_>>().into_iter().map(|(name, it)| (name, it.join())).collect();
    let failed = tried.iter().filter(|(_, run)| run.is_err()).map(|(name, _)| name.as_str());
    let failed: Vec<_> = failed.collect();
    assert!(failed.is_empty(), "not as they show: {failed:?}");
    let run: usize = tried.iter().filter_map(|(_, run)| run.as_ref().ok()).sum();
    assert!(run > 50, "only {run} commands were found");
}

/// Does all that a page shows, and gives how many commands it ran.
fn try_out(name: &str, text: &str) -> usize {
    let mut place = Place::new();
    blocks(text).iter().map(|it| place.take(it, &format!("{name}:{}", it.line))).sum()
}

/// Doctests are blocks of pages that `metaxy` includes.
#[test]
fn pages_with_rust_are_doctests() {
    let library = include_str!("../../../../src/lib.rs");
    for (name, text) in pages() {
        let is_rust = |it: &Block| it.language.starts_with("rust") && it.file.is_none();
        let included = library.contains(&format!("include_str!(\"../docs/{name}\")"));
        let expected = blocks(&text).iter().any(is_rust);
        assert_eq!(included, expected, "whether `mod book` of src/lib.rs has docs/{name}");
    }
}

/// Links to other pages, their headings and files of the repository lead somewhere, and so do includes.
#[test]
fn links_lead_somewhere() {
    let pages = pages();
    for (name, text) in &pages {
        let mut in_block = false;
        let prose = text.lines().filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            in_block ^= is_fence;
            !in_block && !is_fence
        });
        for line in prose {
            let links = line.split("](").skip(1).filter_map(|it| it.split_once(')'));
            for link in links.map(|(link, _)| link).chain(include(line)) {
                let (file, heading) = link.split_once('#').unwrap_or((link, ""));
                if file.contains("://") {
                    continue;
                }
                let file = if file.is_empty() { name.as_str() } else { file };
                assert!(docs().join(file).exists(), "{name}: {link} is not there");
                if let Some((_, page)) = pages.iter().find(|(name, _)| name == file)
                    && !heading.is_empty()
                {
                    let included = page.lines().filter_map(include).map(read);
                    let text = included.fold(page.clone(), |text, included| text + &included);
                    let mut titles = text.lines().filter(|it| it.starts_with('#')).map(anchor);
                    assert!(titles.any(|it| it == heading), "{name}: {link} is not there");
                }
            }
        }
    }
}

/// The file that a line of a page includes.
fn include(line: &str) -> Option<&str> {
    line.strip_prefix("{{#include ")?.strip_suffix("}}")
}

/// The anchor of a heading, as mdBook and GitHub make it.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

/// Where a page is tried out.
struct Place {
    shell: Shell,
    /// The Python of the page so far.
    python: String,
    // Its directory is the page's, and its URL what DATABASE_URL says.
    database: TestDatabase,
}

impl Place {
    fn new() -> Self {
        let database = TestDatabase::new(Backend::Postgres);
        let mut shell = Shell::new(database.directory());
        let program = database.directory().join(".programs/metaxy");
        symlink(env!("CARGO_BIN_EXE_video"), program).expect("a link can be made");
        shell.program(
            "cargo",
            "#!/bin/sh\n[ \"$1\" = metaxy ] && shift && exec metaxy \"$@\"\necho \"no cargo here\"; exit 1\n",
        );
        let python = env::var("METAXY_TEST_PYTHON").expect(
            "this test needs Metaxy for Python, and METAXY_TEST_PYTHON names no Python that has it: run `cargo xtask test`",
        );
        shell.program("python3", &format!("#!/bin/sh\nexec '{python}' \"$@\"\n"));
        shell.set("DATABASE_URL", database.url.expose());
        shell.set("PYTHONPATH", &database.directory().display().to_string());
        Self { shell, python: String::new(), database }
    }

    /// Does what a block says, and gives how many commands it ran.
    fn take(&mut self, block: &Block, about: &str) -> usize {
        let run = self.shell.take(block, about);
        let (language, _) = block.language.split_once(',').unwrap_or((&block.language, ""));
        match (language, &block.file) {
            ("console" | "sh" | "yaml" | "rust" | "text", _) => {}
            ("sql" | "ini", file) => {
                assert!(!block.is_run || file.is_some(), "{about}: why is it not run?");
            }
            ("toml", Some(file)) if !file.ends_with("metaxy.toml") => {
                let parsed = block.text.parse::<toml::Table>();
                assert!(parsed.is_ok(), "{about}: {}", parsed.unwrap_err());
            }
            ("toml", _) => {
                let file = self.write("metaxy.toml", &block.text);
                self.shell.shows(&format!("metaxy --config {file} config print"), "", 0, about);
            }
            ("python", None) if block.is_run => {
                self.python += &block.text;
                let file = self.write("page.py", &self.python);
                self.shell.shows(&format!("python3 {file}"), "", 0, about);
            }
            ("python", _) => {}
            _ => panic!("{about}: what is a block of `{language}`?"),
        }
        run
    }

    /// Writes a file that is none of the page's, and gives its path.
    fn write(&self, name: &str, text: &str) -> String {
        let file = self.database.directory().join(".programs").join(name);
        fs::write(&file, text).expect("it can be written");
        file.display().to_string()
    }
}

#[test]
fn dots_stand_for_anything() {
    for (line, shown, expected) in [
        ("applied 2026_initialize", "applied …_initialize", true),
        ("applied 2026_initialize", "applied …_other", false),
        ("a b c", "a … c", true),
        ("a b c", "a b", false),
        ("a b c", "…b…", true),
    ] {
        assert_eq!(is_like(line, shown), expected, "{line} and {shown}");
    }
}
