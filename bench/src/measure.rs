//! Rounds of all ways in turn, so that a slow minute of the machine is everybody's.

use cpu_time::ThreadTime;

/// One way to do the work, and what it is called.
pub struct Way<'a> {
    pub name: String,
    /// Does it once. Gives the bytes that came out, so that nothing is left out.
    pub run: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Way<'a> {
    pub fn new(name: impl Into<String>, run: impl FnMut() -> usize + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// The median time of an event in nanoseconds of this thread's CPU, for each way.
pub fn medians(ways: &mut [Way<'_>], events: usize, rounds: usize) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(rounds); ways.len()];
    for round in 0..=rounds {
        for (way, times) in ways.iter_mut().zip(&mut times) {
            let begin = ThreadTime::now();
            let bytes = std::hint::black_box((way.run)());
            let time = begin.elapsed();
            assert!(bytes > events * 100, "{}: {bytes} bytes", way.name);
            // The first round warms up.
            if round > 0 {
                times.push(time.as_nanos() as f64 / events as f64);
            }
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
