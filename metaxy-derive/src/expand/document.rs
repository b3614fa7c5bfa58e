//! `document`: the rustdoc of a feature says its key, fields and dependencies, and draws them.
//!
//! A derive cannot add to the docs of the struct itself, so they are those of an empty `impl`, which rustdoc shows on the
//! struct's page. The picture takes its colour from the page around it, light or dark.

use crate::attr::{FieldDepsAttr, MappingAttr, Target};
use crate::model::Feature;
use crate::parse::Name;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use std::fmt::Write;
use syn::Path;

/// The documented `impl`, where the feature asks for it.
pub fn document(feature: &Feature) -> TokenStream {
    if feature.attrs.document != Some(true) {
        return TokenStream::new();
    }
    let (ident, text) = (&feature.ident, text(feature));
    quote! {
        #[doc = #text]
        impl #ident {}
    }
}

fn text(feature: &Feature) -> String {
    let list = |items: &mut dyn Iterator<Item = String>| Vec::from_iter(items).join(", ");
    let ids = list(&mut feature.id_columns.iter().map(|it| format!("`{}`", it.text)));
    let mut text = format!(
        "Feature `{}`: table `{}`, samples by {ids}.\n\n",
        feature.key.text, feature.table,
    );
    text.push_str("| field | code version | made from |\n|---|---|---|\n");
    for field in &feature.fields {
        let version = field.code_version.as_ref().map(syn::LitStr::value).unwrap_or_default();
        let key = &field.key.text;
        let sources =
            list(&mut sources(feature, key, field.deps.as_ref()).iter().map(Source::link));
        _ = writeln!(text, "| `{key}` | {version} | {sources} |");
    }
    text + "\n" + &picture(feature)
}

/// What a field is made from.
struct Source<'a> {
    of: &'a Target,
    /// `None`: all fields, or, where it is not exact, those of the same name.
    field: Option<&'a str>,
    is_exact: bool,
}

impl Source<'_> {
    fn link(&self) -> String {
        let feature = match self.of {
            Target::Type(path) => {
                format!(
                    "[`{}`]({})",
                    name(path),
                    path.to_token_stream().to_string().replace(' ', "")
                )
            }
            Target::Key(key) => format!("`{}`", key.text),
        };
        match (self.field, self.is_exact) {
            (Some(field), _) => format!("`{field}` of {feature}"),
            (None, true) => format!("all of {feature}"),
            (None, false) => format!("{feature}, by name"),
        }
    }
}

fn sources<'a>(
    feature: &'a Feature,
    key: &str,
    deps: Option<&'a FieldDepsAttr>,
) -> Vec<Source<'a>> {
    let of_deps = feature.attrs.deps.iter();
    match deps {
        Some(FieldDepsAttr::All) => of_deps.map(|it| all(&it.target)).collect(),
        Some(FieldDepsAttr::Listed(deps)) => {
            let of_dep = deps.iter().map(|dep| match &dep.fields {
                None => vec![all(&dep.target)],
                Some(fields) => named(&dep.target, fields),
            });
            of_dep.flatten().collect()
        }
        None => {
            let of_dep = of_deps.map(|dep| match &dep.fields_mapping {
                Some(MappingAttr::None) => Vec::new(),
                Some(MappingAttr::All) => vec![all(&dep.target)],
                Some(MappingAttr::Specific(pairs)) => {
                    let pair = pairs.iter().find(|(field, _)| field.text == key);
                    pair.map(|(_, fields)| named(&dep.target, fields)).unwrap_or_default()
                }
                Some(MappingAttr::Default { .. }) | None => {
                    vec![Source { is_exact: false, ..all(&dep.target) }]
                }
            });
            of_dep.flatten().collect()
        }
    }
}

/// All fields of a feature.
fn all(of: &Target) -> Source<'_> {
    Source { of, field: None, is_exact: true }
}

/// These fields of a feature.
fn named<'a>(of: &'a Target, fields: &'a [Name]) -> Vec<Source<'a>> {
    fields.iter().map(|it| Source { field: Some(&it.text), ..all(of) }).collect()
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.segments.last().map(|it| it.ident.to_string()).unwrap_or_default()
}

/// A feature in the picture: its title, and its fields below.
struct Card {
    title: String,
    rows: Vec<String>,
    y: usize,
}

const LINE: usize = 20;
const CHARACTER: usize = 8;
const GAP: usize = 64;

impl Card {
    fn height(&self) -> usize {
        LINE * (1 + self.rows.len())
    }

    fn width(&self) -> usize {
        let texts = self.rows.iter().chain([&self.title]);
        16 + CHARACTER * texts.map(|it| it.chars().count()).max().unwrap_or_default()
    }

    /// The middle of a row, or of the title.
    fn middle(&self, row: Option<&str>) -> usize {
        let row = row.and_then(|row| self.rows.iter().position(|it| it == row));
        self.y + LINE / 2 + row.map_or(0, |it| LINE * (it + 1))
    }

