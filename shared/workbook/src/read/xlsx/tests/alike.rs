//! Sheets as programs write them: rows whose cells look alike, now and then one that does not.
//! The quick reader compares such cells instead of taking them apart.

use std::fmt::Write;

use proptest::prelude::*;

use crate::read::xlsx::{readers_agree, texts_agree};

/// The tag and the value of a cell, around its place: what follows `<c r="B2`.
const FORMS: &[&str] = &[
    "\"><v>12900</v></c>",
    "\" s=\"1\"><v>46347</v></c>",
    "\" s=\"1\" t=\"n\"><v>46347.42708333334</v></c>",
    "\" t=\"s\"><v>3</v></c>",
    "\" t=\"s\"><v>14</v></c>",
    "\" s=\"2\" t=\"s\"><v>0</v></c>",
    "\" t=\"n\"><v>12.50</v></c>",
    "\"><v>12900.0</v></c>",
    "\"><v>123456789.25</v></c>",
    "\"><v>-7</v></c>",
    "\" t=\"inlineStr\"><is><t>무선 이어폰</t></is></c>",
    "\" t=\"inlineStr\"><is><t>a &amp; b_x0041_ &#44032;&#xAC01;</t></is></c>",
    "\" s=\"12\" t=\"inlineStr\"><is><t xml:space=\"preserve\"> a </t></is></c>",
    "\" t=\"str\"><v>가격</v></c>",
    "\" t=\"b\"><v>1</v></c>",
    "\" t=\"e\"><v>#N/A</v></c>",
    "\" s=\"3\"/>",
    "\" s=\"3\" t=\"n\" />",
    "\" t=\"n\"><v /></c>",
    "\"><v/></c>",
    "\"><f>A1+1</f><v>5</v></c>",
    "\"><f aca=\"false\">A1</f><v /></c>",
    "\"></c>",
];
/// What only a parser knows, or nobody.
const OTHERS: &[&str] = &[
    "\" t=\"s\"><v>99</v></c>",
    "\" t=\"s\"><v></v></c>",
    "\"><v> 5 </v></c>",
    "\"><v>5<!-- --></v></c>",
    "\" t=\"e\"><v/></c>",
    "\" t='n'><v>5</v></c>",
    "\"><x:v>5</x:v></c>",
    "\" t=\"inlineStr\"><is><r><t>a</t></r></is></c>",
    "\" t=\"inlineStr\"><is><t>&#32;a</t></is></c>",
    "\" t=\"inlineStr\"><is><t>&#0;</t></is></c>",
    "\"><v>5</v>",
];

#[derive(Debug, Clone)]
struct Sheet {
    /// The form of each column's cells; none is a column without cells.
    columns: Vec<Option<usize>>,
    first_row: u32,
    rows: u32,
    row_tail: usize,
    /// Cells that differ: row, column, form, or no cell.
    odd: Vec<(u32, usize, Option<usize>)>,
    other: Option<(u32, usize, usize)>,
}

fn sheet() -> impl Strategy<Value = Sheet> {
    let form = || prop::option::weighted(0.85, 0..FORMS.len());
    (
        prop::collection::vec(form(), 1..30),
        prop_oneof![1_u32..12, 95_u32..105, Just(1_048_570)],
        0_u32..12,
        0_usize..4,
        prop::collection::vec((0_u32..12, 0_usize..30, form()), 0..4),
        prop::option::weighted(0.2, (0_u32..12, 0_usize..30, 0..OTHERS.len())),
    )
        .prop_map(|(columns, first_row, rows, row_tail, odd, other)| Sheet {
            columns,
            first_row,
            rows,
            row_tail,
            odd,
            other,
        })
}

impl Sheet {
    fn xml(&self) -> String {
        self.write().expect("a text can be written")
    }

