//! Sheets that are named after what their rows are of: a sheet a shop, or a sheet a category.

use std::collections::HashSet;

use crate::explain::Note;
use crate::header::headings::Role;
use crate::turn::{is_period, is_shop};

use super::choose::ChosenSheet;

/// Names that programs give, or that say nothing of the rows.
const PLAIN: [&str; 26] = [
    "sheet",
    "시트",
    "data",
    "데이터",
    "가격",
    "목록",
    "list",
    "prices",
    "price",
    "raw",
    "rawdata",
    "result",
    "결과",
    "전체",
    "all",
    "table",
    "표",
    "export",
    "상품",
    "products",
    "main",
    "통합",
    "원본",
    "내역",
    "현황",
    "조사",
];

/// Gives the rows of each sheet the vendor or the category that its name is, if there are several
/// sheets, and no column says so.
pub(super) fn understand(sheets: &mut [ChosenSheet]) {
    let named: Vec<usize> = (0..sheets.len())
        .filter(|at| is_name(&sheets[*at].info.name))
        .collect();
    if named.len() < 2 {
        return;
    }
    let has = |role: Role| {
        sheets.iter().any(|sheet| {
            let outside = &sheet.layout.outside;
            let is_outside = match role {
                Role::Vendor => outside.vendor.is_some(),
                _ => outside.category.is_some(),
            };
            let plan = sheet.plan.as_ref().filter(|plan| plan.is_needed);
            let turned = plan.is_some_and(|plan| plan.tells(role));
            sheet.layout.has(role) || is_outside || turned
        })
    };
    let shops = named
        .iter()
        .filter(|at| is_shop(&sheets[**at].info.name))
        .count();
    let are_shops = shops * 2 >= named.len() || share_products(sheets, &named);
    let role = if are_shops {
        Role::Vendor
    } else {
        Role::Category
    };
    if has(role) {
        return;
    }
    for at in named {
        let sheet = &mut sheets[at];
        let name = Some(sheet.info.name.trim().to_owned());
        match role {
            Role::Vendor => sheet.layout.outside.vendor = name,
            _ => sheet.layout.outside.category = name,
        }
        sheet.notes.push(Note::SheetNames { role });
    }
}

pub(super) fn is_name(name: &str) -> bool {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphabetic())
        .collect();
    !plain.is_empty() && !PLAIN.contains(&plain.as_str()) && !is_period(name)
}

/// Whether most products of the smaller sheets stand on others as well.
fn share_products(sheets: &[ChosenSheet], named: &[usize]) -> bool {
    let products = |at: &usize| -> HashSet<String> {
        let sheet = &sheets[*at];
        let Some(column) = sheet.layout.column_of(Role::Product) else {
            return HashSet::new();
        };
        let rows = sheet
            .peek
            .rows
            .iter()
            .filter(|row| row.row > sheet.layout.last_header_row);
        rows.filter_map(|row| row.cell(column))
            .map(|cell| cell.value().display())
            .collect()
    };
    let all: Vec<HashSet<String>> = named.iter().map(products).collect();
    let Some((first, rest)) = all.split_first() else {
        return false;
    };
    rest.iter().any(|other| {
        let shared = first.intersection(other).count();
        shared > 0 && shared * 2 >= first.len().min(other.len())
    })
}