    fn draw(&self, svg: &mut String, x: usize, width: usize) {
        let (y, height) = (self.y, self.height());
        _ = writeln!(
            svg,
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="none" stroke="currentColor"/>"#
        );
        let lines = [(&self.title, "bold")].into_iter();
        let lines = lines.chain(self.rows.iter().map(|it| (it, "normal")));
        for ((text, weight), at) in lines.zip(0..) {
            let (x, y) = (x + 8, y + LINE * at + 14);
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            _ = writeln!(svg, r#"<text x="{x}" y="{y}" font-weight="{weight}">{text}</text>"#);
        }
    }
}

/// What the feature is made from on the left, and itself on the right. In a block, without an empty line: that would end the HTML.
fn picture(feature: &Feature) -> String {
    let mut upstream: Vec<Card> = Vec::new();
    for dep in &feature.attrs.deps {
        let title = match &dep.target {
            Target::Type(path) => name(path),
            Target::Key(key) => key.text.clone(),
        };
        let y = upstream.last().map_or(1, |it| it.y + it.height() + LINE / 2);
        let mut card = Card { title, rows: Vec::new(), y };
        for field in &feature.fields {
            for source in sources(feature, &field.key.text, field.deps.as_ref()) {
                let row = source.field.filter(|_| source.of.is(&dep.target));
                card.rows.extend(
                    row.filter(|it| !card.rows.iter().any(|row| row == it)).map(Into::into),
                );
            }
        }
        upstream.push(card);
    }
    let rows = feature.fields.iter().map(|it| it.key.text.clone()).collect();
    let own = Card { title: feature.key.text.clone(), rows, y: 1 };
    let left = upstream.iter().map(Card::width).max();
    let x = left.map_or(1, |it| it + GAP);
    let (width, bottom) = (x + own.width() + 1, |it: &Card| it.y + it.height() + 1);
    let height = upstream.iter().chain([&own]).map(bottom).max().unwrap_or_default();
    let mut svg = format!(
        "<div>\n<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"monospace\" font-size=\"12\" fill=\"currentColor\">\n"
    );
    for card in &upstream {
        card.draw(&mut svg, 1, left.unwrap_or_default());
    }
    own.draw(&mut svg, x, own.width());
    for field in &feature.fields {
        for source in sources(feature, &field.key.text, field.deps.as_ref()) {
            let dep = feature.attrs.deps.iter().position(|it| it.target.is(source.of));
            let Some(card) = dep.map(|it| &upstream[it]) else { continue };
            let (from, to) = (card.middle(source.field), own.middle(Some(&field.key.text)));
            let (start, half) = (left.unwrap_or_default() + 1, x - GAP / 2);
            let dashes = if source.is_exact { "none" } else { "4" };
            _ = writeln!(
                svg,
                r#"<path d="M{start} {from}C{half} {from} {half} {to} {x} {to}" fill="none" stroke="currentColor" stroke-dasharray="{dashes}"/>"#
            );
        }
    }
    svg + "</svg>\n</div>\n"
}

#[cfg(test)]
mod tests {
    use crate::derive;
    use quote::quote;

    /// What rustdoc is given.
    fn documented(attributes: proc_macro2::TokenStream) -> String {
        let item = quote! {
            #[metaxy(key = "video/crop", id_columns(video_id), #attributes)]
            struct Crop { video_id: String }
        };
        let expanded = derive::feature(Vec::new(), item).to_string();
        let (before, _) = expanded.split_once("\"] impl Crop").unwrap_or_default();
        let text = before.rsplit("# [doc = \"").next().unwrap_or_default();
        text.replace("\\n", "\n").replace("\\\"", "\"")
    }

    #[test]
    fn fields_are_listed_with_what_they_are_made_from() {
        let text = documented(quote! {
            document,
            deps(videos::Video, "other/words"(fields_mapping = all), "other/tags"),
            fields(audio(code_version = "2", deps(videos::Video(sound))), frames)
        });
        for line in [
            "Feature `video/crop`: table `video__crop`, samples by `video_id`.",
            "| `audio` | 2 | `sound` of [`Video`](videos::Video) |",
            "| `frames` |  | [`Video`](videos::Video), by name, all of `other/words`, `other/tags`, by name |",
            r#"<text x="9" y="15" font-weight="bold">Video</text>"#,
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in:\n{text}");
        }
        assert_eq!(text.matches("<path").count(), 4, "{text}");
        // An empty line would end the HTML.
        let picture = text.split("<div>").nth(1).unwrap_or_default();
        assert!(!picture.trim_end().contains("\n\n"), "{text}");
    }

    #[test]
    fn who_does_not_ask_gets_none() {
        assert_eq!(documented(quote!()), "");
        assert_eq!(documented(quote!(document = false)), "");
    }
}
