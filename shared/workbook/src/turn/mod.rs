//! Tables that are not one price a row: a column a day or a shop, several tables on a sheet, a
//! line that names the category of the rows below it, cells that hold for several rows.
//!
//! [`Plan`] is what the first rows of a sheet say of it; [`Turned`] stands between the reader and
//! [`Ingest`](crate::figures::ingest::Ingest), and hands on each price as a row of its own. A
//! sheet that needs none of it is read without this detour.

mod above;
mod bands;
mod blocks;
mod fill;
mod heading;
mod plan;
mod rows;

pub(crate) use fill::Merge;
pub(crate) use heading::{is_period, is_shop};
pub(crate) use plan::{Plan, without_year};
pub(crate) use rows::Turned;
