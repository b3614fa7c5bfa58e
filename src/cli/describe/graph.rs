//! `metaxy describe graph`.

use super::print_lines;
use crate::cli::{Context, Failure, print_json};
use metaxy_core::{FeatureGraph, FeatureKey};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Describes the graph of the linked features
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  metaxy describe graph
  metaxy describe graph --json")]
pub struct Graph {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Described<'a> {
    features: usize,
    external: usize,
    fields: usize,
    /// How many features the longest way along dependencies has.
    depth: usize,
    /// The features that are made from none.
    roots: Vec<&'a str>,
    /// The features from which none is made.
    leaves: Vec<&'a str>,
    /// The projects of the linked features, with their versions.
    projects: BTreeMap<&'a str, String>,
}

impl Graph {
    pub fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let described = Described::of(context.linked_graph()?);
        if self.json {
            return print_json(context.out, &described);
        }
        let Described { features, external, fields, depth, roots, leaves, projects } = &described;
        writeln!(context.out, "{features} features, {fields} fields")?;
        let external = if *external > 0 { external.to_string() } else { String::new() };
        let projects: Vec<_> =
            projects.iter().map(|(name, version)| format!("{name} {version}")).collect();
        print_lines(
            context.out,
            &[
                ("external", external),
                ("projects", projects.join(", ")),
                ("depth", depth.to_string()),
                ("roots", roots.join(", ")),
                ("leaves", leaves.join(", ")),
            ],
        )
    }
}

impl<'a> Described<'a> {
    fn of(graph: &'a FeatureGraph) -> Self {
        let definitions = || graph.topological_order().filter_map(|key| graph.get(key));
        let used: HashSet<&FeatureKey> =
            definitions().flat_map(|it| &it.spec.deps).map(|dep| &dep.feature).collect();
        let mut depths: HashMap<&FeatureKey, usize> = HashMap::new();
        for definition in definitions() {
            let upstream = definition.spec.deps.iter().filter_map(|dep| depths.get(&dep.feature));
            let depth = upstream.max().copied().unwrap_or_default() + 1;
            depths.insert(&definition.spec.key, depth);
        }
        let roots = definitions().filter(|it| it.spec.deps.is_empty());
        let leaves = graph.topological_order().filter(|key| !used.contains(key));
        Self {
            features: graph.len(),
            external: definitions().filter(|it| it.external).count(),
            fields: definitions().map(|it| it.spec.fields.len()).sum(),
            depth: depths.values().max().copied().unwrap_or_default(),
            roots: roots.map(|it| it.spec.key.as_str()).collect(),
            leaves: leaves.map(FeatureKey::as_str).collect(),
            projects: graph
                .projects()
                .into_iter()
                .map(|it| (it, graph.project_version(it)))
                .collect(),
        }
    }
}
