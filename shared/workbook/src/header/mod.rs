//! Where the table of a sheet is and what its columns hold: the header is found, headings get
//! their roles, and the order of day, month and year is settled over the whole date column.

pub(crate) mod find;
pub(crate) mod headings;
pub(crate) mod order;
