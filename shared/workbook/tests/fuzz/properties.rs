//! What must hold for every upload, shared by the fuzz target `workbook_file` and the replay of
//! its corpus.
//!
//! A fuzzer that changes the bytes of a zip seldom gets past its checksums. So the first byte of
//! an input says how the rest becomes a file:
//!
//! | Byte | The file |
//! |---|---|
//! | `f` | the rest as it is |
//! | `z`, `d` | a zip of the rest's parts, stored or deflated |
//! | `x` | a compound file with the rest as its stream `Workbook` |
//!
//! A part begins with a line `@@@NAME`. What a workbook has besides and every one has alike
//! (relationships, the list of sheets) is added where the parts lack it.

use std::cell::RefCell;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use workbook::{Limits, ReadError, ReportOptions, Summary, report, summarize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const WORKBOOK: &str =
    r#"<workbook><sheets><sheet name="Sheet1" r:id="rId1"/></sheets></workbook>"#;
const OF_WORKBOOK: &str = r#"<Relationships>
<Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="styles" Target="styles.xml"/>
<Relationship Id="rId3" Type="sharedStrings" Target="sharedStrings.xml"/>
</Relationships>"#;
/// Where a part begins.
const PART: &[u8] = b"\n@@@";

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Reads the upload that `data` describes within small limits, and writes its report or only
/// adds it up, which is ten times as fast. Panics when it passes the limits, or when the counts
/// of its summary do not add up. Says whether it could be read.
pub(crate) fn any_upload(data: &[u8], writes_report: bool) -> bool {
    let Some((container, rest)) = data.split_first() else {
        return false;
    };
    let Some(file) = file(*container, rest) else {
        return false;
    };
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a folder"));
        let (input, output) = (folder.path().join("upload"), folder.path().join("report"));
        std::fs::write(&input, file).expect("the upload can be written");
        check(&input, writes_report.then_some(&output))
    })
}

/// The bytes of the upload; none for an unknown container.
fn file(container: u8, rest: &[u8]) -> Option<Vec<u8>> {
    match container {
        b'f' => Some(rest.to_vec()),
        b'z' => Some(zipped(rest, CompressionMethod::Stored)),
        b'd' => Some(zipped(rest, CompressionMethod::Deflated)),
        b'x' => Some(compound(rest)),
        _ => None,
    }
}

fn check(input: &Path, output: Option<&PathBuf>) -> bool {
    let limits = Limits {
        inflated_bytes: 64 << 20,
        cells: 20_000,
        rows: 20_000,
        products: 5_000,
        rejected_listed: 1_000,
        sheets: 20,
        text_bytes: 32 << 10,
        time: Duration::from_secs(5),
        ..Limits::default()
    };
    let options = ReportOptions {
        limits: limits.clone(),
        ..ReportOptions::default()
    };
    let done = match output {
        None => summarize(input, &options, &mut |_| {}),
        Some(output) => report(input, output, &options, &mut |_| {}),
    };
    match &done {
        Ok(summary) => adds_up(summary, &limits),
        Err(error @ (ReadError::Output { .. } | ReadError::Input { .. })) => panic!("{error}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    done.is_ok()
}

fn adds_up(summary: &Summary, limits: &Limits) {
    let left_out = summary.rows_totals + summary.rows_repeated_headings;
    assert_eq!(
        summary.rows_read,
        summary.rows_used + summary.rows_rejected + left_out
    );
    let counted: u64 = summary.products.iter().map(|product| product.count).sum();
    assert_eq!(counted, summary.rows_used);
    assert!(summary.rows_read <= limits.rows);
    assert!(summary.products.len() as u64 <= limits.products);
    assert!(summary.rejected.len() as u64 <= limits.rejected_listed);
    for product in summary.products.iter() {
        assert!(product.minimum <= product.median && product.median <= product.maximum);
        assert!(product.minimum <= product.first && product.last <= product.maximum);
    }
}

fn compound(stream: &[u8]) -> Vec<u8> {
    let mut container =
        cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))
            .expect("a compound file in memory");
    let mut part = container
        .create_stream("/Workbook")
        .expect("a stream in memory");
    part.write_all(stream).expect("a stream in memory");
    drop(part);
    container.into_inner().into_inner()
}

fn zipped(rest: &[u8], method: CompressionMethod) -> Vec<u8> {
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .compression_level((method == CompressionMethod::Deflated).then_some(1));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let given = parts(rest);
    let added = usual_parts(&given);
    for (name, content) in given
        .iter()
        .map(|(name, content)| (name.as_str(), *content))
        .chain(
            added
                .iter()
                .map(|(name, content)| (*name, content.as_bytes())),
        )
    {
        // A name may come once.
        if zip.start_file(name, options).is_ok() {
            zip.write_all(content).expect("a zip in memory");
        }
    }
    zip.finish().expect("a zip in memory").into_inner()
}

/// The parts that an input names.
fn parts(mut rest: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    while let Some(start) = find(rest, PART) {
        rest = &rest[start + PART.len()..];
        let end = find(rest, PART).unwrap_or(rest.len());
        let part = &rest[..end];
        let line = part
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(part.len());
        let name = String::from_utf8_lossy(&part[..line]).into_owned();
        found.push((name, part.get(line + 1..).unwrap_or_default()));
    }
    found
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let mut starts = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == what[0]);
    starts
        .find(|(at, _)| bytes[*at..].starts_with(what))
        .map(|(at, _)| at)
}

/// What an input needs not say: the parts that lead to `xl/worksheets/sheet1`.
fn usual_parts(given: &[(String, &[u8])]) -> Vec<(&'static str, String)> {
    let is = |ending: &str| given.iter().any(|(name, _)| name.ends_with(ending));
    if is("content.xml") {
        return Vec::new();
    }
    let mut usual = if is(".bin") {
        vec![(
            "xl/_rels/workbook.bin.rels",
            OF_WORKBOOK.replace("xml", "bin"),
        )]
    } else {
        vec![
            ("[Content_Types].xml", "<Types/>".to_owned()),
            ("xl/workbook.xml", WORKBOOK.to_owned()),
            ("xl/_rels/workbook.xml.rels", OF_WORKBOOK.to_owned()),
        ]
    };
    usual.retain(|(name, _)| !given.iter().any(|(known, _)| known == name));
    usual
}
