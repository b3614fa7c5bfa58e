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
    let rate = done as f64 / elapsed.as_secs_f64();
    let [done_words, rate_words] = [done, rate.round() as u64].map(|it| HumanCount(it).to_string());
    match total {
        Some(total) if done > 0 => {
            let left = Duration::from_secs_f64(total.saturating_sub(done) as f64 / rate);
            let (total, left) = (HumanCount(total), HumanDuration(left));
            format!("{done_words} of {total} {unit}, {rate_words}/s, {left} left")
        }
        Some(total) => format!("0 of {} {unit}", HumanCount(total)),
        None => format!("{done_words} {unit}, {rate_words}/s"),
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
        check(6_000, Some(5_000), 3, "6,000 of 5,000 rows, 2,000/s, 0 seconds left");
    }
}
