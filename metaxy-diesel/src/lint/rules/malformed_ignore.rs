use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// `-- metaxy:ignore` without a known code and a reason: found where the comments are read.
pub(crate) static LINT: Lint = Lint {
    code: "MX901",
    group: Group::Ignores,
    level: LintLevel::Error,
    title: ": this comment silences nothing",
    why: "A comment with a mistake looks as if someone had thought about it.",
    mend: "Write `-- metaxy:ignore CODE reason`.",
    check: |_| Vec::new(),
};
