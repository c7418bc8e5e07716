//! One upload from file to report: choose the sheets, settle the order of dates, read, add up,
//! write.

mod choose;
mod copies;
mod names;

use std::path::Path;
use std::sync::Arc;

use choose::{Chosen, ChosenSheet, choose};

use crate::figures::finish::figures;
use crate::figures::ingest::{Counts, Ingest};
use crate::figures::summary::ReasonCount;
use crate::figures::warnings;
use crate::header::headings::Headings;
use crate::header::order::DateOrder;
use crate::limits::Deadline;
use crate::read::Workbook;
use crate::turn::Turned;
use crate::values::cell::{Cells, Stop, Value};
use crate::{
    Format, Language, Limits, Progress, ReadError, RejectReason, ReportOptions, Stage, Summary,
    report as write_report,
};

/// Reads the workbook `input` and writes the report workbook `output`, which is replaced if it
/// exists and not touched on an error of reading.
pub fn report(
    input: &Path,
    output: &Path,
    options: &ReportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, ReadError> {
    let summary = summarize(input, options, progress)?;
    progress(Progress {
        stage: Stage::Writing,
        rows: summary.rows_read,
        permille: 0,
    });
    write_report::write(&summary, output)?;
    progress(Progress {
        stage: Stage::Writing,
        rows: summary.rows_read,
        permille: 1_000,
    });
    Ok(summary)
}

/// Reads the workbook `input` and adds it up, without writing anything.
pub fn summarize(
    input: &Path,
    options: &ReportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, ReadError> {
    let deadline = Deadline::new(options.limits.time);
    let (mut workbook, format) = Workbook::open(input, &options.limits)?;
    let mut chosen = carefully(&mut workbook, |workbook| choose(workbook, options))?;
    let sheets: Vec<usize> = chosen.used.iter().map(|sheet| sheet.index).collect();
    let mut order = DateOrder::Unknown;
    let mut short_year = None;
    let mut order_note = None;
    let mut are_thousands = false;
    let mut looked_again = false;
    loop {
        workbook.begin_pass();
        let mut ingest = Ingest::new(
            &options.limits,
            deadline,
            order,
            progress,
            workbook.share(&sheets),
        );
        ingest.short_year = short_year;
        ingest.points.are_thousands = are_thousands;
        let mut counts = Vec::new();
        let mut failed = None;
        for sheet in &chosen.used {
            ingest.start(&sheet.info.name, &sheet.layout, workbook.is_1904())?;
            match chosen_rows(&mut workbook, sheet, &options.headings, &mut ingest) {
                Ok(counted) if !ingest.needs_order => counts.push(counted),
                Ok(_) | Err(Stop::Enough) => break,
                Err(stop) => {
                    failed = Some(stop);
                    break;
                }
            }
        }
        match failed {
            None => {}
            Some(Stop::Unsure(_)) if workbook.be_careful() => continue,
            Some(stop) => return Err(stop.into_error()),
        }
        if ingest.needs_order {
            drop(ingest);
            let votes = carefully(&mut workbook, |workbook| chosen.scout(workbook))?;
            order = votes.order();
            short_year = Some(votes.short_year());
            order_note = votes.note();
            continue;
        }
        if ingest.points.were_misread() {
            are_thousands = true;
            continue;
        }
        if !looked_again && counts.iter().any(Counts::has_odd_rows) {
            looked_again = true;
            let is_other = carefully(&mut workbook, |workbook| {
                chosen.look_again(workbook, options, &counts)
            })?;
            if is_other {
                continue;
            }
        }
        return finish(input, options, format, &chosen, &counts, ingest, order_note);
    }
}

/// Reads a sheet into what is added up, turned if it must be.
fn chosen_rows(
    workbook: &mut Workbook,
    sheet: &ChosenSheet,
    headings: &Headings,
    ingest: &mut Ingest<'_>,
) -> Result<Counts, Stop> {
    let Some(plan) = sheet.plan.as_ref().filter(|plan| plan.is_needed) else {
        workbook.read(sheet.index, ingest)?;
        return Ok(ingest.finish()?);
    };
    let mut turned = Turned::new(ingest, plan, headings);
    workbook.read(sheet.index, &mut turned)?;
    turned.finish()
}

fn finish(
    input: &Path,
    options: &ReportOptions,
    format: Format,
    chosen: &Chosen,
    counts: &[Counts],
    mut ingest: Ingest<'_>,
    order_note: Option<warnings::OrderNote>,
) -> Result<Summary, ReadError> {
    let sum = |of: fn(&Counts) -> u64| counts.iter().map(of).sum::<u64>();
    if sum(|counts| counts.read) == 0 {
        return Err(ReadError::NoRows {
            sheet: chosen
                .used
                .first()
                .map(|sheet| sheet.info.name.clone())
                .unwrap_or_default(),
        });
    }
    let language = match options.language {
        Language::Auto => chosen.language(),
        language => language,
    };
    let rejected = std::mem::take(&mut ingest.rejected);
    let rejected_by_reason = RejectReason::ALL
        .iter()
        .map(|reason| ReasonCount {
            reason: *reason,
            count: ingest.rejected_by_reason[*reason as usize],
        })
        .filter(|reason| reason.count > 0)
        .collect();
    let first_date = ingest
        .aggregate
        .first
        .and_then(crate::figures::summary::show_date);
    let last_date = ingest
        .aggregate
        .last
        .and_then(crate::figures::summary::show_date);
    let zero_prices = ingest.aggregate.zero_prices;
    let texts = Arc::new(std::mem::take(&mut ingest.texts).into_arena());
    let figures = figures(&mut ingest.aggregate, &texts);
    let file = if options.file_name.is_empty() {
        input
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    } else {
        options.file_name.clone()
    };
    let explanations = chosen.explanations(language, order_note);
    let mut summary = Summary {
        file,
        format,
        language,
        rows_read: sum(|counts| counts.read),
        rows_used: sum(|counts| counts.used),
        rows_rejected: sum(|counts| counts.rejected),
        rows_totals: sum(|counts| counts.totals),
        rows_repeated_headings: sum(|counts| counts.repeated),
        first_date,
        last_date,
        sheets: chosen.summaries(counts, explanations),
        currencies: figures.currencies,
        products: figures.products,
        categories: figures.categories,
        vendors: figures.vendors,
        movers: figures.movers,
        courses: figures.courses,
        history: None,
        rejected_by_reason,
        rejected,
        totals: std::mem::take(&mut ingest.totals),
        warnings: Vec::new(),
    };
    let layouts = chosen.used.iter().map(|sheet| &sheet.layout);
    let reading = warnings::Reading {
        units: layouts
            .clone()
            .map(|layout| layout.times)
            .filter(|times| *times != 1)
            .collect(),
        unused_codes: layouts
            .clone()
            .filter_map(|layout| layout.unused_code.clone())
            .collect(),
        notes: chosen.notes(),
    };
    let other_prices: Vec<String> = layouts
        .flat_map(|layout| layout.other_prices.clone())
        .collect();
    summary.warnings =
        warnings::warnings(&summary, zero_prices, order_note, &other_prices, &reading);
    Ok(summary)
}

/// Reads every cell of the workbook and counts them: what reading costs alone, to hold the
/// cost of a report against.
pub fn count_cells(input: &Path, limits: &Limits) -> Result<u64, ReadError> {
    let (mut workbook, _) = Workbook::open(input, limits)?;
    carefully(&mut workbook, |workbook| {
        let mut count = Count(0);
        for sheet in 0..workbook.sheets().len() {
            workbook.read(sheet, &mut count)?;
        }
        Ok(count.0)
    })
}

struct Count(u64);

impl Cells for Count {
    fn cell(&mut self, _row: u32, _column: u32, _value: Value<'_>) -> Result<(), Stop> {
        self.0 += 1;
        Ok(())
    }
}

/// Does a pass, and once more with the careful reader if the quick one was unsure.
fn carefully<T>(
    workbook: &mut Workbook,
    mut pass: impl FnMut(&mut Workbook) -> Result<T, Stop>,
) -> Result<T, ReadError> {
    loop {
        workbook.begin_pass();
        match pass(workbook) {
            Ok(done) => return Ok(done),
            Err(Stop::Unsure(_)) if workbook.be_careful() => {}
            Err(stop) => return Err(stop.into_error()),
        }
    }
}
