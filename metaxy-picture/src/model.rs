//! What a picture shows.

/// Cards, and the edges between their rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// What it is a picture of.
    pub title: String,
    /// The groups that cards belong to, each with a colour of its own.
    pub groups: Vec<String>,
    /// The cards. Edges name them by their index.
    pub cards: Vec<Card>,
    /// The edges, from what is upstream to what is downstream.
    pub edges: Vec<Edge>,
}

/// A box with a title and rows: a feature with its fields, a table with its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// The name, unique within the picture.
    pub title: String,
    /// What stands at the right below the title: a version.
    pub detail: String,
    /// What stands at the left below the title, after the name of the group: `external`.
    pub note: String,
    /// More words, for who asks for them.
    pub description: String,
    /// The index of its group.
    pub group: usize,
    /// Whether its border is dashed: it belongs to others.
    pub dashed: bool,
    /// How it stands out.
    pub tone: Tone,
    /// The rows, from the top.
    pub rows: Vec<Row>,
}

/// A line of a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The name, unique within the card.
    pub label: String,
    /// What stands at the right: a version, a type.
    pub detail: String,
    /// How it stands out.
    pub tone: Tone,
}

/// An edge between rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: End,
    /// Where it ends, with an arrow.
    pub to: End,
    /// How it stands out.
    pub tone: Tone,
}

/// An end of an edge, by indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// The card.
    pub card: usize,
    /// The row of the card.
    pub row: usize,
}

/// How something stands out from the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// It does not.
    #[default]
    Plain,
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Not what it was.
    Changed,
    /// What it is made from is not what it was.
    Touched,
    /// In the background.
    Faint,
}

impl Picture {
    /// A picture without cards.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The index of the group of that name, which is added where it is not there.
    pub fn group(&mut self, name: &str) -> usize {
        self.groups.iter().position(|it| it == name).unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        })
    }

    /// Adds a card, and gives its index.
    pub fn card(&mut self, card: Card) -> usize {
        self.cards.push(card);
        self.cards.len() - 1
    }

    /// The second line of a card: its group, where there are several, and its note.
    pub(crate) fn words(&self, card: &Card) -> String {
        let group = self.groups.get(card.group).filter(|_| self.groups.len() > 1);
        let words = [group.map_or("", String::as_str), &card.note];
        words.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

impl Card {
    /// A card without rows.
    pub fn new(title: impl Into<String>, group: usize) -> Self {
        Self { title: title.into(), group, ..Self::default() }
    }
}

impl Row {
    /// A plain row.
    pub fn new(label: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { label: label.into(), detail: detail.into(), tone: Tone::Plain }
    }
}

impl Edge {
    /// A plain edge, by the indexes of cards and of their rows.
    pub fn new(from: (usize, usize), to: (usize, usize)) -> Self {
        let end = |(card, row)| End { card, row };
        Self { from: end(from), to: end(to), tone: Tone::Plain }
    }
}

impl Tone {
    /// The class of the style sheet; none for what is plain.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Added => " added",
            Self::Removed => " removed",
            Self::Changed => " changed",
            Self::Touched => " touched",
            Self::Faint => " faint",
        }
    }
}
