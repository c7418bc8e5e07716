//! JSON-LD as shops write it: scripts, broken or not, to items.

use std::borrow::Cow;

use crate::graph::{Graph, Item, ItemId, MAX_NAME, MAX_TEXT, Value, kept, local_cow};
use crate::html::references;
use crate::json::{self, Document, JsonError, Node, NodeId};
use crate::steps;

/// The items of all of a page's scripts, and what is wrong with the scripts that cannot be read.
pub(crate) fn graph<'a>(scripts: &[&'a str]) -> (Graph<'a>, Vec<JsonError>) {
    let mut graph = Graph::default();
    let mut errors = Vec::new();
    for script in scripts {
        if script.trim().is_empty() {
            continue;
        }
        match read(script) {
            Ok(Script::AsIs(document)) => Loader::new(&mut graph, &document).load(),
            Ok(Script::Unescaped(text)) => match json::parse_lenient(&text) {
                Ok(document) => {
                    let mut own = Graph::default();
                    Loader::new(&mut own, &document).load();
                    absorb(&mut graph, own);
                }
                Err(error) => errors.push(error),
            },
            Err(error) => errors.push(error),
        }
    }
    graph.index();
    (graph, errors)
}

enum Script<'a> {
    AsIs(Document<'a>),
    /// The whole script was written with `&quot;` for quotes.
    Unescaped(String),
}

fn read(script: &str) -> Result<Script<'_>, JsonError> {
    let error = match json::parse_strict(script) {
        Ok(document) => return Ok(Script::AsIs(document)),
        Err(_) => match json::parse_lenient(script) {
            Ok(document) => return Ok(Script::AsIs(document)),
            Err(error) => error,
        },
    };
    if script.contains("&quot;") || script.contains("&#34;") || script.contains("&#x22;") {
        return Ok(Script::Unescaped(references::decode(script).into_owned()));
    }
    Err(error)
}

/// Moves the items of a graph with shorter-lived texts into one that owns them.
fn absorb(graph: &mut Graph<'_>, other: Graph<'_>) {
    fn own<'a>(text: Cow<'_, str>) -> Cow<'a, str> {
        Cow::Owned(text.into_owned())
    }
    let offset = graph.items.len();
    graph.roots.extend(other.roots.iter().map(|id| id + offset));
    for item in other.items {
        graph.items.push(Item {
            types: item.types.into_iter().map(own).collect(),
            id: item.id.map(own),
            properties: item
                .properties
                .into_iter()
                .map(|(name, value)| {
                    let value = match value {
                        Value::Text(text) => Value::Text(own(text)),
                        Value::Number(number) => Value::Number(own(number)),
                        Value::Bool(value) => Value::Bool(value),
                        Value::Item(id) => Value::Item(id + offset),
                    };
                    (own(name), value)
                })
                .collect(),
        });
    }
}

struct Loader<'g, 'd, 'a> {
    graph: &'g mut Graph<'a>,
    document: &'d Document<'a>,
}

impl<'g, 'd, 'a> Loader<'g, 'd, 'a> {
    fn new(graph: &'g mut Graph<'a>, document: &'d Document<'a>) -> Self {
        Self { graph, document }
    }

    fn load(mut self) {
        for &top in &self.document.tops {
            self.top(top);
        }
    }

    /// A value at the top of a script: lists and `@graph` are seen through. The depth is
    /// bounded by the reader's.
    fn top(&mut self, id: NodeId) {
        match self.document.node(id) {
            Node::List(values) => {
                for &value in values {
                    self.top(value);
                }
            }
            Node::Object(members) => {
                let graph = members.iter().find(|(key, _)| key == "@graph");
                if let Some((_, inner)) = graph {
                    self.top(*inner);
                }
                let says_more = members
                    .iter()
                    .any(|(key, _)| !matches!(key.as_ref(), "@graph" | "@context" | "@id"));
                if graph.is_none() || says_more {
                    let item = self.object(members);
                    self.graph.roots.push(item);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, members: &[(Cow<'a, str>, NodeId)]) -> ItemId {
        let mut item = Item::default();
        for (key, value) in members {
            match key.as_ref() {
                "@context" | "@graph" | "@reverse" | "@index" | "@language" => {}
                "@type" | "type" => self.types(*value, &mut item),
                "@id" | "id" => {
                    if let Node::Text(id) = self.document.node(*value)
                        && id.len() <= MAX_TEXT
                    {
                        item.id = Some(id.clone());
                    }
                }
                _ if key.len() > MAX_NAME => {}
                _ => self.property(local_cow(key), *value, &mut item),
            }
        }
        self.graph.add(item)
    }

    fn types(&self, id: NodeId, item: &mut Item<'a>) {
        steps::count(1);
        match self.document.node(id) {
            Node::Text(name) => item.add_type(local_cow(name)),
            Node::List(names) => {
                for &name in names {
                    self.types(name, item);
                }
            }
            _ => {}
        }
    }

    fn property(&mut self, name: Cow<'a, str>, id: NodeId, item: &mut Item<'a>) {
        steps::count(1 + name.len());
        let value = match self.document.node(id) {
            Node::Null => return,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(number) => Value::Number(Cow::Borrowed(number)),
            Node::Text(text) => Value::Text(kept(unescaped(text))),
            Node::List(values) => {
                for &value in values {
                    self.property(name.clone(), value, item);
                }
                return;
            }
            Node::Object(members) => {
                // `{"@value": 12.9}` is the value, `{"@list": […]}` the list.
                let wrapped = members
                    .iter()
                    .find(|(key, _)| matches!(key.as_ref(), "@value" | "@list" | "@set"));
                if let Some((_, inner)) = wrapped {
                    self.property(name, *inner, item);
                    return;
                }
                Value::Item(self.object(members))
            }
        };
        item.properties.push((name, value));
    }
}

/// References do not belong in JSON, but templates leave them there: `Tom &amp; Jerry`.
fn unescaped<'a>(text: &Cow<'a, str>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => references::decode(text),
        Cow::Owned(text) => Cow::Owned(references::decode(text).into_owned()),
    }
}
