//! Graphs as pictures: a card for each feature, a row for each field, an edge for each field that another is made from.

use metaxy_core::{
    FeatureGraph, FeatureKey, FieldKey,
    graph::{FeatureDifference, Status},
};
use metaxy_picture::{Card, Edge, Picture, Row, Tone};
use std::collections::{BTreeSet, HashMap};

/// The picture of a graph. Features of other projects are dashed where they are only known, not linked.
pub fn of(graph: &FeatureGraph, title: &str) -> Picture {
    let mut picture = Picture::new(title);
    let mut places = HashMap::new();
    // In the order of their names, so that a new feature does not exchange the colours of others.
    let projects: BTreeSet<_> = graph.definitions().map(|it| it.project.as_str()).collect();
    for project in projects {
        picture.group(project);
    }
    for key in graph.topological_order() {
        add_card(&mut picture, graph, key, &mut places);
    }
    for key in graph.topological_order() {
        add_edges(&mut picture, graph, key, &places);
    }
    picture
}

/// The picture of what separates two graphs: what is new, gone, changed or touched by that stands out, and what is not
/// touched stays in the background.
pub fn of_difference(
    from: &FeatureGraph,
    to: &FeatureGraph,
    differences: &[FeatureDifference],
    title: &str,
) -> Picture {
    let mut picture = of(to, title);
    let mut places = HashMap::new();
    for (at, key) in to.topological_order().enumerate() {
        let fields = picture.cards[at].rows.iter().enumerate();
        places.extend(
            fields.map(|(row, it)| ((key.as_str().to_owned(), it.label.clone()), (at, row))),
        );
    }
    let gone: Vec<_> = from.topological_order().filter(|key| to.get(key).is_none()).collect();
    for key in &gone {
        add_card(&mut picture, from, key, &mut places);
    }
    for key in &gone {
        add_edges(&mut picture, from, key, &places);
    }
    paint(&mut picture, differences);
    picture
}

/// Where each field is in the picture: its card and row, by the keys of feature and field.
type Places = HashMap<(String, String), (usize, usize)>;

fn place(feature: &FeatureKey, field: &FieldKey) -> (String, String) {
    (feature.as_str().to_owned(), field.as_str().to_owned())
}

fn add_card(picture: &mut Picture, graph: &FeatureGraph, key: &FeatureKey, places: &mut Places) {
    let (Some(definition), Some(versions)) = (graph.get(key), graph.versions(key)) else { return };
    let group = picture.group(&definition.project);
    let rows = versions.field_versions.iter();
    let card = picture.card(Card {
        detail: short(&versions.feature_version),
        note: if definition.external { "external".to_owned() } else { String::new() },
        dashed: definition.external,
        description: definition.spec.description.clone().unwrap_or_default(),
        rows: rows.map(|(field, version)| Row::new(field.as_str(), short(version))).collect(),
        ..Card::new(key.as_str(), group)
    });
    let fields = versions.field_versions.keys().enumerate();
    places.extend(fields.map(|(row, field)| (place(key, field), (card, row))));
}

fn add_edges(picture: &mut Picture, graph: &FeatureGraph, key: &FeatureKey, places: &Places) {
    for (field, parents) in graph.field_parents(key).unwrap_or_default() {
        let ends = parents.iter().filter_map(|(upstream, parent)| {
            Some((*places.get(&place(upstream, parent))?, *places.get(&place(key, field))?))
        });
        picture.edges.extend(ends.map(|(from, to)| Edge::new(from, to)));
    }
}

/// Versions may be cut to up to 64 digits; so many are enough to tell them apart.
fn short(version: &str) -> String {
    match version.char_indices().nth(12) {
        Some((end, _)) => format!("{}…", &version[..end]),
        None => version.to_owned(),
    }
}

fn paint(picture: &mut Picture, differences: &[FeatureDifference]) {
    let found: HashMap<&str, &FeatureDifference> =
        differences.iter().map(|it| (it.key.as_str(), it)).collect();
    for card in &mut picture.cards {
        let Some(difference) = found.get(card.title.as_str()) else {
            card.tone = Tone::Faint;
            continue;
        };
        card.note = difference.status.to_string();
        card.tone = match difference.status {
            Status::Added => Tone::Added,
            Status::Removed => Tone::Removed,
            Status::Changed | Status::Restated => Tone::Changed,
            Status::Touched => Tone::Touched,
            Status::Untouched => Tone::Plain,
            Status::Unchanged => Tone::Faint,
        };
        let differing =
            |row: &&mut Row| difference.fields.iter().any(|it| it.field.as_str() == row.label);
        for row in card.rows.iter_mut().filter(differing) {
            let field = difference.fields.iter().find(|it| it.field.as_str() == row.label);
            let touched = field.is_some_and(|it| !it.because_of.is_empty());
            row.tone = match card.tone {
                Tone::Changed if touched => Tone::Touched,
                tone => tone,
            };
        }
    }
    for edge in &mut picture.edges {
        let row = |end: metaxy_picture::End| picture.cards[end.card].rows[end.row].tone;
        let (from, to) = (row(edge.from), row(edge.to));
        edge.tone = match (from, to) {
            (_, Tone::Added | Tone::Removed) => to,
            (
                Tone::Changed | Tone::Touched | Tone::Added | Tone::Removed,
                Tone::Touched | Tone::Changed,
            ) => Tone::Touched,
            _ => Tone::Faint,
        };
    }
}
