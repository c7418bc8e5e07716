//! The sheet that says how each sheet of the upload was understood.

use super::words::Words;
use crate::Summary;
use crate::explain::Explanation;
use crate::write::{Book, Cell, Heading, WriteError};

pub(super) fn write(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let [place, what, meaning, why] = Explanation::headings(words.language);
    let mut table = book.table(
        words.how_read,
        &[words.sheet, place, what, meaning, why].map(Heading::from),
    )?;
    for (sheet, [place, what, meaning, why]) in summary.how_read() {
        let cells = [sheet, &place, &what, &meaning, &why];
        book.row(&mut table, &cells.map(Cell::Text))?;
    }
    book.end(table)
}
