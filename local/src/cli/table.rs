//! Tables for people: columns as wide as what stands in them, Korean counted as wide as it is.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The widest that a column of text becomes.
const WIDEST: usize = 60;

/// Prints rows below their headings; columns whose heading begins with `>` are flush right.
pub(super) fn print(headings: &[&str], rows: &[Vec<String>]) {
    print!("{}", table(headings, rows));
}

fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let titles: Vec<String> = headings
        .iter()
        .map(|heading| heading.trim_start_matches('>').to_owned())
        .collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| cut(cell)).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.width()).max().unwrap_or_default();
        widest.max(titles[column].width())
    };
    let widths: Vec<usize> = (0..titles.len()).map(width).collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            let room = " ".repeat(widths[column].saturating_sub(cell.width()));
            if column > 0 {
                line.push_str("  ");
            }
            if headings[column].starts_with('>') {
                line.push_str(&room);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&room);
            }
        }
        format!("{}\n", line.trim_end())
    };
    let mut table = line(&titles);
    table.extend(rows.iter().map(|row| line(row)));
    table
}

/// One line, no wider than a column becomes, without what a terminal would obey.
fn cut(text: &str) -> String {
    let mut cut = String::new();
    for c in text.chars() {
        let c = if c.is_control() { ' ' } else { c };
        // The last place is the ellipsis's.
        if cut.width() + c.width().unwrap_or_default() >= WIDEST {
            cut.push('…');
            break;
        }
        cut.push(c);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_the_script() {
        let rows = [
            vec!["이어폰".to_owned(), "12,900".to_owned()],
            vec!["Cable\u{1b}[31m".to_owned(), "900".to_owned()],
        ];
        assert_eq!(
            table(&["Name", ">Price"], &rows),
            "Name         Price\n이어폰      12,900\nCable [31m     900\n"
        );
        let long = cut(&"가".repeat(100));
        assert!(long.width() <= WIDEST && long.ends_with('…'), "{long}");
    }
}
