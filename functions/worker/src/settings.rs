//! How each source is asked (rate limit, concurrency, robots.txt): the defaults, and what the
//! owner sets in their place.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use store::{Quota, Rate};

/// The entry that stands for every source without one of its own.
const EVERY: &str = "*";
/// The source of the Coupang lists.
pub(crate) const COUPANG: &str = "coupang";

/// How one source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceSettings {
    /// How often.
    pub(crate) rate: Rate,
    /// How many requests of one worker at once.
    pub(crate) concurrency: usize,
    /// Whether its robots.txt is honoured.
    pub(crate) robots: bool,
}

/// The owner's settings.
///
/// As JSON, by source (`shop.example`, `shop.example:8443`, `coupang`, `*` for all others):
/// `{"*": {"pace_ms": 2000}, "shop.example": {"calls": 500, "per_seconds": 86400, "robots": false}}`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Settings(HashMap<String, Setting>);

/// What is set for a source; the rest is as for `*`, and else the default.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    pace_ms: Option<u32>,
    concurrency: Option<u16>,
    calls: Option<u16>,
    per_seconds: Option<u32>,
    robots: Option<bool>,
}

impl Settings {
    /// Reads the settings; an empty text sets nothing.
    pub(crate) fn read(json: &str) -> Result<Self> {
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        let settings: Self = serde_json::from_str(json)?;
        for (source, setting) in &settings.0 {
            setting
                .check()
                .with_context(|| format!("the source {source:?}"))?;
        }
        Ok(settings)
    }

    /// How a source is asked. Settings for a host hold for all its ports that have none of their
    /// own.
    pub(crate) fn of(&self, source: &str) -> SourceSettings {
        let host = source.rsplit_once(':').map_or(source, |(host, _)| host);
        let own = self.0.get(source).or_else(|| self.0.get(host));
        let own = own.copied().unwrap_or_default();
        // An API has a limit of its own, which a setting for all shops must not lift.
        let every = self.0.get(EVERY).filter(|_| source != COUPANG);
        let every = every.copied().unwrap_or_default();
        let default = if source == COUPANG {
            COUPANG_DEFAULT
        } else {
            DEFAULT
        };
        let pace = own.pace_ms.or(every.pace_ms);
        let quota = own.quota().or(every.quota());
        SourceSettings {
            rate: Rate {
                pace: pace.map_or(default.rate.pace, |ms| Duration::from_millis(ms.into())),
                quota: quota.or(default.rate.quota),
            },
            concurrency: own
                .concurrency
                .or(every.concurrency)
                .map_or(default.concurrency, usize::from),
            robots: own.robots.or(every.robots).unwrap_or(default.robots),
        }
    }
}

/// One request a second, two at once.
const DEFAULT: SourceSettings = SourceSettings {
    rate: Rate {
        pace: Duration::from_secs(1),
        quota: None,
    },
    concurrency: 2,
    robots: true,
};

/// Nine calls in any hour: accounts are restricted at about ten, whatever the documents say.
const COUPANG_DEFAULT: SourceSettings = SourceSettings {
    rate: Rate {
        pace: Duration::ZERO,
        quota: Some(Quota {
            calls: 9,
            per: Duration::from_hours(1),
        }),
    },
    concurrency: 1,
    robots: false,
};

impl Setting {
    fn check(self) -> Result<()> {
        ensure!(
            self.calls.is_some() == self.per_seconds.is_some(),
            "calls and per_seconds belong together"
        );
        ensure!(
            self.calls.is_none_or(|calls| (1..=1_000).contains(&calls)),
            "calls is 1 to 1000: for more, set pace_ms"
        );
        ensure!(self.concurrency != Some(0), "concurrency is at least 1");
        Ok(())
    }

    fn quota(self) -> Option<Quota> {
        Some(Quota {
            calls: self.calls?,
            per: Duration::from_secs(self.per_seconds?.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_settings_a_shop_is_asked_once_a_second_and_coupang_nine_times_an_hour() {
        let settings = Settings::read("").unwrap();
        assert_eq!(settings.of("shop.example"), DEFAULT);
        assert_eq!(settings.of(COUPANG), COUPANG_DEFAULT);
    }

    #[test]
    fn a_source_of_its_own_goes_before_every_source() {
        let settings = Settings::read(
            r#"{"*": {"pace_ms": 0, "concurrency": 8},
                "shop.example": {"robots": false, "calls": 5, "per_seconds": 60},
                "shop.example:8443": {"pace_ms": 3000}}"#,
        )
        .unwrap();
        let every = settings.of("other.example");
        assert!(every.rate.is_free() && every.concurrency == 8 && every.robots);
        let own = settings.of("shop.example:80");
        assert_eq!(own.rate.quota.unwrap().calls, 5);
        assert!(!own.robots && own.concurrency == 8);
        let port = settings.of("shop.example:8443");
        assert_eq!(
            (port.rate.pace, port.robots),
            (Duration::from_secs(3), true)
        );
        assert_eq!(settings.of(COUPANG), COUPANG_DEFAULT);
    }

    #[test]
    fn a_setting_that_means_nothing_is_named() {
        for (json, named) in [
            (r#"{"a": {"calls": 5}}"#, "belong together"),
            (r#"{"a": {"calls": 0, "per_seconds": 1}}"#, "1 to 1000"),
            (r#"{"a": {"concurrency": 0}}"#, "at least 1"),
            (r#"{"a": {"speed": 5}}"#, "speed"),
            (r#"{"a": {"pace_ms": -5}}"#, "-5"),
            ("[]", "map"),
        ] {
            let error = format!("{:#}", Settings::read(json).unwrap_err());
            assert!(error.contains(named), "{json}: {error}");
        }
    }
}
