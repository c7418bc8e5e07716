//! What the demo chose at its first start, in `demo.json` of its data folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use model::{FileId, RunId, ScheduleName, Slot};
use schedule::{Expression, Schedule};
use serde::{Deserialize, Serialize};

use super::DemoOptions;

/// The schedule of the demo's runs: the one that serverless.yml declares.
const SCHEDULE: &str = "daily";
const EXPRESSION: &str = "cron(15 10 * * ? *)";
const ZONE: &str = "Asia/Seoul";

/// The choices.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    #[serde(skip)]
    path: PathBuf,
    /// The seed of the shop.
    pub(super) seed: u64,
    /// The slots to play, oldest first.
    pub(super) slots: Vec<Slot>,
    /// Where the shop listens.
    pub(super) shop_port: Option<u16>,
    /// The sample workbook's upload.
    pub(super) upload: Option<FileId>,
}

impl State {
    /// The choices of an earlier start, or new ones: the last days before now.
    pub(super) fn load_or_choose(options: &DemoOptions) -> Result<Self> {
        let path = options.data.join("demo.json");
        if path.exists() {
            return Self::load(&path);
        }
        let now = Timestamp::now();
        let from = now - (i64::from(options.days) * 24).hours();
        let schedule = Schedule {
            expression: EXPRESSION.parse::<Expression>()?,
            timezone: zone()?,
            anchor: from,
        };
        let slots = schedule.upcoming(from).take_while(|slot| *slot <= now);
        let state = Self {
            path,
            seed: options.seed,
            slots: slots
                .take(usize::from(options.days))
                .map(Slot::at)
                .collect(),
            shop_port: None,
            upload: None,
        };
        state.save()?;
        Ok(state)
    }

    fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)?;
        let state: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged: remove the data folder", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            ..state
        })
    }

    /// Keeps the choices; whole or not at all.
    pub(super) fn save(&self) -> Result<()> {
        let beside = self.path.with_extension("json.new");
        fs::write(&beside, serde_json::to_vec_pretty(self)?)?;
        fs::rename(&beside, &self.path).with_context(|| format!("write {}", self.path.display()))
    }

    /// The day of the first slot.
    pub(super) fn first_day(&self) -> Result<Date> {
        let first = self.slots.first().context("the demo has no days")?;
        day_of(*first)
    }

    /// The runs, oldest first.
    pub(super) fn runs(&self) -> Result<Vec<RunId>> {
        let schedule = ScheduleName::new(SCHEDULE)?;
        let run = |slot: &Slot| RunId::new(schedule.clone(), *slot);
        Ok(self.slots.iter().map(run).collect())
    }
}

/// The day of a slot where the shop is.
pub(super) fn day_of(slot: Slot) -> Result<Date> {
    Ok(slot.instant().to_zoned(zone()?).date())
}

fn zone() -> Result<TimeZone> {
    Ok(schedule::time_zone(ZONE)?)
}
