//! `/api/templates`: the questions that can be asked.

use futures::{StreamExt, TryStreamExt, stream};
use model::TemplateName;
use query::{Range, Template, Type};
use serde::Serialize;
use store::TemplateFile;
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, Request};

/// How many templates are read at once.
const PARALLEL: usize = 8;
/// How many templates are listed.
const MOST: usize = 300;

/// The query templates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplatesView {
    /// By name.
    templates: Vec<TemplateView>,
}

/// A query template.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateView {
    /// Its name.
    name: TemplateName,
    /// Whether it is an owner's own; otherwise it ships with Pricetide.
    own: bool,
    /// What people see; its name where it cannot be read.
    title: String,
    /// The same in Korean, if the template has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    title_ko: Option<String>,
    /// Its parameters in their order.
    parameters: Vec<ParameterView>,
    /// The days that it reads: `all`, `last 30 days`, `from :from to :to`.
    #[schema(example = "from :from to :to")]
    range: String,
    /// Why it cannot be asked, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Its whole text, of a single template.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A parameter of a template.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParameterView {
    /// Its name.
    name: String,
    /// `text`, `whole` or `date`.
    r#type: &'static str,
    /// What it is without a value; empty is none.
    default: String,
    /// The values that it takes, if they are listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    one_of: Vec<String>,
    /// What it is for.
    about: String,
}

impl TemplateView {
    fn of(name: TemplateName, file: &TemplateFile) -> Self {
        let view = Self {
            title: name.to_string(),
            name,
            own: file.own,
            title_ko: None,
            parameters: Vec::new(),
            range: "all".to_owned(),
            error: None,
            text: None,
        };
        match Template::from_bytes(&file.bytes) {
            Ok(template) => Self {
                title: template.title,
                title_ko: template.title_ko,
                parameters: template.parameters.into_iter().map(parameter).collect(),
                range: match template.range {
                    Range::All => view.range,
                    Range::Last(days) => format!("last {days} days"),
                    Range::Between(from, to) => format!("from :{from} to :{to}"),
                },
                ..view
            },
            Err(error) => Self {
                error: Some(error.to_string()),
                ..view
            },
        }
    }
}

fn parameter(parameter: query::Parameter) -> ParameterView {
    ParameterView {
        name: parameter.name,
        r#type: match parameter.kind {
            Type::Text => "text",
            Type::Whole => "whole",
            Type::Date => "date",
        },
        default: parameter.default,
        one_of: parameter.one_of,
        about: parameter.about,
    }
}

/// The template of a name, or the answer that there is none.
pub(crate) async fn find(api: &Api, name: &TemplateName) -> Result<TemplateFile, ApiError> {
    let found = api.templates.find(name, Template::MAX_BYTES).await?;
    found.ok_or_else(|| {
        let detail = format!("There is no template {name}; GET /api/templates lists them.");
        ApiError::not_found(detail)
    })
}

pub(crate) async fn list(api: &Api, _request: &Request) -> Result<Json<TemplatesView>, ApiError> {
    let mut names = api.templates.names().await?;
    names.truncate(MOST);
    let templates = stream::iter(names)
        .map(|name| async move {
            // One that was removed since it was listed is left out.
            let found = api.templates.find(&name, Template::MAX_BYTES).await?;
            anyhow::Ok(found.map(|file| TemplateView::of(name, &file)))
        })
        .buffered(PARALLEL)
        .try_filter_map(async |view| Ok(view))
        .try_collect()
        .await?;
    Ok(Json(TemplatesView { templates }))
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<TemplateView>, ApiError> {
    let name: TemplateName = request.id("name")?;
    let file = find(api, &name).await?;
    let mut view = TemplateView::of(name, &file);
    view.text = Some(String::from_utf8_lossy(&file.bytes).into_owned());
    Ok(Json(view))
}
