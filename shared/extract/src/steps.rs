//! Counts what reading a page costs, for the test that it grows no faster than the page.
//!
//! Where a loop's length is the page's to decide, it counts its turns. Only tests keep the count:
//! a budget that ends a page would have to be paid for on every page, and would hold for the
//! counted loops only, which the test can show to need none.

#[cfg(test)]
thread_local! {
    static TAKEN: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts steps: bytes looked at or copied, items, properties or elements visited.
pub(crate) fn count(steps: usize) {
    #[cfg(test)]
    TAKEN.with(|taken| taken.set(taken.get() + steps as u64));
    #[cfg(not(test))]
    let _ = steps;
}

/// How many steps this thread takes for something.
#[cfg(test)]
pub(crate) fn of(work: impl FnOnce()) -> u64 {
    TAKEN.with(|taken| taken.set(0));
    work();
    TAKEN.with(std::cell::Cell::get)
}
