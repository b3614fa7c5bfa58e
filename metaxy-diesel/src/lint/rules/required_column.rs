use crate::lint::{
    Group, Lint,
    act::{Act, Null},
};
use metaxy_core::config::LintLevel;

/// A required column without a value for rows that are there.
pub(crate) static LINT: Lint = Lint {
    code: "MX205",
    group: Group::Data,
    level: LintLevel::Error,
    title: "adds a column that must not be NULL and has no default",
    why: "It is refused where the table has rows; MySQL and MariaDB give them 0 or an empty text without a \
          word.",
    mend: "Give it a default, or add it with NULL, fill it, and forbid NULL then.",
    check: |script| script.acts(|act| matches!(act, Act::AddColumn { null: Null::Forbidden, .. })),
};
