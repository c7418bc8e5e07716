//! From a question to its file.

use std::path::Path;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use model::{Export, ExportOutcome, Format, TemplateName, When};
use query::{About, Database, Limits, Output, QueryError, Question, Template};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::archive_files;
use crate::{Exporter, on_a_thread};

/// How many observations a question may read: a million takes some seconds and 80 MB of the
/// function's temporary storage.
const OBSERVATIONS: u64 = 5_000_000;

/// What an answer's file says of itself without being read.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The rows of the answer.
    rows: u64,
    /// The observations that were read.
    observations: u64,
}

impl Exporter {
    /// Asks a template; the outer error is one that a later try may not have.
    pub(crate) async fn ask(
        &self,
        export: &Export,
        template: &Template,
    ) -> Result<Result<ExportOutcome, QueryError>> {
        let ask = &export.ask;
        // The instant is the question's, not the clock's: a later try asks the same.
        let today = self.timezone.to_datetime(export.slot.instant()).date();
        let question = match template.resolve(&ask.parameters, today, export.slot) {
            Ok(question) => question,
            Err(refused) => return Ok(Err(refused)),
        };
        let keys = archive_files::of_days(&self.files, question.days).await?;
        let digest = template.cache_key(&question, &keys);
        let file = file_key(&digest, &ask.template, ask.format, ask.korean);
        if let Some(note) = self.files.note(&file).await? {
            let note: Note = serde_json::from_str(&note)
                .with_context(|| format!("read what {file} says of itself"))?;
            return Ok(Ok(outcome(ask.when, file, &note, true)));
        }

        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let database = Database::create(&folder.path().join("query.sqlite"), self.timezone.clone());
        let database = match database {
            Ok(database) => database,
            Err(error) => return Ok(Err(error)),
        };
        let read = archive_files::read(&self.files, &keys, database, folder.path(), OBSERVATIONS);
        let database = match read.await? {
            Ok(database) => database,
            Err(error) => return Ok(Err(error)),
        };
        let observations = database.rows();
        info!(export = %export.id, files = keys.len(), observations, "read");
        if observations > OBSERVATIONS {
            let reason = format!(
                "its days have more than {OBSERVATIONS} outcomes; ask for fewer days at once"
            );
            return Ok(Err(QueryError::Failed(reason)));
        }
        let draft = folder.path().join("answer");
        let written = {
            let (to, export, template) = (draft.clone(), export.clone(), template.clone());
            let zone = self.timezone.clone();
            on_a_thread(move || write(database, &export, &template, &question, &zone, &to)).await?
        };
        let (rows, first) = match written {
            Ok(written) => written,
            Err(error) => return Ok(Err(error)),
        };
        // Before the file: where that stands, its first rows do.
        let beside = ExportOutcome::first_rows_key(&file);
        self.files
            .write(&beside, first, Format::Json.media_type())
            .await?;
        let note = Note { rows, observations };
        // An empty answer that nobody wants is kept as well: it is not looked for again.
        let said = serde_json::to_string(&note)?;
        let media_type = ask.format.media_type();
        self.files
            .upload_with_note(&file, &draft, media_type, &said)
            .await?;
        Ok(Ok(outcome(ask.when, file, &note, false)))
    }
}

/// Writes the answer to a file; gives the number of its rows, and the first of them as JSON.
fn write(
    mut database: Database,
    export: &Export,
    template: &Template,
    question: &Question,
    zone: &TimeZone,
    to: &Path,
) -> Result<(u64, Vec<u8>), QueryError> {
    let ask = &export.ask;
    let asked = zone.to_datetime(export.slot.instant());
    let name = ask.template.as_str();
    let about = About::new(name, template, question, asked, ask.korean);
    let mut output = Output::create(to, ask.format, about)?;
    database.answer(template, question, &Limits::default(), &mut output)?;
    let first = serde_json::to_vec(output.first_rows());
    let first = first.map_err(|error| QueryError::Output(error.to_string()))?;
    Ok((output.finish()?, first))
}

fn outcome(when: When, file: String, note: &Note, made_before: bool) -> ExportOutcome {
    if note.rows == 0 && when == When::NotEmpty {
        return ExportOutcome::Empty;
    }
    ExportOutcome::Done {
        file,
        rows: note.rows,
        made_before,
    }
}

/// `exports/questions/<digest>/movers.xlsx`, in Korean `movers.ko.xlsx`: the same question over the
/// same data has the same key.
fn file_key(digest: &str, template: &TemplateName, format: Format, korean: bool) -> String {
    let language = if korean { ".ko" } else { "" };
    let ending = format.extension();
    format!("exports/questions/{digest}/{template}{language}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_answer_is_no_file_where_none_is_wanted() {
        let note = |rows| Note {
            rows,
            observations: 5,
        };
        let of = |when, rows| outcome(when, "f".to_owned(), &note(rows), false);
        assert_eq!(of(When::NotEmpty, 0), ExportOutcome::Empty);
        for (when, rows) in [(When::NotEmpty, 1), (When::Always, 0)] {
            let done = ExportOutcome::Done {
                file: "f".to_owned(),
                rows,
                made_before: false,
            };
            assert_eq!(of(when, rows), done);
        }
    }

    #[test]
    fn format_and_language_have_files_of_their_own() {
        let movers: TemplateName = "movers".parse().unwrap();
        assert_eq!(
            file_key("1f", &movers, Format::Xlsx, true),
            "exports/questions/1f/movers.ko.xlsx"
        );
        assert_eq!(
            file_key("1f", &movers, Format::Json, false),
            "exports/questions/1f/movers.json"
        );
    }

    /// The note is metadata of an object, which has ASCII only.
    #[test]
    fn a_note_is_ascii() {
        let note = Note {
            rows: 1,
            observations: 2,
        };
        let said = serde_json::to_string(&note).unwrap();
        assert_eq!(said, r#"{"rows":1,"observations":2}"#);
    }
}
