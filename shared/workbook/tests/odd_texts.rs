//! Texts that programs damage or write in odd ways: read, or refused in a sentence of their own.

use workbook::{Language, ReadError, ReportOptions, Summary};

fn report(bytes: &[u8]) -> Result<Summary, ReadError> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("prices.csv");
    std::fs::write(&input, bytes).unwrap();
    workbook::summarize(&input, &ReportOptions::default(), &mut |_| {})
}

const PRICES: &str = "date,product,price\n2026-10-05,Cable,12900\n2026-10-06,Cable,12800\n";

#[test]
fn a_few_control_characters_are_left_out() {
    for text in [
        format!("{PRICES}\u{1a}"),
        PRICES.replace("Cable", "Ca\0ble"),
        format!("{PRICES}{}", "\0".repeat(4_000)),
        PRICES.replace("2026", "\u{1}2026"),
    ] {
        let summary = report(text.as_bytes()).unwrap();
        assert_eq!(summary.rows_used, 2, "{text:?}");
        assert_eq!(
            &*summary.products.get(0).unwrap().product,
            "Cable",
            "{text:?}"
        );
    }
}

#[test]
fn utf_32_is_called_so() {
    let quads = |mark: &[u8], bytes: fn(u32) -> [u8; 4]| {
        let text = PRICES.chars().flat_map(|c| bytes(c.into()));
        mark.iter().copied().chain(text).collect::<Vec<u8>>()
    };
    for bytes in [
        quads(&[0xff, 0xfe, 0, 0], u32::to_le_bytes),
        quads(&[0, 0, 0xfe, 0xff], u32::to_be_bytes),
        quads(&[], u32::to_le_bytes),
        quads(&[], u32::to_be_bytes),
    ] {
        let error = report(&bytes).unwrap_err();
        assert!(matches!(error, ReadError::Utf32), "{error:?}");
        assert!(error.sentence(Language::Ko).contains("UTF-32"));
    }
}

#[test]
fn what_is_no_text_is_no_workbook() {
    for bytes in [
        &b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0"[..],
        b"\0\0\0\0\0\0\0\0",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\x08\x06\0\0\0",
        b"%PDF-1.7",
    ] {
        let error = report(bytes).unwrap_err();
        assert!(matches!(error, ReadError::NotAWorkbook), "{error:?}");
    }
}
