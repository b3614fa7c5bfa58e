//! The golden cases notice where something is no longer seen: a kind of change, or a part of a schema.

#[expect(dead_code, reason = "rows are for the databases")]
mod cases;

use cases::{Case, cases};
use metaxy_diesel::{
    Backend, Schema,
    change::ChangeKind,
    columns::Comments,
    dialect::Enums,
    schema::{Identity, SqlType},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Each kind is detected by itself, and all that are found are put together: without the changes of a kind, the difference
/// is what it is without its detector.
#[test]
fn every_kind_of_change_is_guarded() {
    let cases = cases();
    let mut unguarded = Vec::new();
    for &kind in ChangeKind::ALL {
        for backend in Backend::ALL.into_iter().filter(|it| can_occur(kind, *it)) {
            let guards = cases.iter().filter(|case| {
                let difference = case.difference(backend).map(|mut it| {
                    it.changes.retain(|change| change.kind() != kind);
                    it
                });
                is_noticed(case, backend, case.outcome(difference, backend))
            });
            let names: Vec<_> = guards.map(Case::name).collect();
            print_row(&format!("{kind:?}"), backend, &names);
            if names.is_empty() {
                unguarded.push(format!("{kind:?} on {backend}"));
            }
        }
    }
    assert!(unguarded.is_empty(), "no case guards {}", unguarded.join(", "));
}

/// Each is also made and undone: the golden cases that are no refusals are run there and back on the databases. What a database
/// never can make is refused in words.
#[test]
fn every_kind_of_change_is_undone() {
    let cases = cases();
    let mut missing = Vec::new();
    for &kind in ChangeKind::ALL {
        for backend in Backend::ALL.into_iter().filter(|it| can_occur(kind, *it)) {
            let can_be_made = can_be_made(kind, backend);
            let ends_so = |case: &&Case| match case.expected.get(&backend) {
                Some(cases::Expected::Migration { .. }) => can_be_made,
                Some(cases::Expected::Refusal { .. }) => !can_be_made,
                None => false,
            };
            let has = |case: &Case| {
                let changes = case.difference(backend).map(|it| it.changes).unwrap_or_default();
                changes.iter().any(|it| it.kind() == kind)
            };
            if !cases.iter().filter(ends_so).any(has) {
                let what = if can_be_made { "makes and undoes" } else { "is refused" };
                missing.push(format!("{what} {kind:?} on {backend}"));
            }
        }
    }
    assert!(missing.is_empty(), "no case {}", missing.join(", "));
}

/// For each part of tables that a case has (`indexes.unique`): where it is no difference, a case fails.
#[test]
fn every_part_of_a_schema_is_guarded() {
    let cases = cases();
    let parts: BTreeSet<String> = cases.iter().flat_map(|it| parts(&it.after())).collect();
    let mut unguarded = Vec::new();
    for part in &parts {
        let guards = cases.iter().filter(|case| {
            let blind = blinded(&case.after(), &case.before(), part);
            let differs = blind != case.after();
            differs
                && case.backends().into_iter().any(|backend| {
                    let difference = case.difference_to(&blind, backend);
                    is_noticed(case, backend, case.outcome(difference, backend))
                })
        });
        let names: Vec<_> = guards.map(Case::name).collect();
        println!("{part:36} {:4} {}", names.len(), names[..names.len().min(3)].join(", "));
        if names.is_empty() {
            unguarded.push(part.as_str());
        }
    }
    assert!(unguarded.is_empty(), "no case guards {}", unguarded.join(", "));
}

/// Whether a database that has such changes can make them: where rows are numbered in one way only, none is another.
fn can_be_made(kind: ChangeKind, backend: Backend) -> bool {
    let definition = backend.dialect().columns.identity.definition;
    let ways = [Identity::BY_DEFAULT, Identity::ALWAYS, Identity::SERIAL];
    let ways = ways.into_iter().filter(|it| definition(*it, &SqlType::Integer).is_some());
    kind != ChangeKind::ChangeIdentity || ways.count() > 1
}

/// Whether a database has such changes.
fn can_occur(kind: ChangeKind, backend: Backend) -> bool {
    let dialect = backend.dialect();
    match kind {
        ChangeKind::AddUnique | ChangeKind::DropUnique => dialect.unique_constraints,
        ChangeKind::RenameConstraint => dialect.constraint_names && dialect.rename_constraint,
        ChangeKind::SetComment => dialect.columns.comments != Comments::None,
        ChangeKind::AlterForeignKey => dialect.constraints.alter_deferrable,
        ChangeKind::AddIdentity | ChangeKind::DropIdentity | ChangeKind::ChangeIdentity => {
            let definition = dialect.columns.identity.definition;
            definition(Identity::BY_DEFAULT, &SqlType::Integer).is_some()
        }
        ChangeKind::CreateEnum
        | ChangeKind::DropEnum
        | ChangeKind::AlterEnum
        | ChangeKind::RenameEnum
        | ChangeKind::RenameEnumValue => dialect.enums == Enums::Named,
        ChangeKind::CreateNamespace | ChangeKind::DropNamespace => dialect.namespaces.is_some(),
        ChangeKind::Distribute => dialect.distribution.is_some(),
        _ => true,
    }
}

fn is_noticed(case: &Case, backend: Backend, outcome: cases::Expected) -> bool {
    case.expected.get(&backend).is_some_and(|expected| *expected != outcome)
}

fn print_row(what: &str, backend: Backend, names: &[String]) {
    let some = names[..names.len().min(3)].join(", ");
    println!("{what:16} {:12} {:4} {some}", backend.to_string(), names.len());
}

/// The parts that differ from one table to another: `columns.nullable`, `primary_key.columns`.
fn parts(schema: &Schema) -> BTreeSet<String> {
    let tables = tables(schema);
    let fields = tables.values().filter_map(Value::as_object).flatten();
    let parts = fields.flat_map(|(list, value)| {
        let whole = value.as_object().into_iter();
        let each = value.as_array().into_iter().flatten().filter_map(Value::as_object);
        whole
            .chain(each)
            .flat_map(|it| it.keys().map(|part| format!("{list}.{part}")))
            .collect::<Vec<_>>()
    });
    // A name tells what is compared with what, and so does a former name.
    let none = |it: &str| it.ends_with(".name") || it.contains("renamed_from");
    parts.filter(|it| !none(it)).collect()
}

/// The schema, where this part of what was there before is as it was.
fn blinded(after: &Schema, before: &Schema, part: &str) -> Schema {
    let (list, part) = part.split_once('.').expect("it is `list.part`");
    let was = tables(before);
    let mut tables = tables(after);
    for (name, table) in &mut tables {
        let Some(was) = was.get(name).map(|it| &it[list]) else { continue };
        match table.get_mut(list) {
            Some(Value::Array(each)) => {
                for one in each {
                    let same = |it: &&Value| it["name"] == one["name"];
                    if let Some(was) = was.as_array().and_then(|it| it.iter().find(same)) {
                        copy(was, one, part);
                    }
                }
            }
            Some(whole @ Value::Object(_)) if was.is_object() => copy(was, whole, part),
            _ => {}
        }
    }
    let tables: Vec<_> = tables.into_values().collect();
    let schema: Schema =
        serde_json::from_value(serde_json::json!({ "tables": tables })).expect("it was a schema");
    schema.with_enums(after.enums.values().cloned())
}

fn copy(from: &Value, to: &mut Value, part: &str) {
    let to = to.as_object_mut().expect("parts are of objects");
    match from.get(part) {
        Some(value) => to.insert(part.to_owned(), value.clone()),
        None => to.remove(part),
    };
}

/// The tables as snapshots have them, by name.
fn tables(schema: &Schema) -> BTreeMap<String, Value> {
    let value = serde_json::to_value(schema).expect("schemas are written as JSON");
    let tables = value["tables"].as_array().cloned().unwrap_or_default();
    let name = |it: &Value| format!("{}.{}", it["schema"], it["name"]);
    tables.into_iter().map(|it| (name(&it), it)).collect()
}
