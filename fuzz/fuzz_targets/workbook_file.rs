//! Any bytes as an uploaded file: a report or a reason, never a panic, within small limits.

#![no_main]

use std::io::Write;
use std::time::Duration;

use workbook::{Limits, ReportOptions, summarize};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file can be written");
    let limits = Limits { inflated_bytes: 64 << 20, cells: 100_000, rows: 100_000, time: Duration::from_secs(5), ..Limits::default() };
    let options = ReportOptions { limits, ..ReportOptions::default() };
    if let Ok(summary) = summarize(file.path(), &options, &mut |_| {}) {
        let left_out = summary.rows_totals + summary.rows_repeated_headings;
        assert_eq!(summary.rows_read, summary.rows_used + summary.rows_rejected + left_out);
        let counted: u64 = summary.products.iter().map(|product| product.count).sum();
        assert_eq!(counted, summary.rows_used);
    }
});
