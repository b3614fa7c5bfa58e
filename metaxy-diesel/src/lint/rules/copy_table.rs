use crate::{
    dialect::Online,
    lint::{
        Found, Group, Lint,
        act::{Act, Constraint},
        script::Script,
    },
};
use metaxy_core::config::LintLevel;

/// `ALTER TABLE` that copies the table.
pub(crate) static LINT: Lint = Lint {
    code: "MX413",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "copies the table while nobody can write to it",
    why: "What cannot be changed in place is done in a copy of all rows, and writers wait.",
    mend: "Add `, ALGORITHM=INPLACE, LOCK=NONE`: the server then refuses it where it would copy.",
    check,
};

/// Source: <https://mariadb.com/kb/en/innodb-online-ddl-operations-with-the-inplace-alter-algorithm/>.
fn check(script: &Script<'_>) -> Vec<Found> {
    if script.dialect.online != Online::Clauses {
        return Vec::new();
    }
    script.acts_with(|statement, act| {
        let copies = match act {
            Act::Redefine { .. } => true,
            Act::Constrain { constraint, .. } => {
                matches!(constraint, Constraint::ForeignKey { .. } | Constraint::Check { .. })
            }
            _ => false,
        };
        copies && !statement.acts.contains(&Act::InPlace)
    })
}
