//! What a person has to say before a migration is written: asked on a terminal, or shown as flags to choose from.

use metaxy_diesel::{
    generate::GenerateError,
    hints::Rename,
    plan::{Loss, PlanError},
};
use serde::Serialize;
use std::io::{self, BufRead, IsTerminal, Write};

/// What was said so far: by flags, then on the terminal.
#[derive(Debug, Clone)]
pub struct Answers {
    pub allow_destructive: Vec<String>,
    pub renames: Vec<Rename>,
}

/// A loss that nobody allowed, for programs.
#[derive(Debug, Serialize)]
pub struct MissingHint {
    /// `table` or `table.column`.
    object: String,
    /// What becomes of it: `drop`, or `narrow` where values are lost that do not fit.
    loss: &'static str,
    /// The flags that say that it has another name.
    renames: Vec<String>,
    /// The flag that allows the loss.
    allow: String,
}

impl MissingHint {
    pub fn of(loss: &Loss) -> Self {
        Self {
            object: loss.object.clone(),
            loss: if loss.narrows { "narrow" } else { "drop" },
            renames: loss.candidates.iter().map(Rename::flag).collect(),
            allow: loss.flag(),
        }
    }
}

/// What has to be said before a migration can be written, where that is all that keeps it from being so.
pub fn missing(error: &GenerateError) -> Option<&[Loss]> {
    match error {
        GenerateError::Plan(PlanError::Destructive { losses }) => Some(losses),
        _ => None,
    }
}

/// Whether someone can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

impl Answers {
    /// Asks what became of the first of `losses`. `false`: nobody says.
    pub fn ask(
        &mut self,
        losses: &[Loss],
        input: &mut dyn BufRead,
        out: &mut dyn Write,
    ) -> io::Result<bool> {
        let Some(loss) = losses.first() else { return Ok(false) };
        let object = &loss.object;
        match (loss.narrows, loss.candidates.as_slice()) {
            (true, _) => writeln!(out, "`{object}` gets a type that does not hold all values.")?,
            (false, [only]) => writeln!(out, "Was `{object}` renamed to `{}`?", only.to)?,
            (false, []) => writeln!(out, "`{object}` is gone.")?,
            (false, _) => writeln!(out, "Was `{object}` renamed?")?,
        }
        for (place, rename) in (1..).zip(&loss.candidates) {
            let from = rename.from.strip_prefix(object.as_str()).unwrap_or_default();
            let from = from.strip_prefix('.').map_or("it".to_owned(), |it| format!("`{it}`"));
            writeln!(out, "  {place}) rename {from} to `{}`: nothing is lost", rename.to)?;
        }
        let last = loss.candidates.len() + 1;
        let lost = match (loss.narrows, loss.candidates.is_empty()) {
            (true, _) => "convert it: what does not fit is lost, or refused",
            (false, false) => "drop and add: all data in it is lost",
            (false, true) => "drop it: all data in it is lost",
        };
        writeln!(out, "  {last}) {lost}")?;
        loop {
            write!(out, "1 to {last}, or q to write nothing: ")?;
            out.flush()?;
            let mut line = String::new();
            // The end of the input is an answer too.
            if input.read_line(&mut line)? == 0 {
                writeln!(out)?;
                return Ok(false);
            }
            match (line.trim(), line.trim().parse::<usize>()) {
                ("q", _) => return Ok(false),
                (_, Ok(place)) if place == last => {
                    self.allow_destructive.push(object.clone());
                    return Ok(true);
                }
                (_, Ok(place)) if (1..last).contains(&place) => {
                    self.renames.push(loss.candidates[place - 1].clone());
                    return Ok(true);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(text: &str) -> Rename {
        text.parse().expect("it is well-formed")
    }

    fn check(candidates: &[&str], input: &str, expected: Option<(&[&str], &[&str])>, words: &str) {
        let loss = Loss {
            object: "clip.path".to_owned(),
            narrows: false,
            candidates: candidates.iter().map(|it| rename(it)).collect(),
        };
        let mut answers = Answers { allow_destructive: Vec::new(), renames: Vec::new() };
        let mut out = Vec::new();
        let asked = answers.ask(&[loss], &mut input.as_bytes(), &mut out).expect("it can print");
        let out = String::from_utf8(out).expect("it prints text");
        assert!(out.contains(words), "{out}");
        let (allowed, renames) = expected.unwrap_or_default();
        assert_eq!(asked, expected.is_some(), "{out}");
        assert_eq!(answers.allow_destructive, allowed);
        assert_eq!(answers.renames, renames.iter().map(|it| rename(it)).collect::<Vec<_>>());
    }

    #[test]
    fn answers_are_taken_by_their_number() {
        let one = ["clip.path:location"];
        let two = ["clip.path:location", "clip.path:file"];
        check(&one, "1\n", Some((&[], &one)), "Was `clip.path` renamed to `location`?");
        check(&one, "2\n", Some((&["clip.path"], &[])), "2) drop and add");
        check(&two, "2\n", Some((&[], &["clip.path:file"])), "2) rename it to `file`");
        check(&[], "1\n", Some((&["clip.path"], &[])), "1) drop it");
    }

    #[test]
    fn what_is_no_answer_is_asked_again_and_the_end_is_none() {
        let one = ["clip.path:location"];
        check(&one, "yes\n0\n3\n 1 \n", Some((&[], &one)), "1 to 2, or q to write nothing: 1 to 2");
        check(&one, "q\n", None, "");
        check(&one, "", None, "");
        check(&one, "x", None, "");
    }
}
