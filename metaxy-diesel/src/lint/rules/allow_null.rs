use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// A column takes NULL (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX306",
    group: Group::Code,
    level: LintLevel::Note,
    title: "allows NULL in a column",
    why: "Programs that run do not expect NULL there, and can fail when others write it.",
    mend: "Write NULL only when all programs read it.",
    check: |script| script.others("ban-drop-not-null"),
};
