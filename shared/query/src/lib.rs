//! Query templates: questions about the history, asked in SQL and answered as files.
//!
//! A [`Template`] is one read-only statement with bound parameters under a header of comments.
//! Its [`Template::resolve`] settles the values of the parameters and the days that it reads; a
//! [`Database`] is filled from the archive's files of those days; [`Database::answer`] runs the
//! statement and gives typed rows to an [`Output`], which writes them as workbook, CSV or JSON.
//!
//! What a template may do is listed, not what it may not: the tables, the functions, the time, the
//! rows ([`Limits`]). [`SCHEMA`] tells people what the tables hold. The crate knows nothing of AWS.

mod answer;
mod cell;
mod database;
mod error;
mod first_rows;
mod functions;
mod guard;
mod header;
mod numbers;
mod output;
mod parameter;
mod shipped;
mod statistics;
mod template;

pub use cell::{Cell, Kind};
pub use database::{Database, SCHEMA};
pub use error::{Place, QueryError};
pub use first_rows::FirstRows;
pub use guard::Limits;
pub use model::Format;
pub use output::{About, Output};
pub use parameter::{Parameter, Type, Value};
pub use shipped::SHIPPED;
pub use template::{Column, Days, Question, Range, Template};

/// The version of the engine: a change that can change an answer raises it, so that no answer of
/// an older engine is given for a newer one's.
pub const ENGINE_VERSION: u32 = 1;
