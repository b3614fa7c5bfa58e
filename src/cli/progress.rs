//! [`Progress`]: how far a command is, once it takes more than a second: on a terminal a bar with the rate and the time that is
//! left, elsewhere a line now and then.

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    fmt::Display,
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

/// How far a command is. It goes from the terminal with the value.
pub struct Progress {
    bar: ProgressBar,
    what: String,
    unit: &'static str,
    since: Instant,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    /// Nobody wants to know.
    Silent,
    /// A bar, which is drawn from the second second on.
    Bar { drawn: bool },
    /// Lines, the last of which was printed then.
    Lines { said: Option<Instant> },
}

/// What takes less needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a line is printed where no terminal is.
const INTERVAL: Duration = Duration::from_secs(10);

impl Progress {
    /// Begins with something that has so many units, where that is known.
    pub fn new(what: impl Display, unit: &'static str, total: Option<u64>, quiet: bool) -> Self {
        let mode = match (quiet, io::stderr().is_terminal()) {
            (true, _) => Mode::Silent,
            (false, true) => Mode::Bar { drawn: false },
            (false, false) => Mode::Lines { said: None },
        };
        let template = match total {
            Some(_) => {
                "{prefix}  {bar:30}  {human_pos} of {human_len} {msg}, {per_sec}, {eta} left"
            }
            None => "{prefix}  {spinner}  {human_pos} {msg}, {per_sec}",
        };
        let style = ProgressStyle::with_template(template).expect("the template is right");
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden())
            .with_style(style.progress_chars("━╸ "))
            .with_prefix(what.to_string())
            .with_message(unit);
        Self { bar, what: what.to_string(), unit, since: Instant::now(), mode }
    }

    /// So many units are done.
    pub fn at(&mut self, done: u64) {
        self.bar.set_position(done);
        let elapsed = self.since.elapsed();
        if elapsed < PATIENCE {
            return;
        }
        match &mut self.mode {
            Mode::Silent | Mode::Bar { drawn: true } => {}
            Mode::Bar { drawn } => {
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
                *drawn = true;
            }
            Mode::Lines { said } if said.is_none_or(|it| it.elapsed() >= INTERVAL) => {
                *said = Some(Instant::now());
                let words = words(done, self.bar.length(), self.unit, elapsed);
                eprintln!("{}: {words}", self.what);
            }
            Mode::Lines { .. } => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `1,200 of 5,000 rows, 400/s, 9 seconds left`
fn words(done: u64, total: Option<u64>, unit: &str, elapsed: Duration) -> String {
    let done_words = HumanCount(done);
    match total {
        Some(total) => {
            let pace = pace(done, total, elapsed).map(|it| format!(", {it}")).unwrap_or_default();
            format!("{done_words} of {} {unit}{pace}", HumanCount(total))
        }
        None => format!("{done_words} {unit}, {}", rate(done, elapsed)),
    }
}

/// `400/s, 9 seconds left`, once something is done.
pub fn pace(done: u64, total: u64, elapsed: Duration) -> Option<String> {
    if done == 0 {
        return None;
    }
    let left = elapsed.as_secs_f64() / done as f64 * total.saturating_sub(done) as f64;
    let left = HumanDuration(Duration::from_secs_f64(left));
    Some(format!("{}, {left} left", rate(done, elapsed)))
}

/// `400/s`, or `12 s each` where one takes longer.
fn rate(done: u64, elapsed: Duration) -> String {
    let (done, seconds) = (done as f64, elapsed.as_secs_f64());
    match done >= seconds || done == 0.0 {
        true => format!("{}/s", HumanCount((done / seconds).round() as u64)),
        false => format!("{:.0} s each", seconds / done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let check = |done, total, seconds, expected: &str| {
            assert_eq!(words(done, total, "rows", Duration::from_secs(seconds)), expected);
        };
        check(1_200, Some(5_000), 3, "1,200 of 5,000 rows, 400/s, 10 seconds left");
        check(1_200, None, 3, "1,200 rows, 400/s");
        check(0, Some(5_000), 3, "0 of 5,000 rows");
        check(2, Some(5), 24, "2 of 5 rows, 12 s each, 36 seconds left");
        check(6_000, Some(5_000), 3, "6,000 of 5,000 rows, 2,000/s, 0 seconds left");
    }
}
