//! The book: every console block in it is run, page by page, and prints what it shows.
//!
//! In a block, `$ ` begins a command; the lines after it have to be in its output, in that order, where `…` stands for
//! anything. `<!-- exit: 1 -->` above a block is how its last command ends, and `<!-- file: NAME -->` above a block of any
//! other kind writes it into that file; `<!-- not run: REASON -->` leaves a block out. Of workflows, the steps with
//! `cargo metaxy` are run. A page has a directory and databases of its own. Blocks of Rust are doctests of `metaxy`.

#[path = "../../../metaxy-diesel/tests/support/mod.rs"]
mod support;

use metaxy_diesel::Backend;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};
use support::TestDatabase;

/// The pages of the book, which are those that its summary has.
fn pages() -> Vec<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).expect("the book has a summary");
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    let pages: Vec<_> = links.map(|page| docs.join(page)).collect();
    let mut files: Vec<_> = fs::read_dir(docs)
        .expect("the book has pages")
        .map(|it| it.expect("it can be read").path())
        .filter(|it| it.extension().is_some_and(|it| it == "md") && !it.ends_with("SUMMARY.md"))
        .collect();
    let mut listed = pages.clone();
    files.sort();
    listed.sort();
    assert_eq!(listed, files, "the summary lists every page");
    pages
}

#[test]
fn every_command_of_the_book_does_what_it_shows() {
    let mut run = 0;
    for page in pages() {
        let text =
            fs::read_to_string(&page).unwrap_or_else(|it| panic!("{}: {it}", page.display()));
        let place = Place::new();
        for block in blocks(&text) {
            let about =
                format!("{}:{}", page.file_name().unwrap_or_default().display(), block.line);
            run += place.take(&block, &about);
        }
    }
    assert!(run > 10, "only {run} commands were found");
}

/// A fenced block.
struct Block {
    line: usize,
    language: String,
    /// What the comments above it say.
    file: Option<String>,
    exit: i32,
    is_run: bool,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut file, mut exit, mut is_run) = (None, 0, true);
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let said = |name: &str| {
            let value = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.strip_prefix(name)?;
            Some(value.trim().to_owned())
        };
        if let Some(name) = said("file:") {
            file = Some(name);
        } else if let Some(code) = said("exit:") {
            exit = code.parse().expect("an exit code is a number");
        } else if said("not run:").is_some() {
            is_run = false;
        } else if let Some(language) = line.strip_prefix("```") {
            let text = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text: String = text.map(|line| format!("{line}\n")).collect();
            let language = language.to_owned();
            blocks.push(Block { line: at + 1, language, file: file.take(), exit, is_run, text });
            (exit, is_run) = (0, true);
        }
    }
    blocks
}

/// The commands of a console block, each with what it prints.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, expected))) => *expected += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    commands
}

/// Where a page is tried out.
struct Place {
    database: TestDatabase,
    path: String,
}

impl Place {
    fn new() -> Self {
        // Its directory is the page's, and its URL what DATABASE_URL says.
        let database = TestDatabase::new(Backend::Postgres);
        let programs = database.directory().join(".programs");
        fs::create_dir(&programs).expect("a directory can be made");
        symlink(env!("CARGO_BIN_EXE_video"), programs.join("metaxy")).expect("a link can be made");
        let cargo = programs.join("cargo");
        let script = "#!/bin/sh\n[ \"$1\" = metaxy ] && shift && exec metaxy \"$@\"\necho \"no cargo here\"; exit 1\n";
        fs::write(&cargo, script).expect("a script can be written");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("it can be run");
        let path = std::env::var("PATH").unwrap_or_default();
        Self { path: format!("{}:{path}", programs.display()), database }
    }

    /// Does what a block says, and gives how many commands it ran.
    fn take(&self, block: &Block, about: &str) -> usize {
        if let Some(file) = &block.file {
            let file = self.database.directory().join(file);
            fs::create_dir_all(file.parent().expect("it has a parent")).expect("it can be made");
            fs::write(file, &block.text).expect("it can be written");
        }
        if !block.is_run {
            return 0;
        }
        if block.language == "yaml" {
            let steps = block.text.lines().filter_map(|it| it.trim().strip_prefix("- run: "));
            let steps: Vec<_> = steps.filter(|it| it.starts_with("cargo metaxy ")).collect();
            steps.iter().for_each(|it| self.run(it, "", 0, about));
            return steps.len();
        }
        if block.language != "console" {
            return 0;
        }
        let commands = commands(&block.text);
        assert!(block.text.starts_with("$ "), "{about}: a console block begins with `$ `");
        for (at, (command, expected)) in commands.iter().enumerate() {
            let exit = if at + 1 == commands.len() { block.exit } else { 0 };
            self.run(command, expected, exit, about);
        }
        commands.len()
    }

    #[track_caller]
    fn run(&self, command: &str, expected: &str, exit: i32, about: &str) {
        let output = Command::new("bash")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(self.database.directory())
            .env("PATH", &self.path)
            .env("DATABASE_URL", self.database.url.expose())
            .env("NO_COLOR", "1")
            .env_remove("CARGO_MANIFEST_DIR")
            .output()
            .expect("bash runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(exit), "{about}: `{command}` printed:\n{text}");
        let mut lines = text.lines();
        for line in expected.lines().filter(|it| !it.trim().is_empty() && it.trim() != "…") {
            let found = lines.any(|it| is_like(it, line));
            assert!(found, "{about}: `{command}` does not print (here)\n{line}\nbut:\n{text}");
        }
    }
}

/// Whether a line is as it is shown, where `…` stands for anything.
fn is_like(line: &str, shown: &str) -> bool {
    let (line, shown) = (line.trim_end(), shown.trim_end());
    let Some((start, rest)) = shown.split_once('…') else { return line == shown };
    let Some(mut left) = line.strip_prefix(start) else { return false };
    let parts: Vec<&str> = rest.split('…').collect();
    let (last, middle) = parts.split_last().expect("a split has one part at least");
    for part in middle {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last)
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
