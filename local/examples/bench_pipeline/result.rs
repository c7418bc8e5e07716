//! Figures against targets, as a table and as JSON.

use std::fmt;

use serde_json::{Value, json};

/// What a benchmark found.
#[derive(Debug)]
pub(crate) struct Figures {
    title: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: String,
    value: f64,
    unit: &'static str,
    target: Option<Target>,
}

/// What a figure must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// So much or more.
    AtLeast(f64),
    /// So much or less.
    AtMost(f64),
}

impl Target {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

impl Figures {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            lines: Vec::new(),
        }
    }

    /// A figure with no target.
    pub(crate) fn tell(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.lines.push(Line {
            name: name.into(),
            value,
            unit,
            target: None,
        });
    }

    /// A figure with a target.
    pub(crate) fn hold(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        target: Target,
    ) {
        self.tell(name, value, unit);
        if let Some(line) = self.lines.last_mut() {
            line.target = Some(target);
        }
    }

    /// Whether every target is met.
    pub(crate) fn pass(&self) -> bool {
        self.lines.iter().all(Line::pass)
    }

    pub(crate) fn to_json(&self) -> Value {
        let figures = self.lines.iter().map(|line| {
            let (least, most) = match line.target {
                None => (None, None),
                Some(Target::AtLeast(least)) => (Some(least), None),
                Some(Target::AtMost(most)) => (None, Some(most)),
            };
            json!({
                "name": line.name, "value": line.value, "unit": line.unit,
                "at_least": least, "at_most": most, "pass": line.pass(),
            })
        });
        json!({
            "benchmark": self.title,
            "pass": self.pass(),
            "figures": figures.collect::<Vec<_>>(),
        })
    }
}

impl Line {
    fn pass(&self) -> bool {
        self.target.is_none_or(|target| target.holds(self.value))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.title)?;
        for line in &self.lines {
            write!(f, "  {:44}{:>10.3} {:8}", line.name, line.value, line.unit)?;
            match line.target {
                None => writeln!(f)?,
                Some(target) => {
                    let verdict = if line.pass() { "pass" } else { "FAIL" };
                    match target {
                        Target::AtLeast(least) => writeln!(f, "at least {least:<8} {verdict}")?,
                        Target::AtMost(most) => writeln!(f, "at most  {most:<8} {verdict}")?,
                    }
                }
            }
        }
        Ok(())
    }
}
