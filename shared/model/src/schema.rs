//! JSON schemas of the types that are written as text (feature `schema`): ids, instants, units,
//! reasons.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    ExportId, FailureReason, FileId, ItemId, Margin, ProductId, RuleId, RunId, ScheduleName, Slot,
    Tag, TemplateName, Unit,
};

macro_rules! text_schema {
    ($($name:ident $length:literal $pattern:literal $example:literal $description:literal;)*) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .min_length(Some(1))
                        .max_length(Some($length))
                        .pattern(Some($pattern))
                        .examples([$example])
                        .description(Some($description))
                        .into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*
    };
}

text_schema! {
    ProductId 200 r"^[^\s#/]+$" "airpods-pro-2" "The owner's id of a product, at most 200 bytes.";
    ItemId 200 r"^[^\s#/]+$" "airpods-pro" "The id of an item, at most 200 bytes.";
    Tag 60 r"^[^\s#/]+$" "gift" "A word that groups products, at most 60 bytes.";
    RuleId 40 "^[A-Za-z0-9_-]+$" "target" "The id of an alert rule.";
    ScheduleName 40 "^[a-z0-9-]+$" "daily" "The name of a schedule.";
    FileId 64 "^[A-Za-z0-9_-]+$" "0f1e2d3c4b5a69788796a5b4c3d2e1f0" "The id of an upload.";
    ExportId 64 "^[A-Za-z0-9_-]+$" "9b1f2d3c4b5a69788796a5b4c3d2e1f0" "The id of an export.";
    TemplateName 60 "^[a-z0-9-]+$" "price-history" "The name of a query template.";
    RunId 64 "^[a-z0-9-]+@.+$" "daily@2026-11-21T01:15:00Z" "One schedule at one slot.";
}

impl PartialSchema for Slot {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-11-21T01:15:00Z"])
            .description(Some(
                "The instant that a schedule asked for, in whole seconds.",
            ))
            .into()
    }
}

impl ToSchema for Slot {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Slot")
    }
}

impl PartialSchema for FailureReason {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(|reason| reason.name())))
            .description(Some("Why a job ended without a price."))
            .into()
    }
}

impl ToSchema for FailureReason {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("FailureReason")
    }
}

impl PartialSchema for Unit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(|unit| unit.name())))
            .description(Some("What a pack is measured in."))
            .into()
    }
}

impl ToSchema for Unit {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Unit")
    }
}

impl PartialSchema for Margin {
    fn schema() -> RefOr<Schema> {
        let one = |name: &str, description: &str| {
            let number = ObjectBuilder::new()
                .schema_type(Type::String)
                .examples(["5"])
                .description(Some(description));
            ObjectBuilder::new().property(name, number).required(name)
        };
        OneOfBuilder::new()
            .item(one(
                "percent",
                "In percent of the price that is compared with.",
            ))
            .item(one("amount", "In units of the currency."))
            .description(Some("A part of a price, or an amount in its currency."))
            .into()
    }
}

impl ToSchema for Margin {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Margin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_names_every_reason_and_every_unit() {
        let reasons = serde_json::to_value(FailureReason::schema()).unwrap();
        assert_eq!(
            reasons["enum"].as_array().unwrap().len(),
            FailureReason::ALL.len()
        );
        let units = serde_json::to_value(Unit::schema()).unwrap();
        assert_eq!(units["enum"].as_array().unwrap().len(), Unit::ALL.len());
        assert_eq!(ProductId::name(), "ProductId");
    }
}
