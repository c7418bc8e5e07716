//! The small parts of a workbook: which sheets there are, and what its formats make of numbers.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::read::formats::{NumberKind, builtin_kind, kind_of_code};
use crate::read::package::Package;
use crate::read::xml::{Xml, attribute};
use crate::{Limits, Measure, ReadError};

/// The most bytes of a tag or text in one.
const TEXT: u64 = 1 << 20;
/// The most formats of cells that a spreadsheet program writes is 65,490.
const MAX_FORMATS: usize = 200_000;

/// The workbook part and what it refers to.
#[derive(Debug)]
pub(super) struct Workbook {
    pub(super) sheets: Vec<Sheet>,
    pub(super) is_1904: bool,
    pub(super) strings: String,
    pub(super) styles: String,
}

/// A sheet's name and part.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) visible: bool,
}

#[derive(Debug)]
pub(crate) struct Relationship {
    /// The last part of its type: `worksheet`.
    pub(crate) kind: String,
    pub(crate) target: String,
}

/// Runs over the start tags of a small part.
fn each_start(
    package: &Package,
    name: &str,
    mut on: impl FnMut(&[String], &quick_xml::events::BytesStart<'_>),
) -> Result<bool, ReadError> {
    let Some(part) = package.entry(name)? else {
        return Ok(false);
    };
    let mut xml = Xml::new(part, name, TEXT)?;
    let mut path: Vec<String> = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(element) => {
                on(&path, &element);
                if path.len() > 64 {
                    return Err(ReadError::damaged(name, "its elements are nested too deep"));
                }
                let local = element.local_name();
                path.push(local.as_ref().to_owned());
            }
            Event::End(_) => drop(path.pop()),
            Event::Eof => return Ok(true),
            _ => {}
        }
    }
}

pub(crate) fn relationships(
    package: &Package,
    folder: &str,
    file: &str,
) -> Result<Option<HashMap<String, Relationship>>, ReadError> {
    let mut found = HashMap::new();
    let name = format!("{folder}_rels/{file}.rels");
    let exists = each_start(package, &name, |_, element| {
        if element.local_name().as_ref() == "Relationship"
            && let (Some(id), Some(kind), Some(target)) = (
                attribute(element, "Id"),
                attribute(element, "Type"),
                attribute(element, "Target"),
            )
        {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            found.insert(
                id,
                Relationship {
                    kind,
                    target: resolve(folder, &target),
                },
            );
        }
    })?;
    Ok(exists.then_some(found))
}

/// A target relative to a folder, or from the container's root.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(rooted) = target.strip_prefix('/') {
        return rooted.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Reads the workbook part, found through the container's relationships.
pub(super) fn workbook(package: &Package, limits: &Limits) -> Result<Workbook, ReadError> {
    let main = relationships(package, "", "")?
        .and_then(|found| found.into_values().find(|one| one.kind == "officeDocument"))
        .map_or_else(|| "xl/workbook.xml".to_owned(), |one| one.target);
    if !package.has(&main) {
        return Err(ReadError::NotAWorkbook);
    }
    let (folder, file) = main
        .rsplit_once('/')
        .map_or(("", main.as_str()), |(folder, file)| (folder, file));
    let folder = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    let related = relationships(package, &folder, file)?.unwrap_or_default();
    let of_kind = |kind: &str, default: &str| {
        related
            .values()
            .find(|one| one.kind == kind)
            .map_or_else(|| format!("{folder}{default}"), |one| one.target.clone())
    };

    let mut sheets = Vec::new();
    let mut is_1904 = false;
    let mut is_workbook = false;
    each_start(package, &main, |path, element| {
        match element.local_name().as_ref() {
            "sheet" if path.last().is_some_and(|parent| parent == "sheets") => {
                let relation = attribute(element, "id").and_then(|id| related.get(&id));
                if let Some(relation) = relation
                    && relation.kind == "worksheet"
                {
                    sheets.push(Sheet {
                        name: attribute(element, "name").unwrap_or_default(),
                        path: relation.target.clone(),
                        visible: attribute(element, "state").is_none_or(|state| state == "visible"),
                    });
                }
            }
            "workbook" if path.is_empty() => is_workbook = true,
            "workbookPr" => {
                if let Some(value) = attribute(element, "date1904") {
                    is_1904 = matches!(value.as_str(), "1" | "true" | "on");
                }
            }
            _ => {}
        }
    })?;
    if !is_workbook {
        return Err(ReadError::NotAWorkbook);
    }
    if sheets.len() as u64 > limits.sheets {
        return Err(ReadError::TooLarge {
            what: Measure::Sheets,
            limit: limits.sheets,
            place: None,
        });
    }
    Ok(Workbook {
        sheets,
        is_1904,
        strings: of_kind("sharedStrings", "sharedStrings.xml"),
        styles: of_kind("styles", "styles.xml"),
    })
}

/// What the cell formats make of numbers, by their index.
pub(super) fn number_kinds(package: &Package, part: &str) -> Result<Vec<NumberKind>, ReadError> {
    let mut custom: HashMap<u32, NumberKind> = HashMap::new();
    let mut kinds = Vec::new();
    each_start(package, part, |path, element| {
        match element.local_name().as_ref() {
            "numFmt" if path.last().is_some_and(|parent| parent == "numFmts") => {
                if let (Some(id), Some(code)) = (
                    attribute(element, "numFmtId"),
                    attribute(element, "formatCode"),
                ) && let Ok(id) = id.parse()
                {
                    custom.insert(id, kind_of_code(&code));
                }
            }
            "xf" if path.last().is_some_and(|parent| parent == "cellXfs")
                && kinds.len() < MAX_FORMATS =>
            {
                let id = attribute(element, "numFmtId")
                    .and_then(|id| id.parse::<u32>().ok())
                    .unwrap_or(0);
                kinds.push(custom.get(&id).copied().unwrap_or_else(|| builtin_kind(id)));
            }
            _ => {}
        }
    })?;
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_resolved_as_paths() {
        assert_eq!(
            resolve("xl/", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml"
        );
        assert_eq!(
            resolve("xl/", "/xl/worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml"
        );
        assert_eq!(resolve("xl/", "../data/./s.xml"), "data/s.xml");
        assert_eq!(resolve("", "../../s.xml"), "s.xml");
    }
}
