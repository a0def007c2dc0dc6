//! How far a long run is, for a person who watches.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run shorter than this shows no progress: its result is there first.
const PATIENCE: Duration = Duration::from_secs(2);

/// A bar on standard error, shown once a run takes long and only to a person.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// When the bar is due; `None` once it is drawn, or where nobody watches.
    due: Option<Instant>,
}

impl Progress {
    /// Progress over input of `bytes` bytes (`None` where that is not known), for a run that starts
    /// now. With `watched` false nothing is ever drawn.
    #[must_use]
    pub fn new(bytes: Option<u64>, watched: bool) -> Self {
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::hidden());
        let template = match bytes {
            Some(_) => "{bar:30} {percent}% of {total_bytes}, {msg}, {eta} left",
            None => "{spinner} {bytes}, {msg}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, due: watched.then(|| Instant::now() + PATIENCE) }
    }

    /// So many bytes of the input are read, and so many events are done.
    pub fn at(&mut self, bytes: u64, events: u64) {
        if self.due.is_some_and(|due| Instant::now() >= due) {
            self.due = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_message(format!("{events} events"));
        self.bar.set_position(bytes);
    }

    /// Does something that writes to the terminal, without the bar in its way.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
