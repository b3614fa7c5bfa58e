//! `-- metaxy:ignore CODE reason`: findings that someone looked at.

use super::{Finding, Found, rules::find};
use metaxy_core::nearest;

/// A comment that silences a lint, from its line to the end of the script.
pub(super) struct Ignore<'a> {
    pub(super) code: &'a str,
    pub(super) line: usize,
    pub(super) used: bool,
}

/// The comments of a script, and what is wrong with those that silence nothing.
pub(super) fn ignores(text: &str) -> (Vec<Ignore<'_>>, Vec<Found>) {
    let (mut ignores, mut malformed) = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(text.lines()) {
        let Some((_, comment)) = text.split_once("-- metaxy:ignore") else { continue };
        let mut words = comment.split_whitespace();
        let (code, reason) = (words.next().unwrap_or_default(), words.next());
        let problem = match find(code) {
            None if code.is_empty() => Some("names no code".to_owned()),
            None => Some(match nearest(code, super::LINTS.iter().map(|it| it.code)) {
                Some(near) => format!("`{code}` is no code: did you mean `{near}`?"),
                None => format!("`{code}` is no code"),
            }),
            Some(_) if reason.is_none() => Some(format!("says no reason for `{code}`")),
            Some(_) => None,
        };
        match problem {
            None => ignores.push(Ignore { code, line, used: false }),
            Some(object) => malformed.push(Found { line: Some(line), object }),
        }
    }
    (ignores, malformed)
}

impl Ignore<'_> {
    /// Whether it silences this finding, whose statement ends in `last_line`.
    pub(super) fn silences(&mut self, finding: &Finding, last_line: Option<usize>) -> bool {
        let silences =
            finding.lint.code == self.code && last_line.is_none_or(|last| self.line <= last);
        self.used |= silences;
        silences
    }
}
