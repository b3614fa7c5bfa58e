use crate::{
    change::Risk,
    lint::{
        Found, Group, Lint,
        act::{Act, Null},
        script::Script,
    },
};
use metaxy_core::config::LintLevel;

/// A column no longer takes NULL.
pub(crate) static LINT: Lint = Lint {
    code: "MX201",
    group: Group::Data,
    level: LintLevel::Warn,
    title: "forbids NULL in a column that has rows",
    why: "It is refused where a row holds NULL, and programs that write NULL fail from then on.",
    mend: "Give such rows a value first: UPDATE in the same migration, or `--backfill`.",
    check,
};

fn check(script: &Script<'_>) -> Vec<Found> {
    script.acts_or_risks(
        |act| match act {
            Act::ForbidNull { table, column } => !script.fills(table, column),
            // Of a definition that metaxy wrote it is known whether NULL was allowed before.
            Act::Redefine { table, column, null } => {
                !script.generated && *null != Null::Allowed && !script.fills(table, column)
            }
            _ => false,
        },
        |risk| matches!(risk, Risk::NeedsNoNulls { .. }),
    )
}
