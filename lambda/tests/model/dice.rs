//! Chance, from a seed.

/// One stream of chance: what is drawn for one purpose does not shift what is drawn for another.
#[derive(Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    /// The dice for that purpose of the case with that seed.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose))
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: usize, most: usize) -> usize {
        self.0.usize(least..=most)
    }

    pub(crate) fn millis(&mut self, least: i64, most: i64) -> i64 {
        self.0.i64(least..=most)
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.0.usize(0..100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.0.usize(0..from.len())]
    }
}
