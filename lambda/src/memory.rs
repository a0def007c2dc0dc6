//! What becomes of the memory that an invocation has freed.

/// Makes the allocator of the GNU C library keep up to 64 MiB of what is freed for the next invocation.
///
/// By default it gives most of it back to the system at the end of each invocation and gets it anew at the next, page by
/// page, which can cost as much as half of the enrichment itself. How much it keeps follows the largest piece that
/// was ever freed (`M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of `mallopt(3)`), so that one is enough; nothing is
/// written to it, and so it takes no memory. With other allocators this does nothing.
pub fn keep_freed() {
    /// The largest piece that counts has 32 MiB, with what the allocator adds to it.
    const LARGEST: usize = (32 << 20) - (64 << 10);
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGEST)));
}
