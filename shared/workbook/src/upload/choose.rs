//! Which sheets of an upload are read, and what is known of each before its rows are.

use crate::explain::{Explanation, Note};
use crate::figures::ingest::Counts;
use crate::figures::summary::{ColumnSummary, SheetSummary};
use crate::figures::warnings::OrderNote;
use crate::header::find::{Layout, LongPeek, Peek};
use crate::header::headings::Role;
use crate::header::order::{Scout, Votes};
use crate::read::{SheetInfo, Workbook};
use crate::turn::{Plan, without_year};
use crate::values::cell::{Stop, column_letters};
use crate::{Language, ReadError, ReportOptions};

use super::{copies, names};

/// The sheets of an upload and which of them are read.
pub(super) struct Chosen {
    all: Vec<SheetInfo>,
    pub(super) used: Vec<ChosenSheet>,
    /// Sheets that repeat another one, and which.
    copies: Vec<(usize, String)>,
}

pub(super) struct ChosenSheet {
    pub(super) index: usize,
    pub(super) info: SheetInfo,
    pub(super) layout: Layout,
    pub(super) plan: Option<Plan>,
    /// Its first rows.
    pub(super) peek: Peek,
    /// What was understood of it that a reader would not expect.
    pub(super) notes: Vec<Note>,
}

impl Chosen {
    /// The language of the headings.
    pub(super) fn language(&self) -> Language {
        let headings = self.used.iter().flat_map(|sheet| sheet.layout.headings());
        Language::of(&headings.collect::<String>())
    }

    /// Looks at the whole of the sheets in which lines or headings stand among the rows; says whether
    /// any must be read in another way.
    pub(super) fn look_again(
        &mut self,
        workbook: &mut Workbook,
        options: &ReportOptions,
        counts: &[Counts],
    ) -> Result<bool, Stop> {
        let mut is_other = false;
        for (sheet, counts) in self.used.iter_mut().zip(counts) {
            if !counts.has_odd_rows() || sheet.plan.as_ref().is_some_and(|plan| plan.is_needed) {
                continue;
            }
            let mut long = LongPeek::default();
            workbook.read(sheet.index, &mut long)?;
            let peek = long.finish();
            let (index, is_1904) = (sheet.index, workbook.is_1904());
            let planned = Plan::of(
                &peek,
                Some(&sheet.layout),
                &options.headings,
                &sheet.info.name,
                is_1904,
                || workbook.merges(index),
            )?;
            if let Some((plan, mut layout)) = planned
                && plan.is_needed
            {
                let (outside, before) = (&mut layout.outside, &sheet.layout.outside);
                outside.vendor = outside.vendor.take().or(before.vendor.clone());
                outside.category = outside.category.take().or(before.category.clone());
                sheet.notes.extend(plan.notes());
                (sheet.plan, sheet.layout) = (Some(plan), layout);
                is_other = true;
            }
        }
        Ok(is_other)
    }

    /// What the dates of all used sheets say of their order.
    pub(super) fn scout(&self, workbook: &mut Workbook) -> Result<Votes, Stop> {
        let mut votes = Votes::new(self.language());
        for sheet in &self.used {
            if let Some(mut scout) = Scout::new(&sheet.layout, &mut votes) {
                workbook.read(sheet.index, &mut scout)?;
            }
        }
        Ok(votes)
    }

    /// What was understood of each used sheet, in order.
    pub(super) fn explanations(
        &self,
        language: Language,
        order: Option<OrderNote>,
    ) -> Vec<Explanation> {
        let sheets = self.used.iter();
        sheets
            .map(|sheet| Explanation::of(sheet.parts(), language, order))
            .collect()
    }

    /// What a reader of the figures should know of how the sheets were understood, each with the
    /// names of its sheets.
    pub(super) fn notes(&self) -> Vec<(Note, Vec<String>)> {
        let mut notes: Vec<(Note, Vec<String>)> = Vec::new();
        let copies = self
            .copies
            .iter()
            .map(|(index, of)| (*index, Note::Copy { of: of.clone() }));
        let used = self.used.iter().flat_map(|sheet| {
            let notes = sheet.notes.iter().cloned();
            notes.map(|note| (sheet.index, note))
        });
        for (index, note) in used.chain(copies) {
            let name = self
                .all
                .get(index)
                .map_or("", |sheet| &sheet.name)
                .to_owned();
            match notes.iter_mut().find(|(one, _)| *one == note) {
                Some((_, names)) => names.push(name),
                None => notes.push((note, vec![name])),
            }
        }
        notes
    }

