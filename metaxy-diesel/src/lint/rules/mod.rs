//! The rules, one file each.

use super::Lint;
use crate::change::Risk;

macro_rules! lints {
    ($($module:ident,)+) => {
        $(mod $module;)+

        /// All rules, by code.
        pub static LINTS: &[&Lint] = &[$(&$module::LINT,)+];
    };
}

lints! {
    drop_table,
    drop_column,
    narrow_type,
    empty_table,
    drop_namespace,
    truncate_cascade,
    forbid_null,
    unique_rows,
    check_rows,
    foreign_key_rows,
    required_column,
    primary_key_rows,
    validate,
    rename_table,
    rename_column,
    retype_column,
    required_by_code,
    drop_object,
    allow_null,
    create_index,
    drop_index,
    rewrite_type,
    scan_for_null,
    scan_for_foreign_key,
    scan_for_check,
    build_unique,
    build_primary_key,
    volatile_default,
    concurrently_alone,
    reindex,
    detach_partition,
    copy_table,
    lock_timeout,
    long_name,
    index_of_foreign_key,
    transaction,
    malformed_ignore,
    unused_ignore,
}

pub(super) use malformed_ignore::LINT as MALFORMED_IGNORE;
pub(super) use unused_ignore::LINT as UNUSED_IGNORE;

/// The rule of this code.
pub fn find(code: &str) -> Option<&'static Lint> {
    LINTS.iter().copied().find(|it| it.code == code)
}

/// Whether a change is refused where rows violate a constraint of this kind.
fn is_about(risk: &Risk, kind: &str) -> bool {
    matches!(risk, Risk::NeedsValidRows { constraint, .. } if constraint.starts_with(kind))
}
