use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// Something other than a table is dropped (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX305",
    group: Group::Code,
    level: LintLevel::Warn,
    title: "drops a view, type or sequence that programs may use",
    why: "Programs that run and use it fail.",
    mend: "Drop it when no program uses it any more.",
    check: |script| {
        let rules = ["ban-drop-view", "ban-drop-type", "ban-drop-domain", "ban-drop-sequence"];
        rules.iter().flat_map(|rule| script.others(rule)).collect()
    },
};
