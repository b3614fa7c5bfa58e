use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// `-- metaxy:ignore` that silences nothing: found where the comments are applied.
pub(crate) static LINT: Lint = Lint {
    code: "MX902",
    group: Group::Ignores,
    level: LintLevel::Warn,
    title: "is silenced, and nothing is found",
    why: "What was once ignored is gone, and the comment would hide the next.",
    mend: "Remove the comment.",
    check: |_| Vec::new(),
};