    fn write(&self) -> Result<String, std::fmt::Error> {
        let tail = [
            "\">",
            "\" spans=\"1:8\">",
            "\" spans=\"1:8\" x14ac:dyDescent=\"0.25\">",
            "\" customFormat=\"false\" ht=\"12.8\" hidden=\"false\">",
        ][self.row_tail];
        let mut xml = String::from("<worksheet><sheetData>");
        for row in 0..self.rows {
            let number = self.first_row + row;
            write!(xml, "<row r=\"{number}{tail}")?;
            for (column, form) in self.columns.iter().enumerate() {
                let odd = self.odd.iter().find(|odd| (odd.0, odd.1) == (row, column));
                let form = odd.map_or(*form, |odd| odd.2).map(|form| FORMS[form]);
                let other = self
                    .other
                    .filter(|other| (other.0, other.1) == (row, column))
                    .map(|other| OTHERS[other.2]);
                if let Some(form) = other.or(form) {
                    let letters =
                        crate::values::cell::column_letters(u32::try_from(column).unwrap());
                    write!(xml, "<c r=\"{letters}{number}{form}")?;
                }
            }
            xml.push_str("</row>");
        }
        xml.push_str("</sheetData></worksheet>");
        Ok(xml)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_agree_about_rows_that_look_alike(sheet in sheet(), piece: u8, limits in prop::sample::select(vec![0x0f_u8, 0x8f, 0x01, 0xcf]), flip in any::<Option<(u16, u8)>>()) {
        let mut input = [&[piece, 20, 4, limits][..], sheet.xml().as_bytes()].concat();
        readers_agree(&input);
        if let Some((at, byte)) = flip {
            let at = 4 + usize::from(at) % (input.len() - 4);
            input[at] = byte;
            readers_agree(&input);
        }
    }

    #[test]
    fn both_readers_agree_about_shared_texts(pieces in prop::collection::vec(0_usize..TEXTS.len(), 0..12), piece: u8, limits: u8, flip in any::<Option<(u16, u8)>>()) {
        let items: String = pieces.iter().map(|piece| TEXTS[*piece]).collect();
        let part = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sst xmlns=\"x\" count=\"9\" uniqueCount=\"9\">{items}</sst>");
        let mut input = [&[piece, limits][..], part.as_bytes()].concat();
        texts_agree(&input);
        if let Some((at, byte)) = flip {
            let at = 2 + usize::from(at) % part.len();
            input[at] = byte;
            texts_agree(&input);
        }
    }
}

/// Items of the shared strings, and what may stand between them.
const TEXTS: &[&str] = &[
    "<si><t>무선 이어폰</t></si>",
    "<si><t>P000001</t></si>",
    "<si><t xml:space=\"preserve\"> a </t></si>",
    "<si><t> a\t</t></si>",
    "<si><t>a &lt;b&gt; &amp;amp; &#44032;_x000D__x005F_</t></si>",
    "<si><t></t></si>",
    "<si><t/></si>",
    "<si/>",
    "<si><r><rPr><b/><sz val=\"9\"/></rPr><t>무선</t></r><r><t xml:space=\"preserve\"> 이어폰</t></r></si>",
    "<si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh></si>",
    "\n  ",
    "<si><t>a<!-- </si> -->b</t></si>",
    "<si><t><![CDATA[</si>]]></t></si>",
    "<si><t>&#32;a</t></si>",
    "<si><t>a\r\nb</t></si>",
    "<x:si><x:t>a</x:t></x:si>",
    "<si><t>&bad;</t></si>",
    "<!-- -->",
];

#[test]
fn what_programs_write_is_known_without_the_parser() {
    use crate::Limits;
    use crate::read::xlsx::quick;

    for text in &TEXTS[..11] {
        let part = format!("<sst>{text}</sst>");
        assert!(
            quick::strings(part.as_bytes(), "texts", &Limits::default()).is_ok(),
            "{text}"
        );
    }
    let context = crate::read::xlsx::agree::context(20, 4, 0x0f);
    for form in FORMS {
        let row = |number| format!("<row r=\"{number}\"><c r=\"B{number}{form}</row>");
        let sheet = format!(
            "<worksheet><sheetData>{}{}</sheetData></worksheet>",
            row(9),
            row(10)
        );
        let mut seen = super::Collect::default();
        quick::read(sheet.as_bytes(), "sheet", &context, &mut seen).expect(form);
        assert!(seen.0.len() % 2 == 0, "{form}");
    }
}
