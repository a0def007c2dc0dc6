//! Rounds of all ways in turn, so that a slow minute of the machine is everybody's.

use cpu_time::ThreadTime;

/// One way to do the work, and what it is called.
pub struct Way<'a> {
    name: String,
    work: Work<'a>,
}

enum Work<'a> {
    /// Work of this thread, of so many events. Gives the bytes that came out, so that nothing is left out.
    Here(usize, Box<dyn FnMut() -> usize + 'a>),
    /// Work of another process, which says itself how many nanoseconds an event took.
    Elsewhere(Box<dyn FnMut() -> f64 + 'a>),
    /// What can't be measured on this machine, and why.
    NotRun(String),
}

impl<'a> Way<'a> {
    /// A way that does so many `events` in a round.
    pub fn new(name: impl Into<String>, events: usize, run: impl FnMut() -> usize + 'a) -> Self {
        Self { name: name.into(), work: Work::Here(events, Box::new(run)) }
    }

    /// A way that measures itself: `run` gives nanoseconds of CPU an event.
    pub fn elsewhere(name: impl Into<String>, run: impl FnMut() -> f64 + 'a) -> Self {
        Self { name: name.into(), work: Work::Elsewhere(Box::new(run)) }
    }

    /// A way that needs what is not there.
    pub fn not_run(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), work: Work::NotRun(why.into()) }
    }

    /// One round, in nanoseconds an event.
    fn round(&mut self) -> Option<f64> {
        match &mut self.work {
            Work::Here(events, run) => {
                let begin = ThreadTime::now();
                let bytes = std::hint::black_box(run());
                let time = begin.elapsed();
                assert!(bytes > *events * 100, "{}: {bytes} bytes", self.name);
                Some(time.as_nanos() as f64 / *events as f64)
            }
            Work::Elsewhere(run) => Some(run()),
            Work::NotRun(_) => None,
        }
    }
}

/// Measures the ways, and prints a table under `title`: the median time of an event in nanoseconds of one thread's
/// CPU, and that time as a multiple of the first way's.
pub fn table(title: &str, mut ways: Vec<Way<'_>>, rounds: usize) {
    let mut times = vec![Vec::with_capacity(rounds); ways.len()];
    for round in 0..=rounds {
        for (way, times) in ways.iter_mut().zip(&mut times) {
            let time = way.round();
            // The first round warms up.
            if round > 0 {
                times.extend(time);
            }
        }
    }
    let medians: Vec<_> = times.into_iter().map(median).collect();
    println!("\n| {title} | ns/event | of the first |\n|---|---:|---:|");
    for (way, median) in ways.iter().zip(&medians) {
        match (&way.work, median, medians[0]) {
            (Work::NotRun(why), ..) => println!("| {} | not run: {why} | |", way.name),
            (_, Some(time), Some(first)) => println!("| {} | {time:.0} | {:.2} |", way.name, time / first),
            _ => println!("| {} | | |", way.name),
        }
    }
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
