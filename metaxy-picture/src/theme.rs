//! Colours, as style sheets.

use std::fmt::Write;

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system is.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The colours of one theme.
struct Palette {
    back: &'static str,
    surface: &'static str,
    border: &'static str,
    text: &'static str,
    muted: &'static str,
    /// How much of its group's colour a card's head has, and an edge: the rest is what is behind it.
    head: f64,
    edge: f64,
    added: &'static str,
    removed: &'static str,
    changed: &'static str,
    touched: &'static str,
    /// Of groups, in turn. Neighbours differ also for those who do not tell red from green.
    groups: [&'static str; 8],
}

const LIGHT: Palette = Palette {
    back: "#f7f8fa",
    surface: "#ffffff",
    border: "#d3d9e2",
    text: "#1b2330",
    muted: "#5f6b7c",
    head: 0.13,
    edge: 0.62,
    added: "#1a7f37",
    removed: "#cf222e",
    changed: "#9a6700",
    touched: "#8250df",
    groups: [
        "#2f6fde", "#d97706", "#0d9488", "#9d4edd", "#db2777", "#4d8b21", "#0891b2", "#a1622f",
    ],
};

const DARK: Palette = Palette {
    back: "#0e131a",
    surface: "#171e28",
    border: "#303b4a",
    text: "#e7ecf3",
    muted: "#97a3b4",
    head: 0.24,
    edge: 0.66,
    added: "#3fb950",
    removed: "#f85149",
    changed: "#d29922",
    touched: "#a371f7",
    groups: [
        "#6ea2ff", "#f0a44b", "#3fc5b7", "#c08bf5", "#f472b6", "#86c65a", "#4cc3e0", "#cf9a6b",
    ],
};

/// What does not depend on the theme.
const SHAPES: &str = "\
text{font-family:Inter,ui-sans-serif,system-ui,'Segoe UI',Roboto,'DejaVu Sans',Arial,sans-serif;font-size:12px}
.title{font-size:13px;font-weight:600}.small{font-size:11px}
.mono{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:11px}
.end{text-anchor:end}.edge{fill:none;stroke-width:1.5}.dashed .box{stroke-dasharray:5 4}.faint{opacity:.32}
.card.added .box,.card.removed .box,.card.changed .box,.card.touched .box{stroke-width:2}
.edge.added,.edge.removed,.edge.changed,.edge.touched{stroke-width:2}
.tint{fill-opacity:.16}
";

impl Theme {
    /// The style sheet of a picture with so many groups.
    pub(crate) fn style(self, groups: usize) -> String {
        let mut css = SHAPES.to_owned();
        match self {
            Self::Light => LIGHT.rules(&mut css, "", groups),
            Self::Dark => DARK.rules(&mut css, "", groups),
            Self::Auto => {
                LIGHT.rules(&mut css, "", groups);
                css.push_str("@media (prefers-color-scheme:dark){\n");
                DARK.rules(&mut css, "", groups);
                css.push_str("}\n");
            }
        }
        css
    }

    /// The style sheet of a page, whose root element may say `data-theme`.
    pub(crate) fn page_style(groups: usize) -> String {
        let mut css = SHAPES.to_owned();
        LIGHT.rules(&mut css, "", groups);
        css.push_str("@media (prefers-color-scheme:dark){\n");
        DARK.rules(&mut css, ":root:not([data-theme=light]) ", groups);
        css.push_str("}\n");
        DARK.rules(&mut css, ":root[data-theme=dark] ", groups);
        css
    }
}

impl Palette {
    fn rules(&self, css: &mut String, scope: &str, groups: usize) {
        let Self { back, surface, border, text, muted, head, edge, .. } = self;
        let mut rule = |selector: &str, style: std::fmt::Arguments<'_>| {
            let selectors: Vec<String> =
                selector.split(',').map(|it| format!("{scope}{it}")).collect();
            writeln!(css, "{}{{{style}}}", selectors.join(",")).expect("a String takes all");
        };
        rule(".back", format_args!("fill:{back}"));
        rule(".box", format_args!("fill:{surface};stroke:{border}"));
        rule("text", format_args!("fill:{text}"));
        rule(".small,.mono", format_args!("fill:{muted}"));
        rule(".port", format_args!("fill:{muted}"));
        rule(".head", format_args!("fill-opacity:{head}"));
        rule(".dashed .box", format_args!("stroke:{muted}"));
        for (at, colour) in self.groups.iter().take(groups.max(1)).enumerate() {
            rule(&format!(".g{at} .head,.g{at}.swatch"), format_args!("fill:{colour}"));
            // Not transparent: where edges share a way, it would be darker.
            rule(&format!(".g{at}.edge"), format_args!("stroke:{}", mixed(colour, back, *edge)));
        }
        let tones = [
            ("added", self.added),
            ("removed", self.removed),
            ("changed", self.changed),
            ("touched", self.touched),
        ];
        for (tone, colour) in tones {
            rule(&format!(".card.{tone} .box,.edge.{tone}"), format_args!("stroke:{colour}"));
            rule(
                &format!(".row.{tone} .tint,.{tone}.swatch,.row.{tone} text"),
                format_args!("fill:{colour}"),
            );
        }
    }
}

/// So much of one colour, and the rest of another, both as `#rrggbb`.
fn mixed(colour: &str, other: &str, share: f64) -> String {
    let channel = |text: &str, at: usize| {
        f64::from(u8::from_str_radix(&text[at..at + 2], 16).expect("palettes are in hexadecimal"))
    };
    let mixed =
        [1, 3, 5].map(|at| channel(colour, at) * share + channel(other, at) * (1.0 - share));
    let [r, g, b] = mixed.map(|it| it.round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The class of a group's colour.
pub fn group_class(group: usize) -> String {
    format!("g{}", group % LIGHT.groups.len())
}
