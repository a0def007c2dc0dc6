//! Ctrl-C and the system's request to end: the first one ends the run in order, the second one at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::FileError;
use crate::Exit;

/// How often a thread that pauses looks whether the run is to end.
const LOOK: Duration = Duration::from_millis(20);

/// Whether the run is to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// One that signals set. Where none can be heard none ever comes.
    pub(super) fn on_signals(runtime: &Runtime) -> Self {
        let stop = Self::default();
        let ctrl_c = stop.clone();
        runtime.spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                ctrl_c.signal();
            }
        });
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let terminate = stop.clone();
            runtime.spawn(async move {
                let Ok(mut signals) = signal(SignalKind::terminate()) else { return };
                while signals.recv().await.is_some() {
                    terminate.signal();
                }
            });
        }
        stop
    }

    /// The first one ends the run in order, the second one at once.
    fn signal(&self) {
        if self.0.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    }

    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Goes on, unless the run is to end.
    pub(super) fn check(&self) -> Result<(), FileError> {
        if self.is_set() { Err(FileError::Stopped) } else { Ok(()) }
    }

    /// Pauses, and no longer than until the run is to end.
    pub(super) fn wait(&self, pause: Duration) -> Result<(), FileError> {
        let until = Instant::now() + pause;
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}
