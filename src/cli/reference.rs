//! The book's page of commands, made of clap's own definitions; and what holds of the help of all commands.

use super::Cli;
use clap::{Arg, Command, CommandFactory};
use std::{fmt::Write, fs};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");

const HEAD: &str = "\
# Commands

<!-- Made of the definitions of the commands: `METAXY_BLESS=1 cargo test --lib the_page` writes it. -->

`metaxy` stands for `cargo metaxy`, or for a binary with `metaxy::main!()`. `cargo metaxy` takes Cargo's `-p`, `--bin`, `--features`
and `--release` before the command, and has one of its own: `cargo metaxy init` begins a project.

| exit code | |
|---|---|
| 0 | all is as it should be |
| 1 | something was found: pending, different, out of date |
| 2 | wrong usage, configuration or definitions |
| 3 | the database, or the way to it |
| 101 | of `cargo metaxy` alone: Cargo could not build the crate |

`--json`, where a command has it, prints to standard output what a program may read; warnings, notes and progress go to standard
error, and `--quiet` leaves them out. `NO_COLOR=1` prints without colours; without a terminal there are none.

## Options of all commands

";

/// The commands below, without those that only hold others, by their names.
fn leaves<'a>(command: &'a Command, path: &str, found: &mut Vec<(String, &'a Command)>) {
    let path = format!("{path} {}", command.get_name()).trim().to_owned();
    if !command.has_subcommands() {
        found.push((path, command));
        return;
    }
    let commands = command.get_subcommands().filter(|it| it.get_name() != "help");
    commands.for_each(|it| leaves(it, &path, found));
}

fn is_shown(argument: &&Arg) -> bool {
    !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
}

/// `--to <VERSION>`, `<NAME>`
fn name(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let values: String = values.iter().map(|it| format!(" <{it}>")).collect();
    let takes = argument.get_action().takes_values();
    let values = if takes { values } else { String::new() };
    let flags = [
        argument.get_short().map(|it| format!("-{it}")),
        argument.get_long().map(|it| format!("--{it}")),
    ];
    let flags = flags.into_iter().flatten().collect::<Vec<_>>().join(", ");
    format!("{flags}{values}").trim().to_owned()
}

fn table<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let rows = arguments.filter(is_shown).map(|it| {
        let mut help = it.get_help().map(ToString::to_string).unwrap_or_default();
        let values = it.get_possible_values();
        let values = values.iter().filter(|_| it.get_action().takes_values());
        let values: Vec<_> = values.map(|it| format!("`{}`", it.get_name())).collect();
        if !values.is_empty() {
            help = format!("{help}: {}", values.join(", "));
        }
        format!("| `{}` | {} |\n", name(it), help.replace('|', "\\|"))
    });
    let rows: String = rows.collect();
    if !rows.is_empty() {
        _ = write!(page, "| | |\n|---|---|\n{rows}\n");
    }
}

/// The page. What is written with spaces in a help is a block.
fn page() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut page = HEAD.to_owned();
    table(&mut page, cli.get_arguments());
    let mut found = Vec::new();
    leaves(&cli, "", &mut found);
    for (path, command) in &found {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        _ = write!(page, "## `{path}`\n\n{about}.\n\n");
        table(&mut page, command.get_arguments().filter(|it| !it.is_global_set()));
        let help = command.get_after_long_help().or(command.get_after_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        if !help.is_empty() {
            _ = write!(page, "```text\n{}\n```\n\n", help.trim());
        }
    }
    page.trim_end().to_owned() + "\n"
}

#[test]
fn the_page_of_commands_is_current() {
    let page = page();
    if std::env::var_os("METAXY_BLESS").is_some() {
        fs::write(PAGE, &page).expect("the page can be written");
    }
    let found = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(found == page, "docs/commands.md differs: METAXY_BLESS=1 writes it; read it then");
}

/// The examples in the help of a command, each as the words that a shell makes of it.
fn examples(command: &Command) -> Vec<Vec<String>> {
    let helps = [command.get_after_help(), command.get_after_long_help()];
    let help: String = helps.into_iter().flatten().map(|it| format!("{it}\n")).collect();
    let lines = help.lines().filter_map(|it| it.strip_prefix("  metaxy "));
    // What follows several spaces explains it, and what follows `>` is the shell's.
    let lines = lines.filter_map(|it| it.split("  ").next()?.split(" > ").next());
    lines.map(words).collect()
}

/// The words of a line, as a shell splits it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for character in line.trim().chars() {
        let word = words.last_mut().expect("there is one");
        match (character, quote) {
            (it, Some(quoted)) if it == quoted => quote = None,
            ('"' | '\'', None) => quote = Some(character),
            (' ', None) => words.push(String::new()),
            _ => word.push(character),
        }
    }
    words
}

#[test]
fn every_command_says_what_it_does_and_shows_examples_that_are_right() {
    let cli = Cli::command();
    cli.clone().debug_assert();
    let mut found = Vec::new();
    leaves(&cli, "", &mut found);
    assert!(found.len() > 20, "{found:?}");
    for (path, command) in found.iter().chain([&("metaxy".to_owned(), &cli)]) {
        assert!(command.get_about().is_some(), "{path} says nothing");
        let names: Vec<_> = path.split(' ').skip(1).collect();
        let is_own = |it: &Vec<String>| names.iter().all(|name| it.iter().any(|word| word == name));
        let examples = examples(command);
        assert!(examples.iter().any(is_own), "{path} shows no example");
        for example in examples {
            let args = ["metaxy".to_owned()].into_iter().chain(example.iter().cloned());
            let args = super::migration::with_counts(args.map(Into::into).collect());
            let parsed = <Cli as clap::Parser>::try_parse_from(args);
            assert!(parsed.is_ok(), "{path}: {example:?}: {}", parsed.unwrap_err());
        }
    }
}

/// What a person wrote line by line; clap breaks the lines of all else.
#[test]
fn what_is_said_below_the_options_fits_a_terminal_of_80_columns() {
    let cli = Cli::command();
    let mut found = Vec::new();
    leaves(&cli, "", &mut found);
    for (path, command) in found.iter().chain([&("metaxy".to_owned(), &cli)]) {
        let helps = [command.get_after_help(), command.get_after_long_help()];
        for help in helps.into_iter().flatten().map(ToString::to_string) {
            let wide: Vec<_> = help.lines().filter(|it| it.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{path}: {wide:#?}");
        }
    }
}
