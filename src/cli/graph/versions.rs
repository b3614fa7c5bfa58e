//! `metaxy graph versions`.

use super::graph_of;
use crate::cli::{Context, Failure, list::print_json};
use indexmap::IndexMap;
use metaxy_core::{FeatureGraph, FeatureVersions};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
};

/// Prints every version of the linked graph, or of a snapshot
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  metaxy graph versions
  metaxy graph versions --snapshot graph.json --json")]
pub struct Versions {
    /// A snapshot as `to_snapshot` writes it, in Rust and Python; instead of the linked features
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct GraphVersions<'a> {
    features: IndexMap<&'a str, Feature<'a>>,
    projects: BTreeMap<&'a str, String>,
    order: Vec<&'a str>,
}

#[derive(Serialize)]
struct Feature<'a> {
    field_versions: IndexMap<&'a str, &'a str>,
    feature_version: &'a str,
    code_version: &'a str,
    feature_spec_version: &'a str,
    definition_version: &'a str,
    table_name: String,
}

impl Versions {
    pub fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let graph = graph_of(self.snapshot.as_deref(), context)?;
        let versions = GraphVersions::of(&graph);
        match self.json {
            true => print_json(context.out, &versions),
            false => print(context.out, &versions),
        }
    }
}

impl<'a> GraphVersions<'a> {
    fn of(graph: &'a FeatureGraph) -> Self {
        let order: Vec<_> = graph.topological_order().collect();
        let feature = |versions: &'a FeatureVersions, table_name| Feature {
            field_versions: versions
                .field_versions
                .iter()
                .map(|(field, version)| (field.as_str(), version.as_str()))
                .collect(),
            feature_version: &versions.feature_version,
            code_version: &versions.code_version,
            feature_spec_version: &versions.spec_version,
            definition_version: &versions.definition_version,
            table_name,
        };
        Self {
            features: order
                .iter()
                .filter_map(|key| {
                    Some((key.as_str(), feature(graph.versions(key)?, key.table_name())))
                })
                .collect(),
            // Python has a version, `empty`, for projects of which only external features are known, too.
            projects: graph
                .definitions()
                .map(|it| it.project.as_str())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .map(|project| (project, graph.project_version(project)))
                .collect(),
            order: order.into_iter().map(|key| key.as_str()).collect(),
        }
    }
}

fn print(out: &mut dyn Write, versions: &GraphVersions<'_>) -> Result<(), Failure> {
    let fields = versions.features.values().flat_map(|it| it.field_versions.keys());
    let width = fields.map(|it| it.len() + 2).chain(versions.order.iter().map(|it| it.len())).max();
    let width = width.unwrap_or_default();
    for (key, feature) in &versions.features {
        writeln!(
            out,
            "{key:width$}  {}  definition {}",
            feature.feature_version, feature.definition_version
        )?;
        for (field, version) in &feature.field_versions {
            writeln!(out, "  {field:0$}  {version}", width - 2)?;
        }
    }
    for (project, version) in &versions.projects {
        writeln!(out, "project {project}: {version}")?;
    }
    Ok(())
}
