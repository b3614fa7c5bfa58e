//! What becomes of a column that stays.

use crate::{
    enums::enum_of,
    schema::{Column, Generated, TableName},
    tokens::mentions,
};
use std::collections::BTreeSet;

/// A column that stays, as it is and as it should be.
pub(crate) struct KeptColumn<'a> {
    pub(crate) before: &'a Column,
    pub(crate) after: &'a Column,
    pub(crate) fate: Fate,
    /// Whether its enumerated type gets other values, and may be made anew for that on the way there or back.
    type_anew: bool,
}

/// What becomes of a column that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is changed in what differs, or nothing is.
    Altered,
    /// It is computed before and after, and goes in between.
    Remade,
    /// Its values give way to computed ones.
    Computed,
    /// It keeps the values that were computed.
    Freed,
}

/// What becomes of columns: a computed one is made anew also where one changes that it is computed from. `is_altered`:
/// whether an enumerated type gets other values.
pub(crate) fn keep<'a>(
    pairs: Vec<(&'a Column, &'a Column)>,
    is_altered: impl Fn(&TableName) -> bool,
) -> Vec<KeptColumn<'a>> {
    let type_anew = |it: &Column| enum_of(&it.sql_type).is_some_and(&is_altered);
    let fate = |before: &Column, after: &Column| match (&before.generated, &after.generated) {
        (None, None) => Fate::Altered,
        (Some(_), Some(_)) if same_but_for_comment(before, after) && !type_anew(after) => {
            Fate::Altered
        }
        (Some(_), Some(_)) => Fate::Remade,
        (None, Some(_)) => Fate::Computed,
        (Some(_), None) => Fate::Freed,
    };
    let kept = pairs.into_iter();
    let mut kept: Vec<_> = kept
        .map(|(before, after)| KeptColumn {
            before,
            after,
            fate: fate(before, after),
            type_anew: type_anew(after),
        })
        .collect();
    // Of what is computed from a computed column, too.
    loop {
        let changed: BTreeSet<&str> = kept
            .iter()
            .filter(|it| it.fate != Fate::Altered || it.is_retyped())
            .map(KeptColumn::name)
            .collect();
        let hangs = |it: &KeptColumn<'_>| match (&it.after.generated, it.fate) {
            (Some(Generated { expression, .. }), Fate::Altered) => mentions(expression, &changed),
            _ => false,
        };
        let hanging: Vec<usize> = (0..kept.len()).filter(|at| hangs(&kept[*at])).collect();
        if hanging.is_empty() {
            return kept;
        }
        for at in hanging {
            kept[at].fate = Fate::Remade;
        }
    }
}

impl<'a> KeptColumn<'a> {
    pub(crate) fn name(&self) -> &'a str {
        &self.after.name
    }

    /// Whether it compares with others in another way.
    pub(crate) fn is_retyped(&self) -> bool {
        let Self { before, after, type_anew, .. } = self;
        *type_anew || before.sql_type != after.sql_type || before.collation != after.collation
    }
}

pub(crate) fn same_but_for_comment(one: &Column, other: &Column) -> bool {
    let bare = |column: &Column| Column { comment: None, ..column.clone() };
    bare(one) == bare(other)
}
