//! [`Plan`]: what a resolve has to do, as plain data, of graph, tables and options.

use super::{
    Filter, HashAlgorithm, ResolveOptions, RowsError,
    filter::Columns,
    source::{Source, Tables, check_columns},
};
use crate::{
    backend::statement::Statement,
    schema::{Column, Schema, SqlType, TableName},
    system::system_columns,
};
use metaxy_core::{FeatureDep, FeatureKey, HashLength, Lineage, graph::DepColumns};
use std::collections::{BTreeMap, BTreeSet};

/// From what is there to what should be.
#[derive(Debug)]
pub(super) struct Plan {
    /// The rows of the resolved feature.
    pub(super) current: Source,
    /// What they should be.
    pub(super) expected: Expected,
    /// The columns that tell samples apart where the two are compared.
    pub(super) on: Vec<String>,
    /// Whether several current rows are made from one expected row, and only one of them is compared.
    pub(super) collapse: bool,
    pub(super) stale_where: Vec<Filter>,
    pub(super) skip_comparison: bool,
}

/// Where the rows come from that should be there.
#[derive(Debug)]
pub(super) enum Expected {
    /// A table of samples that the caller gave, complete, with these columns.
    Samples(TableName, Vec<String>),
    /// What the dependencies have.
    Joined(Joined),
}

/// The rows of all dependencies, joined, and what versions are made of them.
#[derive(Debug)]
pub(super) struct Joined {
    /// The dependencies: required ones first, each kind in the order of the spec.
    pub(super) inputs: Vec<Input>,
    /// The columns besides those that they are joined on, each with the index of its input.
    pub(super) outputs: Vec<(usize, String)>,
    /// The versions of upstream fields that anything is made of.
    pub(super) values: Vec<UpstreamValue>,
    /// How the version of each field is made, sorted by struct key.
    pub(super) fields: Vec<FieldRecipe>,
    pub(super) hashing: Hashing,
}

/// A dependency.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) source: Source,
    /// Its columns: the name there, and here.
    pub(super) columns: Vec<(String, String)>,
    /// Conditions that see the names here.
    pub(super) filters: Vec<Filter>,
    /// The columns, by their names here, whose rows make one version; `None`: each row its own.
    pub(super) group: Option<Vec<String>>,
    pub(super) optional: bool,
}

/// The version of a field of a dependency's row.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UpstreamValue {
    pub(super) input: usize,
    pub(super) field: String,
}

/// How the version of a field is made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldRecipe {
    pub(super) struct_key: String,
    /// What is joined by `|` and hashed.
    pub(super) parts: Vec<RecipePart>,
}

/// A part of what a version is the hash of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RecipePart {
    Text(String),
    /// An upstream version, by its index; where it may be missing, nothing stands for it.
    Value {
        at: usize,
        optional: bool,
    },
}

/// How versions of samples are made in a store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hashing {
    pub(super) algorithm: HashAlgorithm,
    pub(super) length: HashLength,
}

impl Hashing {
    pub(super) fn hash(self, text: &str) -> String {
        self.algorithm.hash(text, self.length)
    }
}

impl Plan {
    /// The tables that a plan has to know.
    pub(super) fn tables(
        tables: Tables<'_>,
        key: &FeatureKey,
    ) -> Result<BTreeSet<TableName>, RowsError> {
        let deps = tables.spec(key)?.deps.iter().map(|it| &it.feature);
        Ok(deps.chain([key]).map(|it| tables.name(it)).collect())
    }