    pub(super) fn summaries(
        &self,
        counts: &[Counts],
        explanations: Vec<Explanation>,
    ) -> Vec<SheetSummary> {
        let mut explanations: Vec<Option<Explanation>> =
            explanations.into_iter().map(Some).collect();
        (0..)
            .zip(&self.all)
            .map(|(index, info)| {
                let used = self
                    .used
                    .iter()
                    .zip(counts)
                    .enumerate()
                    .find(|(_, (sheet, _))| sheet.index == index);
                let explanation = used.and_then(|(at, _)| explanations.get_mut(at)?.take());
                let used = used.map(|(_, used)| used);
                let layout = used.map(|(sheet, _)| &sheet.layout);
                let counts = used.map(|(_, counts)| *counts).unwrap_or_default();
                SheetSummary {
                    name: info.name.clone(),
                    used: used.is_some(),
                    header_row: layout.map(|layout| layout.last_header_row + 1),
                    columns: layout.map(columns).unwrap_or_default(),
                    rows_read: counts.read,
                    rows_used: counts.used,
                    rows_rejected: counts.rejected,
                    explanation,
                }
            })
            .collect()
    }
}

impl ChosenSheet {
    /// Takes note of what its plan and its layout understood.
    fn understand(&mut self) {
        let plan = self.plan.as_ref().filter(|plan| plan.is_needed);
        let mut notes = plan.map(Plan::notes).unwrap_or_default();
        notes.extend(self.layout.notes());
        self.notes.extend(notes);
    }

    fn parts(&self) -> (&Layout, Option<&Plan>, &Peek, &[Note]) {
        let plan = self.plan.as_ref().filter(|plan| plan.is_needed);
        (&self.layout, plan, &self.peek, &self.notes)
    }
}

fn columns(layout: &Layout) -> Vec<ColumnSummary> {
    layout
        .columns
        .iter()
        .map(|(column, role, heading)| ColumnSummary {
            column: column_letters(*column),
            heading: heading.trim().to_owned(),
            role: *role,
        })
        .collect()
}

/// The best sheet with a header and every other sheet of its kind: data goes on over several
/// sheets, and a sheet of another kind is a summary of it. Hidden sheets are
/// read only when no visible one has a header.
pub(super) fn choose(workbook: &mut Workbook, options: &ReportOptions) -> Result<Chosen, Stop> {
    let all = workbook.sheets();
    let mut found: Vec<ChosenSheet> = Vec::new();
    let mut is_empty = true;
    let mut no_year = None;
    for (index, info) in all.iter().enumerate() {
        let mut peek = Peek::default();
        workbook.read(index, &mut peek)?;
        is_empty &= peek.is_empty();
        let is_1904 = workbook.is_1904();
        let mut layout = peek.layout(&options.headings, &info.name, is_1904);
        let planned = Plan::of(
            &peek,
            layout.as_ref(),
            &options.headings,
            &info.name,
            is_1904,
            || workbook.merges(index),
        )?;
        if planned.is_none() && no_year.is_none() {
            let headings = without_year(&peek, &options.headings);
            no_year = headings.map(|headings| ReadError::NoYear {
                sheet: info.name.clone(),
                headings,
            });
        }
        let plan = planned.map(|(plan, turned)| {
            if plan.is_needed {
                layout = Some(turned);
            }
            plan
        });
        if let Some(layout) = layout {
            found.push(ChosenSheet {
                index,
                info: info.clone(),
                layout,
                plan,
                peek,
                notes: Vec::new(),
            });
        }
    }
    if is_empty {
        return Err(ReadError::Empty.into());
    }
    let usable = |visible: bool| {
        found
            .iter()
            .filter(|sheet| sheet.layout.is_usable() && sheet.info.visible == visible)
            .max_by_key(|sheet| (sheet.layout.merit(), std::cmp::Reverse(sheet.index)))
    };
    let Some(best) = usable(true).or_else(|| usable(false)) else {
        return Err(no_year.unwrap_or_else(|| no_header(&found, &all)).into());
    };
    let (best, visible) = (best.layout.clone(), best.info.visible);
    let used = found
        .into_iter()
        .filter(|sheet| sheet.info.visible == visible && best.is_kin(&sheet.layout))
        .collect();
    let mut chosen = Chosen {
        all,
        used,
        copies: Vec::new(),
    };
    chosen.copies = copies::leave_out(workbook, &mut chosen.used)?;
    names::understand(&mut chosen.used);
    for sheet in &mut chosen.used {
        sheet.understand();
    }
    Ok(chosen)
}

fn no_header(found: &[ChosenSheet], all: &[SheetInfo]) -> ReadError {
    let best = found
        .iter()
        .max_by_key(|sheet| (sheet.layout.score(), std::cmp::Reverse(sheet.index)));
    match best {
        Some(sheet) if sheet.layout.has(Role::Price) => ReadError::NoProductColumn {
            sheet: sheet.info.name.clone(),
            headings: sheet.layout.headings(),
        },
        Some(sheet) if sheet.layout.has(Role::Product) || sheet.layout.has(Role::Sku) => {
            ReadError::NoPriceColumn {
                sheet: sheet.info.name.clone(),
                headings: sheet.layout.headings(),
            }
        }
        _ => ReadError::NoHeader {
            sheets: all.iter().map(|sheet| sheet.name.clone()).collect(),
        },
    }
}
