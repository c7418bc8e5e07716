//! Any bytes as an upload, in every container: a report or a reason, never a panic, within
//! small limits.

#![no_main]

use std::panic::{catch_unwind, set_hook};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

#[path = "../../shared/workbook/tests/fuzz/properties.rs"]
mod properties;

static HOOK: Once = Once::new();
static LAST: Mutex<String> = Mutex::new(String::new());

fn last() -> MutexGuard<'static, String> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // libFuzzer's own hook ends the process at every panic. Those of calamine that the reader
    // of .xls files catches are expected; one that gets out is not.
    HOOK.call_once(|| {
        set_hook(Box::new(|panic| {
            *last() = panic.to_string();
        }));
    });
    if catch_unwind(|| properties::any_upload(data, false)).is_err() {
        eprintln!("{}", last());
        std::process::abort();
    }
});
