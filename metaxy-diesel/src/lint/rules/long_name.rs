use crate::{
    lint::{Found, Group, Lint, script::Script},
    tokens::tokens,
};
use metaxy_core::config::LintLevel;

/// An identifier is longer than the limit.
pub(crate) static LINT: Lint = Lint {
    code: "MX501",
    group: Group::Names,
    level: LintLevel::Error,
    title: "is longer than the database keeps",
    why: "It is cut without a word, or refused: two names that begin alike become one.",
    mend: "Choose a shorter name.",
    check,
};

fn check(script: &Script<'_>) -> Vec<Found> {
    let (quote, limit) = (script.dialect.identifier_quote, script.dialect.max_identifier_bytes);
    let limit = limit.unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for statement in &script.statements {
        let names = tokens(statement.text).filter_map(|(_, token)| {
            let quoted = token.strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
            let word = token.starts_with(|it: char| it.is_alphabetic() || it == '_');
            quoted.or(Some(token).filter(|_| word))
        });
        let long = names.filter(|it| it.len() > limit);
        found.extend(
            long.map(|it| Found { line: Some(statement.first_line), object: it.to_owned() }),
        );
    }
    found
}
