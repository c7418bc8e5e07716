//! What a statement may do: the lists of tables and functions, and the limits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

/// How much a question may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long the statement may run.
    pub time: Duration,
    /// How many rows it may give.
    pub rows: u64,
    /// How much memory SQLite may use in the whole process, in bytes; `None` leaves it as it is.
    pub heap: Option<u64>,
    /// How many values the medians that are being computed may hold together.
    pub median_values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(20),
            rows: 200_000,
            heap: Some(48 << 20),
            median_values: 2_000_000,
        }
    }
}

/// The tables that a statement may read.
pub(crate) const TABLES: [&str; 3] = ["products", "items", "prices"];

/// The functions of SQLite that a statement may call, beside ours. None knows the time, chance,
/// or anything outside its arguments; those that divide or round in binary fractions are not
/// among them.
const FUNCTIONS: [&str; 38] = [
    "abs",
    "coalesce",
    "ifnull",
    "iif",
    "if",
    "nullif",
    "min",
    "max",
    "sum",
    "count",
    "length",
    "lower",
    "upper",
    "substr",
    "substring",
    "trim",
    "ltrim",
    "rtrim",
    "replace",
    "instr",
    "like",
    "glob",
    "group_concat",
    "string_agg",
    "typeof",
    "sign",
    "concat",
    "row_number",
    "rank",
    "dense_rank",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
    "likely",
    "unlikely",
];

/// Ours; see `functions`.
pub(crate) const OWN_FUNCTIONS: [&str; 10] = [
    "mean",
    "median",
    "stddev",
    "percent",
    "local_date",
    "local_time",
    "date_add",
    "days_between",
    "month",
    "weekday",
];

/// What the authorizer refused, for the message.
pub(crate) type Refused = Arc<Mutex<Option<Refusal>>>;

/// A refusal: what it was about, and the word to look for in the statement.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
    pub(crate) word: Option<String>,
}

/// Makes a connection refuse all that is not listed.
pub(crate) fn confine(database: &Connection, limits: &Limits) -> rusqlite::Result<Refused> {
    // Before the authorizer, which refuses pragmas.
    if let Some(heap) = limits.heap {
        database.query_row(&format!("PRAGMA hard_heap_limit = {heap}"), [], |_| Ok(()))?;
    }
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    ] {
        database.set_db_config(config, on)?;
    }
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, 100_000),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 70_000),
        (Limit::SQLITE_LIMIT_COLUMN, 100),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 60),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
        (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 16),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 40),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        database.set_limit(limit, most)?;
    }
    let modules: Vec<String> = database
        .prepare("SELECT name FROM pragma_module_list")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let refused = Refused::default();
    let told = Arc::clone(&refused);
    database.authorizer(Some(move |context: AuthContext<'_>| {
        let Some(refusal) = refusal(&context.action, &modules) else {
            return Authorization::Allow;
        };
        told.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(refusal);
        Authorization::Deny
    }));
    Ok(refused)
}

/// Stops whatever the connection runs at an instant.
pub(crate) fn stop_at(database: &Connection, deadline: Instant) {
    database.progress_handler(1_000, Some(move || Instant::now() >= deadline));
}

fn refusal(action: &AuthAction<'_>, modules: &[String]) -> Option<Refusal> {
    let listed =
        |list: &[&str], name: &str| list.iter().any(|known| known.eq_ignore_ascii_case(name));
    let (reason, word) = match action {
        AuthAction::Select | AuthAction::Recursive => return None,
        AuthAction::Read { table_name, .. } if listed(&TABLES, table_name) => return None,
        // A common table expression of which no column is read, as in `SELECT count(*) FROM n`.
        // What else has a name has one of SQLite's own, or is none of the file's tables.
        AuthAction::Read {
            table_name,
            column_name: "",
        } if !is_of_sqlite(table_name, modules) => return None,
        AuthAction::Read { table_name, .. } => {
            let reason = format!("the table {table_name:?} is none of products, items, prices");
            (reason, Some(*table_name))
        }
        AuthAction::Function { function_name }
            if listed(&FUNCTIONS, function_name) || listed(&OWN_FUNCTIONS, function_name) =>
        {
            return None;
        }
        AuthAction::Function { function_name } => {
            let reason =
                format!("the function {function_name}() is not one that a template may call");
            (reason, Some(*function_name))
        }
        AuthAction::Pragma { .. } => ("PRAGMA is not allowed".to_owned(), Some("PRAGMA")),
        AuthAction::Attach { .. } => ("ATTACH is not allowed".to_owned(), Some("ATTACH")),
        _ => (
            "only one statement that reads, a SELECT, is allowed".to_owned(),
            None,
        ),
    };
    Some(Refusal {
        reason,
        word: word.map(str::to_owned),
    })
}

/// Whether a table is SQLite's own: the schema, statistics, or a module's.
fn is_of_sqlite(table: &str, modules: &[String]) -> bool {
    let lower = table.to_ascii_lowercase();
    lower.starts_with("sqlite_") || lower.starts_with("pragma_") || modules.contains(&lower)
}