    /// The plan for one feature. `samples` is where the samples of the options are.
    pub(super) fn new(
        tables: Tables<'_>,
        found: &Schema,
        key: &FeatureKey,
        options: &ResolveOptions,
        samples: Option<(TableName, Vec<String>)>,
        hashing: Hashing,
    ) -> Result<Self, RowsError> {
        let spec = tables.spec(key)?;
        let own = options.filters.get(key).into_iter().flatten();
        let own = own.chain(&options.global_filters).chain(&options.target_filters);
        let current = tables.source(key, found)?.filtered(own)?;
        for filter in &options.stale_where {
            check_columns(filter, key, |it| current.find(it).is_some(), || names(&current))?;
        }
        let (on, expected) = match samples {
            Some((table, columns)) => {
                let on = spec.id_columns.clone();
                for filter in &current.filters {
                    let has = |it: &str| columns.iter().any(|column| column == it);
                    let all = || columns.iter().map(String::as_str).collect();
                    check_columns(filter, key, has, all)?;
                }
                (on, Expected::Samples(table, columns))
            }
            None => {
                let (on, joined) = joined(tables, found, key, options, hashing)?;
                (on, Expected::Joined(joined))
            }
        };
        on.iter().try_for_each(|column| current.column(column).map(|_| ()))?;
        let expands = spec.deps.iter().any(|it| matches!(it.lineage, Lineage::Expansion { .. }));
        let ids: BTreeSet<_> = spec.id_columns.iter().collect();
        Ok(Self {
            collapse: expands && ids != on.iter().collect(),
            stale_where: options.stale_where.clone(),
            skip_comparison: options.skip_comparison,
            current,
            expected,
            on,
        })
    }
}

impl Plan {
    /// The columns of the rows that should be there, as the tables that they come from have them.
    pub(super) fn columns(&self) -> Vec<Column> {
        let joined = match &self.expected {
            Expected::Samples(_, columns) => {
                let own = self.current.table.columns.iter();
                return own.filter(|it| columns.contains(&it.name)).cloned().collect();
            }
            Expected::Joined(joined) => joined,
        };
        let on = self.on.iter().map(|it| (0, it));
        let outputs = joined.outputs.iter().map(|(input, it)| (*input, it));
        let upstream = on.chain(outputs).filter_map(|(input, here)| {
            let Input { source, columns, .. } = &joined.inputs[input];
            let (there, _) = columns.iter().find(|(_, it)| it == here)?;
            Some(Column { name: here.clone(), ..source.find(there)?.clone() })
        });
        let versions = system_columns().filter(|it| RENAMED.contains(&it.name.as_str()));
        upstream.chain(versions).collect()
    }
}

fn names(source: &Source) -> Vec<&str> {
    source.table.columns.iter().map(|it| it.name.as_str()).collect()
}

/// The columns that dependencies are joined on, and the join.
fn joined(
    tables: Tables<'_>,
    found: &Schema,
    key: &FeatureKey,
    options: &ResolveOptions,
    hashing: Hashing,
) -> Result<(Vec<String>, Joined), RowsError> {
    let (graph, spec) = (tables.graph, tables.spec(key)?);
    if spec.deps.is_empty() {
        return Err(RowsError::NoSamples { feature: key.clone() });
    }
    let columns = graph.dep_columns(key).unwrap_or_default();
    let on: Vec<String> = graph.input_id_columns(key).unwrap_or_default().into_iter().collect();
    let on = if on.is_empty() { spec.id_columns.clone() } else { on };
    let mut deps: Vec<_> = spec.deps.iter().zip(columns).collect();
    deps.sort_by_key(|(dep, _)| dep.optional);
    let mut inputs = Vec::new();
    let mut outputs: Vec<(usize, String)> = Vec::new();
    for (at, (dep, columns)) in deps.into_iter().enumerate() {
        let (input, kept) = input(tables, found, dep, &columns, &on, options)?;
        for column in kept {
            if let Some((first, _)) = outputs.iter().find(|(_, it)| *it == column) {
                let first: &Input = inputs.get(*first).unwrap_or(&input);
                return Err(RowsError::Collision {
                    feature: key.clone(),
                    column,
                    first: first.source.feature.clone(),
                    second: dep.feature.clone(),
                });
            }
            outputs.push((at, column));
        }
        for column in &on {
            if !input.columns.iter().any(|(_, here)| here == column) {
                return Err(RowsError::NoJoinColumns { feature: key.clone() });
            }
        }
        inputs.push(input);
    }
    let (values, fields) = recipes(tables, key, &inputs);
    Ok((on, Joined { inputs, outputs, values, fields, hashing }))
}

