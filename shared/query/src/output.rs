//! Writes an answer as a workbook, as CSV or as JSON, a row at a time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use model::{Currency, Decimal, Format};
use workbook::write::{Book, ChangeColors, Heading, Table};

use crate::first_rows;
use crate::{Cell, Column, Days, FirstRows, Kind, QueryError, Question, Template};

/// What an answer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The template's name, without `.sql`.
    pub template: String,
    /// What people see of it.
    pub title: String,
    /// The values of the parameters, as texts.
    pub parameters: Vec<(String, String)>,
    /// The days that were read.
    pub days: Days,
    /// When it was made, where the owner is.
    pub made: DateTime,
    /// Whether it is in Korean.
    pub korean: bool,
    /// Whether it ends with totals.
    pub totals: bool,
}

impl About {
    /// What the answer to a question says of itself.
    pub fn new(
        name: &str,
        template: &Template,
        question: &Question,
        made: DateTime,
        korean: bool,
    ) -> Self {
        let mut parameters: Vec<_> = question
            .values
            .iter()
            .filter(|(name, _)| template.parameters.iter().any(|known| known.name == **name))
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect();
        parameters.sort();
        Self {
            template: name.to_owned(),
            title: template.title_in(korean).to_owned(),
            parameters,
            days: question.days,
            made,
            korean,
            totals: template.totals,
        }
    }

    /// Label and value of each thing that it says.
    fn lines(&self) -> Vec<(String, String)> {
        let word =
            |korean: &str, english: &str| if self.korean { korean } else { english }.to_owned();
        let day =
            |day: Option<jiff::civil::Date>| day.map_or_else(String::new, |day| day.to_string());
        let days = match (self.days.from, self.days.to) {
            (None, None) => word("전체", "all"),
            (from, to) => format!("{} – {}", day(from), day(to)),
        };
        let mut lines = vec![
            (word("제목", "Title"), self.title.clone()),
            (word("양식", "Template"), self.template.clone()),
            (word("기간", "Days"), days),
            (
                word("작성", "Made"),
                self.made.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            ),
        ];
        lines.extend(self.parameters.iter().cloned());
        lines
    }
}

/// A file that is being written.
pub struct Output {
    about: About,
    path: PathBuf,
    sink: Sink,
    columns: Vec<Column>,
    totals: Vec<Total>,
    first: FirstRows,
    rows: u64,
}

enum Sink {
    Xlsx(Box<Book>, Option<Box<Table>>),
    Csv(Box<csv::Writer<File>>),
    Json(BufWriter<File>),
}

/// The sum of a column.
#[derive(Debug, Clone, Copy)]
enum Total {
    /// Nothing to add up, or what cannot be added: several currencies.
    Nothing,
    Unset,
    Count(i64),
    Money(Decimal, Currency),
}

impl Total {
    fn add(self, cell: &Cell) -> Self {
        match (self, cell) {
            (Self::Unset, Cell::Count(count)) => Self::Count(*count),
            (Self::Unset, Cell::Money(amount, currency)) => Self::Money(*amount, *currency),
            (Self::Count(sum), Cell::Count(count)) => {
                sum.checked_add(*count).map_or(Self::Nothing, Self::Count)
            }
            (Self::Money(sum, known), Cell::Money(amount, currency)) if known == *currency => sum
                .checked_add(*amount)
                .map_or(Self::Nothing, |sum| Self::Money(sum, known)),
            (unchanged, Cell::Empty) => unchanged,
            _ => Self::Nothing,
        }
    }

