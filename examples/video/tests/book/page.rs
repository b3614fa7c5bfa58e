//! Pages of the book as tests see them: their blocks, and a shell that does what these show.
//!
//! In a console block, `$ ` begins a command; the lines after it have to be in its output, in that order, where `…` stands for
//! anything. Comments above a block say the rest: `<!-- exit: 1 -->` how its last command ends, `<!-- file: NAME -->` that the
//! block is the content of a file, `<!-- not run: REASON -->` why it is not tried.

#![allow(dead_code, reason = "no test uses all of it")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A fenced block.
pub struct Block {
    /// Where it begins, from 1.
    pub line: usize,
    /// What stands after the fence.
    pub language: String,
    /// The file that it is the content of.
    pub file: Option<String>,
    /// How its last command ends.
    pub exit: i32,
    /// Whether nothing says that it is not tried.
    pub is_run: bool,
    /// What is within.
    pub text: String,
}

/// The blocks of a page. One in a list is indented, and its text is not.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut file, mut exit, mut is_run) = (None, 0, true);
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let said = |name: &str| {
            let value =
                line.trim().strip_prefix("<!-- ")?.strip_suffix(" -->")?.strip_prefix(name)?;
            Some(value.trim().to_owned())
        };
        if let Some(name) = said("file:") {
            file = Some(name);
        } else if let Some(code) = said("exit:") {
            exit = code.parse().expect("an exit code is a number");
        } else if said("not run:").is_some() {
            is_run = false;
        } else if let Some((indent, language)) = line.split_once("```")
            && indent.trim().is_empty()
        {
            let text = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```");
            let text: String = text
                .map(|line| format!("{}\n", line.strip_prefix(indent).unwrap_or(line)))
                .collect();
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

/// Where the commands of a page are run: each begins where the one before it ended.
pub struct Shell {
    home: PathBuf,
    here: PathBuf,
    variables: Vec<(String, String)>,
}

impl Shell {
    /// A shell in a directory, in which programs are found before all others.
    pub fn new(home: &Path) -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", home.join(".programs").display());
        fs::create_dir_all(home.join(".programs")).expect("a directory can be made");
        let variables = [("PATH", path.as_str()), ("NO_COLOR", "1"), ("PYTHONWARNINGS", "ignore")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { here: home.to_owned(), home: home.to_owned(), variables }
    }

    /// Sets a variable of the environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Adds a program.
    pub fn program(&self, name: &str, script: &str) {
        let file = self.home.join(".programs").join(name);
        fs::write(&file, script).expect("a script can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it can be run");
    }

    /// Writes the file that a block is, and runs its commands. Gives how many there were.
    pub fn take(&mut self, block: &Block, about: &str) -> usize {
        if let Some(file) = &block.file {
            let file = self.here.join(file);
            fs::create_dir_all(file.parent().expect("it has a parent")).expect("it can be made");
            fs::write(file, &block.text).expect("it can be written");
        }
        match block.language.as_str() {
            _ if !block.is_run => 0,
            "console" => {
                assert!(block.text.starts_with("$ "), "{about}: a console block begins with `$ `");
                let commands = commands(&block.text);
                for (at, (command, expected)) in commands.iter().enumerate() {
                    let exit = if at + 1 == commands.len() { block.exit } else { 0 };
                    self.shows(command, expected, exit, about);
                }
                commands.len()
            }
            "sh" => {
                self.shows(&block.text, "", block.exit, about);
                1
            }
            "yaml" => {
                let steps = block.text.lines().filter_map(|it| it.trim().strip_prefix("- run: "));
                let steps: Vec<_> = steps.filter(|it| it.starts_with("cargo metaxy ")).collect();
                steps.iter().for_each(|it| self.shows(it, "", 0, about));
                steps.len()
            }
            _ => 0,
        }
    }

    /// Runs a command, which has to end so and print these lines, in this order.
    #[track_caller]
    pub fn shows(&mut self, command: &str, expected: &str, exit: i32, about: &str) {
        let output = self.run(command);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(exit), "{about}: `{command}` printed:\n{text}");
        let mut lines = text.lines();
        for line in expected.lines().filter(|it| !it.trim().is_empty() && it.trim() != "…") {
            let found = lines.any(|it| is_like(it, line));
            assert!(found, "{about}: `{command}` does not print (here)\n{line}\nbut:\n{text}");
        }
    }

    /// Runs a command; what it prints is in its standard output, errors too.
    fn run(&mut self, command: &str) -> Output {
        let place = self.home.join(".programs/place");
        let script = format!("trap 'pwd > {}' EXIT\n{{ {command}\n}} 2>&1", place.display());
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(&self.here)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env_remove("CARGO_MANIFEST_DIR")
            .output()
            .expect("bash runs");
        let place = fs::read_to_string(place).expect("it was written");
        self.here = PathBuf::from(place.trim_end());
        output
    }
}

/// Whether a line is as it is shown, where `…` stands for anything.
pub fn is_like(line: &str, shown: &str) -> bool {
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