/// A dependency, and the columns that the resolved rows have of it.
fn input(
    tables: Tables<'_>,
    found: &Schema,
    dep: &FeatureDep,
    columns: &DepColumns,
    on: &[String],
    options: &ResolveOptions,
) -> Result<(Input, Vec<String>), RowsError> {
    let own = options.filters.get(&dep.feature).into_iter().flatten();
    let source = tables.source(&dep.feature, found)?;
    let source = source.filtered(own.chain(&options.global_filters))?;
    let rename = |there: &str| match dep.rename.as_ref().and_then(|names| names.get(there)) {
        Some(here) => here.clone(),
        None => there.to_owned(),
    };
    let all: Vec<(String, String)> =
        source.user_columns().map(|it| (it.name.clone(), rename(&it.name))).collect();
    let has = |here: &str| all.iter().any(|(_, it)| it == here);
    let group = match dep.lineage {
        Lineage::Aggregation { .. } => Some(columns.input_ids.clone()),
        _ => None,
    };
    let selected = columns.selected.iter().flatten();
    if let Some(here) = selected.chain(group.iter().flatten()).find(|it| !has(it)) {
        return Err(source.missing(here));
    }
    let kept = all.iter().map(|(_, here)| here);
    let kept = kept.filter(|here| columns.selected.as_ref().is_none_or(|it| it.contains(here)));
    let kept = kept.filter(|here| !on.contains(here)).cloned().collect();
    let input = Input {
        filters: dep
            .sql_filters
            .iter()
            .flatten()
            .map(|it| Filter::parse(it))
            .collect::<Result<_, _>>()?,
        columns: all,
        group,
        optional: dep.optional,
        source,
    };
    for filter in &input.filters {
        let has = |it: &str| input.write(it, &mut Statement::default()).is_some();
        let all = || input.columns.iter().map(|(_, here)| here.as_str()).collect();
        check_columns(filter, &dep.feature, has, all)?;
    }
    Ok((input, kept))
}

/// The upstream versions that are needed, and how fields are made of them.
fn recipes(
    tables: Tables<'_>,
    key: &FeatureKey,
    inputs: &[Input],
) -> (Vec<UpstreamValue>, Vec<FieldRecipe>) {
    let by_feature: BTreeMap<&FeatureKey, usize> =
        inputs.iter().enumerate().map(|(at, it)| (&it.source.feature, at)).collect();
    let mut values: BTreeMap<UpstreamValue, usize> = BTreeMap::new();
    let fields = tables.spec(key).map(|it| it.fields.as_slice()).unwrap_or_default();
    let parents = tables.graph.field_parents(key).unwrap_or_default();
    let mut recipes: Vec<FieldRecipe> = fields
        .iter()
        .map(|field| {
            let own = [field.key.to_string(), field.code_version.clone()];
            let mut parts: Vec<_> = own.into_iter().map(RecipePart::Text).collect();
            for (feature, parent) in parents.get(&field.key).into_iter().flatten() {
                let input = by_feature[feature];
                let value = UpstreamValue { input, field: parent.struct_key() };
                let count = values.len();
                let at = *values.entry(value).or_insert(count);
                parts.push(RecipePart::Text(format!("{feature}.{parent}")));
                parts.push(RecipePart::Value { at, optional: inputs[input].optional });
            }
            FieldRecipe { struct_key: field.key.struct_key(), parts }
        })
        .collect();
    recipes.sort_by(|one, other| one.struct_key.cmp(&other.struct_key));
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by_key(|(_, at)| *at);
    (values.into_iter().map(|(value, _)| value).collect(), recipes)
}

impl Input {
    /// The name there of a column here.
    pub(super) fn there(&self, name: &str) -> Option<&str> {
        match self.columns.iter().find(|(_, here)| here == name) {
            Some((there, _)) => Some(there),
            // What Python renames of metaxy's own: `metaxy_data_version__video_raw`.
            None => {
                let suffix = format!("__{}", self.source.feature.as_str().replace('/', "_"));
                let there = name.strip_suffix(suffix.as_str())?;
                RENAMED.into_iter().find(|it| *it == there)
            }
        }
    }
}

impl Columns for Input {
    /// Writes a column by its name here, as the source has it.
    fn write(&self, name: &str, out: &mut Statement) -> Option<&SqlType> {
        self.source.write(self.there(name)?, out)
    }
}

/// The columns of metaxy's own that a filter of a dependency may name, with the feature's key behind.
const RENAMED: [&str; 4] = [
    "metaxy_provenance",
    "metaxy_provenance_by_field",
    "metaxy_data_version",
    "metaxy_data_version_by_field",
];
