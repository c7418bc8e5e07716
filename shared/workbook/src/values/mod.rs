//! What stands in a cell, and what it means: numbers, texts, dates, prices, and the row of them
//! that is being read.

pub(crate) mod cell;
pub(crate) mod date;
pub(crate) mod eight;
pub(crate) mod known;
pub(crate) mod labels;
pub(crate) mod number;
pub(crate) mod padded;
pub(crate) mod price;
pub(crate) mod slots;
pub(crate) mod strings;
pub(crate) mod texts;
