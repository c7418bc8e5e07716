//! Reads the header of a template: comment lines of the form `-- key: value` above the statement.
//!
//! ```sql
//! -- title: Price history of a product
//! -- title-ko: 상품의 가격 이력
//! -- parameter: product; text; about the product's id
//! -- parameter: from; date; default today - 90
//! -- parameter: show; text; default all; one of all, changes
//! -- range: from :from to :to        (or: last 30 days, all)
//! -- column: price; money currency   (or: text, count, number, percent, date, instant, link)
//! -- totals: yes
//! ```

use crate::template::{Column, Range};
use crate::{Kind, Parameter, Place, QueryError, Template, Type};

/// The names that every template has without declaring them.
const GIVEN: [&str; 2] = ["today", "slot"];

/// Reads the header of a whole template.
pub(crate) fn read(text: &str) -> Result<Template, QueryError> {
    let mut template = Template {
        title: String::new(),
        title_ko: None,
        parameters: Vec::new(),
        range: Range::All,
        columns: Vec::new(),
        totals: false,
        text: text.to_owned(),
    };
    let mut has_range = false;
    for (at, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let Some(comment) = line.strip_prefix("--") else {
            break;
        };
        let Some((key, value)) = comment.split_once(':') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if key.contains(char::is_whitespace) {
            continue;
        }
        let read = match key {
            "title" => some(value).map(|title| template.title = title),
            "title-ko" => some(value).map(|title| template.title_ko = Some(title)),
            "parameter" => parameter(value, &template).map(|new| template.parameters.push(new)),
            "range" if has_range => Err("there is a second range".to_owned()),
            "range" => range(value).map(|range| {
                has_range = true;
                template.range = range;
            }),
            "column" => column(value).map(|new| template.columns.push(new)),
            "totals" => match value {
                "yes" => {
                    template.totals = true;
                    Ok(())
                }
                "no" => Ok(()),
                _ => Err("`totals` is `yes` or `no`".to_owned()),
            },
            other => Err(format!(
                "{other:?} is none of title, title-ko, parameter, range, column, totals"
            )),
        };
        read.map_err(|reason| QueryError::Template {
            place: Place {
                line: at,
                column: 1,
            },
            reason,
        })?;
    }
    check(&template).map_err(|reason| QueryError::Template {
        place: Place { line: 1, column: 1 },
        reason,
    })?;
    Ok(template)
}

fn check(template: &Template) -> Result<(), String> {
    if template.title.is_empty() {
        return Err("there is no line `-- title: …`".to_owned());
    }
    if template.parameters.len() > 20 || template.columns.len() > 60 {
        return Err("there are more than 20 parameters or 60 columns".to_owned());
    }
    if let Range::Between(from, to) = &template.range {
        for name in [from, to] {
            let is_date = |known: &Parameter| known.name == *name && known.kind == Type::Date;
            if !template.parameters.iter().any(is_date) {
                return Err(format!(
                    "the range names :{name}, which is no date parameter"
                ));
            }
        }
    }
    Ok(())
}

fn some(value: &str) -> Result<String, String> {
    if value.is_empty() || value.len() > 200 {
        return Err("1 to 200 bytes of text belong here".to_owned());
    }
    Ok(value.to_owned())
}

fn name(text: &str) -> Result<String, String> {
    let fits = (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit());
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("{text:?} is not a name of a-z, 0-9 and _"))
}

fn parameter(value: &str, known: &Template) -> Result<Parameter, String> {
    let mut parts = value.split(';').map(str::trim);
    let name = name(parts.next().unwrap_or_default())?;
    if GIVEN.contains(&name.as_str()) || known.parameters.iter().any(|p| p.name == name) {
        return Err(format!("the parameter {name:?} is there already"));
    }
    let kind = match parts.next() {
        Some("text") => Type::Text,
        Some("whole") => Type::Whole,
        Some("date") => Type::Date,
        other => {
            let other = other.unwrap_or_default();
            return Err(format!("{other:?} is none of text, whole, date"));
        }
    };
    let mut parameter = Parameter {
        name,
        kind,
        default: String::new(),
        one_of: Vec::new(),
        about: String::new(),
    };
    for part in parts {
        if let Some(default) = part.strip_prefix("default ") {
            default.trim().clone_into(&mut parameter.default);
        } else if let Some(list) = part.strip_prefix("one of ") {
            parameter.one_of = list.split(',').map(|v| v.trim().to_owned()).collect();
        } else if let Some(about) = part.strip_prefix("about ") {
            about.trim().clone_into(&mut parameter.about);
        } else {
            return Err(format!(
                "{part:?} begins with none of default, one of, about"
            ));
        }
    }
    let sample = jiff::civil::date(2026, 11, 21);
    parameter
        .value(None, sample)
        .map_err(|error| error.to_string())?;
    Ok(parameter)
}

fn range(value: &str) -> Result<Range, String> {
    let words: Vec<&str> = value.split_whitespace().collect();
    match words.as_slice() {
        ["all"] => Ok(Range::All),
        ["last", days, "days" | "day"] => match days.parse() {
            Ok(days @ 1..=36_600) => Ok(Range::Last(days)),
            _ => Err(format!("{days:?} is not a number of days")),
        },
        ["from", from, "to", to] => {
            let bare = |text: &str| name(text.strip_prefix(':').unwrap_or_default());
            Ok(Range::Between(bare(from)?, bare(to)?))
        }
        _ => Err("a range is `all`, `last 30 days` or `from :from to :to`".to_owned()),
    }
}

fn column(value: &str) -> Result<Column, String> {
    let (name, kind) = value.split_once(';').ok_or("a column is `name; kind`")?;
    let name = some(name.trim())?;
    let words: Vec<&str> = kind.split_whitespace().collect();
    let (kind, currency) = match words.as_slice() {
        ["money", currency] => (Kind::Money, Some((*currency).to_owned())),
        ["text"] => (Kind::Text, None),
        ["count"] => (Kind::Count, None),
        ["number"] => (Kind::Number, None),
        ["percent"] => (Kind::Percent, None),
        ["date"] => (Kind::Date, None),
        ["instant"] => (Kind::Instant, None),
        ["link"] => (Kind::Link, None),
        _ => {
            return Err(format!(
                "{kind:?} is none of text, count, number, percent, date, instant, link, \
                 money CURRENCY-COLUMN"
            ));
        }
    };
    Ok(Column {
        name,
        kind,
        currency,
    })
}
