//! [`Failure`]: every error of the library as a person reads it, with the exit code it stands for.

use crate::init::{InitError, StoreLookupError};
use metaxy_core::config::{ConfigError, Origin};
use metaxy_diesel::{
    apply::ApplyError,
    backend::ScratchError,
    history::HistoryError,
    normal::NormaliseError,
    source::{AppliedError, CompareError, SourceError},
};
use miette::{LabeledSpan, MietteDiagnostic, MietteHandlerOpts, NamedSource, Report};
use std::{error::Error, fmt::Display, io, process::ExitCode};

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    report: Report,
}

/// Wrong usage, configuration or definitions.
const USAGE: u8 = 2;
/// The database, or the way to it.
const DATABASE: u8 = 3;

impl Failure {
    /// A mistake in usage, configuration or definitions.
    pub fn usage(error: impl Error) -> Self {
        Self::new(USAGE, message(&error))
    }

    /// A mistake in usage that no error of the library stands for.
    pub fn words(words: String) -> Self {
        Self::new(USAGE, words)
    }

    /// The database refused, or was not reached.
    pub fn database(error: impl Error) -> Self {
        Self::new(DATABASE, message(&error))
    }

    /// A file that was named could not be read.
    pub fn file(path: &std::path::Path, error: io::Error) -> Self {
        Self::new(USAGE, format!("cannot read {}: {error}", path.display()))
    }

    /// A file could not be written.
    pub fn file_write(path: &std::path::Path, error: io::Error) -> Self {
        Self::new(USAGE, format!("cannot write {}: {error}", path.display()))
    }

    /// The program has no features.
    pub fn no_features() -> Self {
        let report = Report::from(MietteDiagnostic::new("no feature is linked into this program").with_help(
            "a crate that no code names is not linked: write `use my_features as _;` beside `metaxy::main!();`",
        ));
        Self { code: USAGE, report }
    }

    /// Says what it is about: an environment, a file.
    pub fn about(self, what: impl Display) -> Self {
        Self {
            report: Report::from(MietteDiagnostic::new(format!("{what}: {}", self.report))),
            ..self
        }
    }

    /// Sets how failures are printed. To be called before the first is made.
    pub fn set_style() {
        // Wrapped lines could not be copied: flags, paths, SQL.
        let style = |_: &_| Box::new(MietteHandlerOpts::new().wrap_lines(false).build()) as _;
        // Fails where the program has a style of its own, which is as good.
        miette::set_hook(Box::new(style)).ok();
    }

    /// Prints the failure to standard error, and gives the exit code.
    pub fn report(self) -> ExitCode {
        // The reader of our output went away, as `| head` does: no failure of ours.
        if self.code != 0 {
            eprintln!("{:?}", self.report);
        }
        ExitCode::from(self.code)
    }

    fn new(code: u8, message: String) -> Self {
        Self { code, report: Report::from(MietteDiagnostic::new(message)) }
    }
}

/// An error with its causes, one a line; a cause that the error already quotes is left out.
fn message(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.contains(&line) {
            text = format!("{text}\n{line}");
        }
        cause = error.source();
    }
    text
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::usage(&error);
        let Some(Origin::File(place)) = error.origin() else { return failure };
        let (text, label) = place.document();
        let label = LabeledSpan::underline(label.start..label.end);
        let report =
            Report::from(MietteDiagnostic::new(failure.report.to_string()).with_label(label));
        let source = NamedSource::new(place.file.display().to_string(), text);
        Self { report: report.with_source_code(source), ..failure }
    }
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Config(error) => error.into(),
            error => Self::usage(error),
        }
    }
}

impl From<StoreLookupError> for Failure {
    fn from(error: StoreLookupError) -> Self {
        match error {
            StoreLookupError::Config(error) => error.into(),
            StoreLookupError::Store(error) => Self::usage(error),
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Failed { .. }
            | ApplyError::Database { .. }
            | ApplyError::Locked { .. }
            | ApplyError::History(HistoryError::VersionTable { .. }) => Self::database(error),
            _ => Self::usage(error),
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Connect(_)
            | SourceError::Inspect(_)
            | SourceError::Scratch(ScratchError::Connect(_) | ScratchError::Create(_)) => {
                Self::database(error)
            }
            _ => Self::usage(error),
        }
    }
}

impl From<AppliedError> for Failure {
    fn from(error: AppliedError) -> Self {
        match error {
            AppliedError::Scratch {
                error: ScratchError::Connect(_) | ScratchError::Create(_),
                ..
            }
            | AppliedError::Inspect(_)
            | AppliedError::History(HistoryError::VersionTable { .. }) => Self::database(error),
            _ => Self::usage(error),
        }
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Read(error) => error.into(),
            CompareError::Normalise { error: NormaliseError::Scratch(_), .. } => {
                Self::database(error)
            }
            CompareError::Normalise { .. } | CompareError::Plan(_) => Self::usage(error),
        }
    }
}

impl From<io::Error> for Failure {
    /// What goes wrong while printing.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(0, String::new()),
            _ => Self::new(USAGE, format!("cannot print: {error}")),
        }
    }
}
