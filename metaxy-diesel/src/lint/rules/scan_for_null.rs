use crate::lint::{Found, Group, Lint, act::Act, script::Script};
use metaxy_core::config::LintLevel;

/// `SET NOT NULL` without a validated check (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX404",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "looks through the table for NULLs while nobody can use it",
    why: "SET NOT NULL reads every row under a lock that keeps readers and writers out.",
    mend: "ADD CHECK (column IS NOT NULL) NOT VALID, then VALIDATE it in the next migration, before SET NOT \
          NULL: `--online` writes that.",
    check,
};

/// A constraint that was validated in the same script, before, spares the scan.
fn check(script: &Script<'_>) -> Vec<Found> {
    let validated = script.statements.iter().flat_map(|it| &it.acts).find_map(|act| match act {
        Act::Validate { table } => Some(table),
        _ => None,
    });
    script.others_where("adding-not-nullable-field", |statement| {
        !statement.acts.iter().any(|it| it.table() == validated.map(String::as_str))
    })
}
