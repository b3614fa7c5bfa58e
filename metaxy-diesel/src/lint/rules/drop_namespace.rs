use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// `DROP SCHEMA`, `DROP DATABASE`.
pub(crate) static LINT: Lint = Lint {
    code: "MX105",
    group: Group::Destructive,
    level: LintLevel::Error,
    title: "drops a schema or database with all that is in it",
    why: "It takes tables with it that are not this history's.",
    mend: "Drop the tables by name.",
    check: |script| script.acts(|act| matches!(act, Act::DropNamespace { .. })),
};
