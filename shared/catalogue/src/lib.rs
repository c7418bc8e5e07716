//! What a list of all products needs of their histories: one file for the whole catalogue, so that
//! a list of any size costs one read and not one for each product.
//!
//! The file ([`KEY`]) is JSON, compressed, with a line for each product in the order of their ids.
//! A run that closes merges what became of its products into it ([`merge`]), line by line, in the
//! memory of one line. Merging the same run twice changes nothing. The file is a view: the table
//! stays the truth, and whoever lists products takes their definitions from there.

mod merge;
mod row;

pub use merge::{Changes, ViewError, merge, read, write};
pub use row::{Change, Row, Seen, Verdict};

/// The key of the file in the files bucket.
pub const KEY: &str = "views/catalogue.json.gz";

/// How many outcomes of a product are kept: what a small chart shows.
pub const POINTS: usize = 30;
