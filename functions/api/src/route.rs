//! A route: its key, who may take it, what it takes and gives, and its handler.

use std::pin::Pin;

use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::access::Access;
use crate::error::ApiError;
use crate::http::{Reply, Request};

/// What a handler gives, later.
pub(crate) type Handled<'a> = Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send + 'a>>;

/// Named schemas.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// One route.
pub(crate) struct Route {
    /// API Gateway's key: `GET /api/products/{id}`.
    pub(crate) key: &'static str,
    /// Who may take it.
    pub(crate) access: Access,
    /// What it does, in a sentence without its full stop.
    pub(crate) summary: &'static str,
    /// The status of its success.
    pub(crate) status: u16,
    /// Its query's parameters.
    pub(crate) query: Option<fn() -> Vec<Parameter>>,
    /// Its body.
    pub(crate) body: Option<Described>,
    /// What it answers.
    pub(crate) answer: Option<Described>,
    /// Whether it takes an `Idempotency-Key`.
    pub(crate) idempotent_by_key: bool,
    pub(crate) handler: for<'a> fn(&'a Api, &'a Request) -> Handled<'a>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Route").field(&self.key).finish()
    }
}

/// A type with a schema.
pub(crate) struct Described {
    /// Its name.
    pub(crate) name: fn() -> std::borrow::Cow<'static, str>,
    /// Adds its schema and those that it needs.
    pub(crate) schemas: fn(&mut Schemas),
}

impl Described {
    fn of<T: ToSchema>() -> Self {
        Self {
            name: T::name,
            schemas: |schemas| {
                schemas.push((T::name().into_owned(), T::schema()));
                T::schemas(schemas);
            },
        }
    }
}

impl Route {
    pub(crate) fn new(
        key: &'static str,
        access: Access,
        summary: &'static str,
        handler: for<'a> fn(&'a Api, &'a Request) -> Handled<'a>,
    ) -> Self {
        Self {
            key,
            access,
            summary,
            status: 200,
            query: None,
            body: None,
            answer: None,
            idempotent_by_key: false,
            handler,
        }
    }

    pub(crate) fn query<T: IntoParams>(mut self) -> Self {
        self.query = Some(|| T::into_params(|| Some(ParameterIn::Query)));
        self
    }

    pub(crate) fn body<T: ToSchema>(mut self) -> Self {
        self.body = Some(Described::of::<T>());
        self
    }

    pub(crate) fn answers<T: ToSchema>(mut self) -> Self {
        self.answer = Some(Described::of::<T>());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn idempotent_by_key(mut self) -> Self {
        self.idempotent_by_key = true;
        self
    }

    /// The method.
    pub(crate) fn method(&self) -> &'static str {
        self.key.split_once(' ').map_or("", |(method, _)| method)
    }

    /// The path, with its parameters in braces.
    pub(crate) fn path(&self) -> &'static str {
        self.key.split_once(' ').map_or("", |(_, path)| path)
    }
}
