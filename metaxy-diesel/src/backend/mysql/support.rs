//! What MySQL and MariaDB alike have and have not.

use crate::support::{ConstraintSupport, IndexSupport, Methods, Support};

/// What indexes of InnoDB can be.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/create-index.html>, <https://mariadb.com/kb/en/create-index/>.
pub(super) const fn indexes(expressions: Support) -> IndexSupport {
    IndexSupport {
        partial: Support::No {
            instead: "index all rows, or a generated column that is NULL in the others",
        },
        expressions,
        nulls: Support::No { instead: "leave it out: NULLs are smaller than all values" },
        nulls_are_largest: false,
        descending: true,
        prefixes: Support::Yes,
        collations: Support::No { instead: "leave it out: the column's own counts" },
        operator_classes: Support::No { instead: "leave it out" },
        include: Support::No { instead: "make them the last keys, or leave them out" },
        nulls_not_distinct: Support::No { instead: "make the columns not nullable" },
        methods: Methods::Words(&["fulltext", "spatial"]),
    }
}

/// They check constraints at once, and take `MATCH FULL` and `SET DEFAULT` without a word, and without an effect.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/create-table-foreign-keys.html>,
/// <https://dev.mysql.com/doc/refman/8.0/en/create-table-check-constraints.html>.
pub(super) const CONSTRAINTS: ConstraintSupport = ConstraintSupport {
    deferrable_uniques: Support::No { instead: "leave it out: they hold at all times" },
    deferrable_foreign_keys: Support::No { instead: "leave it out: they hold at all times" },
    alter_deferrable: false,
    match_full: Support::No { instead: "check that all of its columns are NULL or none" },
    set_default: Support::No { instead: "set NULL, or leave it out" },
    actions_fit: true,
    foreign_key_actions: Support::Yes,
    foreign_keys_to_indexes: Support::Yes,
    foreign_keys_to_collations: Support::Yes,
    foreign_keys_in_circles: Support::Yes,
    on_generated: Support::Yes,
};
