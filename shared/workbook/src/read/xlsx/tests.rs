//! The quick and the careful reader hand on the same cells, and so does calamine where it is
//! right.

mod alike;
mod openpyxl;

use std::path::Path;

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};

use super::*;
use crate::read::xls;
use crate::values::cell::Value;

/// A cell with its value as text, money with its currency, and a letter for its type.
type Seen = (u32, u32, char, String);

#[derive(Default)]
struct Collect(Vec<Seen>);

impl Cells for Collect {
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        let kind = match value {
            Value::Text(_) | Value::Shared(..) => 't',
            Value::Number(_) => 'n',
            Value::Money(..) => 'm',
            Value::Code(..) => 'c',
            Value::Serial(_) => 'd',
            Value::Duration(_) => 'u',
            Value::Huge(_) => 'h',
            Value::Bool(_) => 'b',
            Value::Error(_) => 'e',
        };
        let text = match value {
            Value::Money(_, sign) => format!("{} {}", sign.currency.code(), value.display()),
            _ => value.display(),
        };
        self.0.push((row, column, kind, text));
        Ok(())
    }
}

fn cells(path: &Path, reader: ReaderChoice) -> Result<Vec<Seen>, Stop> {
    let mut workbook = Xlsx::open(path, &Limits::default())?;
    workbook.reader = reader;
    let mut seen = Collect::default();
    for sheet in 0..workbook.sheets().len() {
        workbook.read(sheet, &mut seen)?;
    }
    Ok(seen.0)
}

fn by_calamine(path: &Path) -> Vec<Seen> {
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(path).unwrap();
    let mut seen = Collect::default();
    for (name, range) in calamine::Reader::worksheets(&mut workbook) {
        xls::hand_on(&range, &[], &Limits::default(), &name, &mut seen).unwrap();
    }
    seen.0
}

#[derive(Debug, Clone)]
enum Written {
    Text(String),
    Number(f64),
    Date(f64),
    Bool(bool),
    Formula(String),
    Nothing,
}

fn written() -> impl Strategy<Value = Written> {
    prop_oneof![
        3 => prop_oneof!["[ -~가-힣]{0,12}", "[ \t\n]{0,2}[a&<>\"'_x0D=+@-]{0,8}", Just("_x000D_".to_owned()), "\\PC{0,6}"].prop_map(Written::Text),
        3 => prop_oneof![
            any::<i32>().prop_map(f64::from),
            (0_i64..100_000_000).prop_map(|cents| f64::from(u32::try_from(cents).unwrap_or(0)) / 100.0),
            any::<f64>().prop_filter("finite", |number| number.is_finite()),
        ].prop_map(Written::Number),
        1 => (1.0..2_000_000.0).prop_map(Written::Date),
        1 => any::<bool>().prop_map(Written::Bool),
        1 => "[A-C1-9+]{1,8}".prop_map(Written::Formula),
        2 => Just(Written::Nothing),
    ]
}

fn write(path: &Path, rows: &[Vec<Written>], inline: bool) {
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let sheet = if inline {
        workbook.add_worksheet_with_constant_memory().unwrap()
    } else {
        workbook.add_worksheet()
    };
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Written::Text(text) => sheet.write_string(row, column, text).unwrap(),
                Written::Number(number) => sheet.write_number(row, column, *number).unwrap(),
                Written::Date(serial) => sheet
                    .write_number_with_format(row, column, *serial, &date)
                    .unwrap(),
                Written::Bool(value) => sheet.write_boolean(row, column, *value).unwrap(),
                Written::Formula(formula) => {
                    sheet.write_formula(row, column, formula.as_str()).unwrap()
                }
                Written::Nothing => continue,
            };
        }
    }
    workbook.save(path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn three_readers_see_the_same_cells(rows in prop::collection::vec(prop::collection::vec(written(), 0..9), 0..30), inline: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.xlsx");
        write(&path, &rows, inline);
        let careful = cells(&path, ReaderChoice::Careful).unwrap();
        match cells(&path, ReaderChoice::Quick) {
            Ok(quick) => prop_assert_eq!(&quick, &careful),
            Err(Stop::Unsure(_)) => {}
            Err(stop) => return Err(TestCaseError::fail(format!("{stop:?}"))),
        }
        prop_assert_eq!(careful, by_calamine(&path));
    }
}

