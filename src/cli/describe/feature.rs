//! `metaxy describe feature`.

use super::print_lines;
use crate::cli::{Context, Failure, print_json};
use metaxy_core::{FeatureDefinition, FeatureDep, FeatureGraph, FeatureKey, Lineage, nearest};
use serde::Serialize;

/// Describes a feature
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  metaxy describe feature video/crop
  metaxy describe feature video/crop --json")]
pub struct Feature {
    /// The feature's key
    #[arg(value_name = "KEY")]
    key: String,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Described<'a> {
    key: &'a str,
    project: &'a str,
    external: bool,
    description: Option<&'a str>,
    declared: Option<String>,
    class_path: Option<&'a str>,
    table: String,
    id_columns: &'a [String],
    versions: Versions<'a>,
    fields: Vec<Field<'a>>,
    deps: Vec<Dep<'a>>,
    downstream: Vec<&'a str>,
}

#[derive(Serialize)]
struct Versions<'a> {
    feature: &'a str,
    code: &'a str,
    spec: &'a str,
    definition: &'a str,
}

#[derive(Serialize)]
struct Field<'a> {
    key: &'a str,
    version: &'a str,
    code_version: &'a str,
    from: Vec<String>,
}

#[derive(Serialize)]
struct Dep<'a> {
    feature: &'a str,
    lineage: String,
    optional: bool,
    filters: &'a [String],
}

impl Feature {
    pub fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let graph = context.linked_graph()?;
        let key = FeatureKey::new(&self.key).map_err(Failure::usage)?;
        let definition = graph.get(&key).ok_or_else(|| unknown(graph, &self.key))?;
        let described = Described::of(graph, definition);
        match self.json {
            true => print_json(context.out, &described),
            false => print(context.out, &described),
        }
    }
}

fn unknown(graph: &FeatureGraph, key: &str) -> Failure {
    let known = graph.topological_order().map(FeatureKey::as_str);
    let near = nearest(key, known).map(|it| format!(": did you mean `{it}`?"));
    let near = near.unwrap_or_else(|| ": see `metaxy list features`".to_owned());
    Failure::words(format!("feature `{key}` is not in the graph{near}"))
}

impl<'a> Described<'a> {
    fn of(graph: &'a FeatureGraph, definition: &'a FeatureDefinition) -> Self {
        let spec = &definition.spec;
        let versions = graph.versions(&spec.key).expect("every feature of a graph has versions");
        let parents = graph.field_parents(&spec.key).unwrap_or_default();
        let field = |it: &'a metaxy_core::FieldSpec| Field {
            key: it.key.as_str(),
            version: &versions.field_versions[&it.key],
            code_version: &it.code_version,
            from: parents[&it.key].iter().map(|(key, field)| format!("{key}.{field}")).collect(),
        };
        Self {
            key: spec.key.as_str(),
            project: &definition.project,
            external: definition.external,
            description: spec.description.as_deref(),
            declared: definition.location.map(|it| it.to_string()),
            class_path: definition.class_path.as_deref(),
            table: spec.key.table_name(),
            id_columns: &spec.id_columns,
            versions: Versions {
                feature: &versions.feature_version,
                code: &versions.code_version,
                spec: &versions.spec_version,
                definition: &versions.definition_version,
            },
            fields: spec.fields.iter().map(field).collect(),
            deps: spec.deps.iter().map(Dep::of).collect(),
            downstream: graph.downstream([&spec.key]).into_iter().map(FeatureKey::as_str).collect(),
        }
    }
}

impl<'a> Dep<'a> {
    fn of(dep: &'a FeatureDep) -> Self {
        let lineage = match &dep.lineage {
            Lineage::Identity => "one sample of one".to_owned(),
            Lineage::Aggregation { on: None } => "one sample of many".to_owned(),
            Lineage::Aggregation { on: Some(on) } => {
                format!("one sample of many, by {}", on.join(", "))
            }
            Lineage::Expansion { on, .. } => format!("many samples of one, by {}", on.join(", ")),
        };
        let filters = dep.sql_filters.as_deref().unwrap_or_default();
        Self { feature: dep.feature.as_str(), lineage, optional: dep.optional, filters }
    }
}

fn print(out: &mut dyn std::io::Write, it: &Described<'_>) -> Result<(), Failure> {
    writeln!(out, "{}{}", it.key, if it.external { " (external)" } else { "" })?;
    let Versions { feature, code, spec, definition } = &it.versions;
    print_lines(
        out,
        &[
            ("about", it.description.unwrap_or_default().replace('\n', " ")),
            ("project", it.project.to_owned()),
            ("declared", it.declared.clone().unwrap_or_default()),
            ("type", it.class_path.unwrap_or_default().to_owned()),
            ("table", it.table.clone()),
            ("id columns", it.id_columns.join(", ")),
            ("version", format!("{feature} (code {code}, spec {spec}, definition {definition})")),
        ],
    )?;
    let width = it.fields.iter().map(|field| field.key.len()).max().unwrap_or_default();
    writeln!(out, "fields")?;
    for Field { key, version, code_version, from } in &it.fields {
        let arrow = if from.is_empty() { "" } else { "  ◄ " };
        writeln!(out, "  {key:width$}  {version}  code {code_version}{arrow}{}", from.join(", "))?;
    }
    if !it.deps.is_empty() {
        writeln!(out, "made from")?;
    }
    for Dep { feature, lineage, optional, filters } in &it.deps {
        let optional = if *optional { ", optional" } else { "" };
        let filters: String = filters.iter().map(|it| format!(", where {it}")).collect();
        writeln!(out, "  {feature}: {lineage}{optional}{filters}")?;
    }
    if !it.downstream.is_empty() {
        writeln!(out, "downstream\n  {}", it.downstream.join(", "))?;
    }
    Ok(())
}
