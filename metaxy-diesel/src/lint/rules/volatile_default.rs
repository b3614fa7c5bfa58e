use crate::{
    lint::{Group, Lint},
    online::is_volatile,
};
use metaxy_core::config::LintLevel;

/// A new column with a volatile default (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX409",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "writes a default into every row while nobody can use the table",
    why: "A default that differs from row to row, and a stored generated column, rewrite the table.",
    mend: "Add the column without default, SET DEFAULT, then fill the rows in batches.",
    check: |script| {
        // squawk takes what stands in parentheses for volatile.
        let volatile = |text: &str| text.rsplit_once("DEFAULT ").is_none_or(|it| is_volatile(it.1));
        script.others_where("adding-field-with-default", |it| volatile(it.text))
    },
};