#[test]
fn the_quick_reader_is_sure_of_what_programs_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sure.xlsx");
    let rows = vec![
        vec![
            Written::Text("가격 & <값>".into()),
            Written::Number(12.99),
            Written::Date(46_347.5),
        ],
        vec![
            Written::Nothing,
            Written::Bool(true),
            Written::Formula("A1".into()),
            Written::Number(1e300),
        ],
    ];
    for inline in [false, true] {
        write(&path, &rows, inline);
        let quick = cells(&path, ReaderChoice::Quick).unwrap();
        assert_eq!(quick, cells(&path, ReaderChoice::Careful).unwrap());
        assert_eq!(quick.len(), 6);
        assert_eq!(quick[0], (0, 0, 't', "가격 & <값>".to_owned()));
    }
}

/// Pieces of sheets, put together at random: mostly almost right.
fn almost_a_sheet() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => (1_u32..9, 0_u32..4, 0_u32..7).prop_map(|(row, column, value)| {
            let letter = char::from(b'A' + u8::try_from(column).unwrap_or(0));
            format!("<c r=\"{letter}{row}\" t=\"s\"><v>{value}</v></c>")
        }),
        6 => (1_u32..9).prop_map(|row| format!("</row><row r=\"{row}\">")),
        1 => prop::sample::select(vec![
            "<c><v>1</v></c>", "<c r=\"A1\" s=\"1\"><v>46000.5</v></c>", "<c r=\"C2\"><v>1e5</v></c>", "<c r=\"A1\"/>", "<row/>", "</row>", "<row>",
            "<c t=\"str\"><v>a&amp;b_x0041_</v></c>", "<c t=\"inlineStr\"><is><t> x </t></is></c>", "<c t=\"b\"><v>1</v></c>", "<!-- c -->", "<![CDATA[x]]>",
            "<c t=\"e\"><v>#N/A</v></c>", "<c><f>A1</f><v>2</v></c>", "<c><f/><v>2</v></c>", " ", "\n", "\r\n", "x", "&lt;", "</sheetData>", "<c t=\"d\"><v>2026-11-21</v></c>",
            "<c r=\"B2\" s=\"2\"><v>0.5</v></c>", "<c t='n'><v>3</v></c>", "<c><v> 7 </v></c>", "<c><v></v></c>", "<c><v/></c>", "<c t=\"s\"><v>99</v></c>", "<c><v>-0</v></c>", "<c><v>007</v></c>",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| {
        format!(
            "<worksheet><sheetData><row r=\"1\">{}</row></sheetData></worksheet>",
            pieces.concat()
        )
    })
}

fn with_head(head: [u8; 4], sheet: &[u8]) -> Vec<u8> {
    [&head[..], sheet].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_agree_about_almost_sheets(sheet in almost_a_sheet(), head: [u8; 4], cut in 0_usize..3_000, flip in any::<(bool, u16, u8)>()) {
        readers_agree(&with_head(head, sheet.as_bytes()));
        let mut bytes = sheet.into_bytes();
        bytes.truncate(cut);
        if let (true, Some(byte)) = (flip.0, bytes.get_mut(usize::from(flip.1) % cut.max(1))) {
            *byte = flip.2;
        }
        readers_agree(&with_head(head, &bytes));
    }
}

#[test]
fn a_second_thread_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.xlsx");
    let rows: Vec<Vec<Written>> = (0..30_000)
        .map(|row| {
            (0..8)
                .map(|column| Written::Number(f64::from(row * 7_919 % 10_007 * 8 + column) / 3.0))
                .collect()
        })
        .collect();
    write(&path, &rows, true);
    let read = |second_thread| {
        let mut workbook = Xlsx::open(
            &path,
            &Limits {
                second_thread,
                ..Limits::default()
            },
        )
        .unwrap();
        let mut seen = Collect::default();
        workbook.read(0, &mut seen).unwrap();
        seen.0
    };
    let alone = read(false);
    assert_eq!(alone.len(), 240_000);
    assert!(alone == read(true));
}
