//! The environment of a function: read once at start, with an error that names the variable.

use std::str::FromStr;

use anyhow::{Context, Result};

/// The variable `name`; missing or empty is an error.
pub fn required(name: &str) -> Result<String> {
    optional(name).with_context(|| format!("the environment variable {name} is not set"))
}

/// The variable `name`, if it is set and not empty.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variable `name` as a `T`; missing or unreadable is an error.
pub fn parsed<T>(name: &str) -> Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text = required(name)?;
    text.parse()
        .with_context(|| format!("the environment variable {name} is {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = parsed::<u64>("PRICETIDE_NO_SUCH_VARIABLE").unwrap_err();
        assert!(error.to_string().contains("PRICETIDE_NO_SUCH_VARIABLE"));
    }

    #[test]
    fn an_unreadable_variable_is_quoted() {
        let error = format!("{:#}", parsed::<u64>("PATH").unwrap_err());
        assert!(error.contains("PATH"), "{error}");
        assert!(error.contains("invalid digit"), "{error}");
    }
}
