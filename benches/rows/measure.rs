//! Runs of programs.

use super::Result;
use std::{ffi::OsString, fmt, process::Command};

/// A program that takes a URL, a hash, specs, an operation and a number of rows, and says what that took.
pub struct Program {
    pub name: &'static str,
    pub command: Vec<OsString>,
}

/// What an operation took.
pub struct Measured {
    pub seconds: f64,
    /// The peak of memory.
    pub megabytes: f64,
}

impl Program {
    /// Runs an operation, which has to come to this count.
    pub fn run(&self, args: [&str; 4], rows: usize, expected: usize) -> Result<Measured> {
        let (program, before) = self.command.split_first().ok_or("a program has a name")?;
        let output =
            Command::new(program).args(before).args(args).arg(rows.to_string()).output()?;
        let (out, err) = (&output.stdout, &output.stderr);
        let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
        let words: Vec<&str> = out.lines().last().unwrap_or_default().split(' ').collect();
        let [count, seconds, kilobytes] = words[..] else {
            return Err(format!("{} {}: {out}{err}", self.name, args[3]).into());
        };
        if count.parse() != Ok(expected) {
            return Err(format!("{} {}: {count} rows, not {expected}", self.name, args[3]).into());
        }
        let megabytes = kilobytes.parse::<f64>()? / 1024.0;
        Ok(Measured { seconds: seconds.parse()?, megabytes })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.2} s {:.0} MB", self.seconds, self.megabytes)
    }
}