    fn cell(self) -> Cell {
        match self {
            Self::Nothing | Self::Unset => Cell::Empty,
            Self::Count(sum) => Cell::Count(sum),
            Self::Money(sum, currency) => Cell::Money(sum, currency),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> QueryError {
    QueryError::Output(error.to_string())
}

impl Output {
    /// Begins a file.
    pub fn create(path: &Path, format: Format, about: About) -> Result<Self, QueryError> {
        let sink = match format {
            Format::Xlsx => {
                let book = Book::new(
                    &about.title,
                    if about.korean {
                        ChangeColors::RedUp
                    } else {
                        ChangeColors::GreenUp
                    },
                )
                .with_high_rows();
                Sink::Xlsx(Box::new(book), None)
            }
            Format::Csv => Sink::Csv(Box::new(csv::Writer::from_path(path).map_err(failed)?)),
            Format::Json => Sink::Json(BufWriter::new(File::create(path).map_err(failed)?)),
        };
        Ok(Self {
            about,
            path: path.to_owned(),
            sink,
            columns: Vec::new(),
            totals: Vec::new(),
            first: FirstRows::default(),
            rows: 0,
        })
    }

    pub(crate) fn begin<'a>(
        &mut self,
        columns: impl Iterator<Item = &'a Column>,
    ) -> Result<(), QueryError> {
        self.columns = columns.cloned().collect();
        self.first.begin(&self.columns);
        self.totals = self
            .columns
            .iter()
            .map(|column| match column.kind {
                Kind::Count | Kind::Money => Total::Unset,
                _ => Total::Nothing,
            })
            .collect();
        match &mut self.sink {
            Sink::Xlsx(book, table) => {
                let headings: Vec<Heading<'_>> = self
                    .columns
                    .iter()
                    .map(|column| match column.kind {
                        Kind::Plain | Kind::Text | Kind::Link => column.name.as_str().into(),
                        _ => Heading::right(&column.name),
                    })
                    .collect();
                let new = book.table(&self.about.title, &headings).map_err(failed)?;
                *table = Some(Box::new(new));
                Ok(())
            }
            Sink::Csv(csv) => {
                let names = self.columns.iter().map(|column| column.name.as_str());
                csv.write_record(names).map_err(failed)
            }
            Sink::Json(json) => {
                let about: serde_json::Map<_, _> = self
                    .about
                    .parameters
                    .iter()
                    .map(|(name, value)| (name.clone(), value.as_str().into()))
                    .collect();
                let columns = first_rows::headings(&self.columns);
                write!(
                    json,
                    "{{\"template\":{},\"parameters\":{},\"from\":{},\"to\":{},\"made\":{},\
                     \"columns\":{},\"rows\":[",
                    serde_json::Value::from(self.about.template.as_str()),
                    serde_json::Value::Object(about),
                    serde_json::json!(self.about.days.from),
                    serde_json::json!(self.about.days.to),
                    serde_json::json!(self.about.made),
                    serde_json::json!(columns),
                )
                .map_err(failed)
            }
        }
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), QueryError> {
        for (total, cell) in self.totals.iter_mut().zip(cells) {
            *total = total.add(cell);
        }
        self.first.add(cells);
        self.put(cells)?;
        self.rows += 1;
        Ok(())
    }

    fn put(&mut self, cells: &[Cell]) -> Result<(), QueryError> {
        match &mut self.sink {
            Sink::Xlsx(book, Some(table)) => {
                let cells: Vec<_> = cells.iter().map(in_workbook).collect();
                book.row(table, &cells).map_err(failed)
            }
            Sink::Xlsx(_, None) => Err(failed("the answer has no columns")),
            Sink::Csv(csv) => csv
                .write_record(cells.iter().map(Cell::text))
                .map_err(failed),
            Sink::Json(json) => {
                if self.rows > 0 {
                    json.write_all(b",").map_err(failed)?;
                }
                serde_json::to_writer(json, cells).map_err(failed)
            }
        }
    }

    /// The first rows of what was written so far, for a look at the answer without its file.
    pub fn first_rows(&self) -> &FirstRows {
        &self.first
    }

    /// Ends the file; gives the number of rows without the totals.
    pub fn finish(mut self) -> Result<u64, QueryError> {
        if self.about.totals && self.rows > 0 && !matches!(self.sink, Sink::Json(_)) {
            let mut cells: Vec<Cell> = self.totals.iter().map(|total| total.cell()).collect();
            if let Some(first @ Cell::Empty) = cells.first_mut() {
                let word = if self.about.korean { "합계" } else { "Total" };
                *first = Cell::Text(word.to_owned());
            }
            self.put(&cells)?;
        }
        match self.sink {
            Sink::Xlsx(mut book, table) => {
                if let Some(table) = table {
                    book.end(*table).map_err(failed)?;
                }
                let name = if self.about.korean { "정보" } else { "About" };
                let mut table = book.table(name, &["", ""]).map_err(failed)?;
                for (label, value) in self.about.lines() {
                    let cells = [
                        workbook::write::Cell::Text(&label),
                        workbook::write::Cell::Text(&value),
                    ];
                    book.row(&mut table, &cells).map_err(failed)?;
                }
                book.end(table).map_err(failed)?;
                book.save(&self.path).map_err(failed)?;
            }
            Sink::Csv(mut csv) => csv.flush().map_err(failed)?,
            Sink::Json(mut json) => {
                json.write_all(b"]}\n").map_err(failed)?;
                json.flush().map_err(failed)?;
            }
        }
        Ok(self.rows)
    }
}

fn in_workbook(cell: &Cell) -> workbook::write::Cell<'_> {
    use workbook::write::Cell as Out;
    match cell {
        Cell::Empty => Out::Empty,
        Cell::Text(text) => Out::Text(text),
        Cell::Count(count) => {
            u64::try_from(*count).map_or_else(|_| Out::Number(Decimal::from(*count)), Out::Count)
        }
        Cell::Number(number) => Out::Number(*number),
        Cell::Percent(percent) => Out::Percent(*percent),
        Cell::Money(amount, currency) => Out::Amount(*amount, Some(*currency)),
        Cell::Date(date) => Out::Date(*date),
        Cell::DateTime(at) => Out::DateTime(*at),
    }
}
