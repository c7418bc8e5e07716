//! The jobs of a run with their outcomes, one after the other.
//!
//! Plan and outcomes lie in the same shards, each in the order of the products' ids. They are
//! merged page by page, so that a run of any size takes the memory of a few pages.

use std::collections::VecDeque;

use anyhow::Result;
use model::{Observation, Product, ProductId, RunId};
use store::{Observations, Products, Runs, SHARDS};

/// How many outcomes of a shard are read at a time: with 16 shards, some four megabytes.
const PAGE: u16 = 200;
/// How many jobs are taken together, with the definitions of their products.
const TOGETHER: usize = 100;

/// A job and what came of it.
#[derive(Debug)]
pub(crate) struct EndedJob {
    /// The product.
    pub(crate) product: ProductId,
    /// Its outcome, if there is one.
    pub(crate) outcome: Option<Observation>,
    /// The product's definition of today, if it still has one that can be read.
    pub(crate) definition: Option<Product>,
}

impl EndedJob {
    /// Its outcome, unless its price is still to be confirmed.
    pub(crate) fn settled(&self) -> Option<&Observation> {
        self.outcome.as_ref().filter(|seen| seen.is_settled())
    }

    /// Its settled outcome and the product's definition.
    pub(crate) fn known(&self) -> Option<(&Observation, &Product)> {
        Some((self.settled()?, self.definition.as_ref()?))
    }
}

/// The jobs of a run that are still to come, in the order of their products' ids.
#[derive(Debug)]
pub(crate) struct Jobs<'a> {
    runs: &'a Runs,
    observations: &'a Observations,
    run: &'a RunId,
    shards: Vec<Shard>,
}

impl<'a> Jobs<'a> {
    /// All jobs of a run.
    pub(crate) fn of(runs: &'a Runs, observations: &'a Observations, run: &'a RunId) -> Self {
        Self {
            runs,
            observations,
            run,
            shards: (0..SHARDS).map(Shard::new).collect(),
        }
    }

    /// The next jobs with the definitions of their products; none after the last.
    pub(crate) async fn page(&mut self, products: &Products) -> Result<Vec<EndedJob>> {
        let mut page = Vec::with_capacity(TOGETHER);
        while page.len() < TOGETHER
            && let Some(job) = self.next().await?
        {
            page.push(job);
        }
        let mut stored = products
            .several(page.iter().map(|job| &job.product))
            .await?;
        for job in &mut page {
            let stored = stored.remove(&job.product);
            job.definition = stored.and_then(|stored| stored.definition.ok());
        }
        Ok(page)
    }

    /// The next job.
    async fn next(&mut self) -> Result<Option<EndedJob>> {
        for shard in &mut self.shards {
            shard.fill(self.runs, self.observations, self.run).await?;
        }
        let next = self
            .shards
            .iter_mut()
            .filter(|shard| shard.next().is_some())
            .min_by(|one, other| one.next().cmp(&other.next()));
        Ok(next.and_then(Shard::take))
    }
}

/// What is still to come of a shard.
#[derive(Debug)]
struct Shard {
    number: u8,
    planned: VecDeque<ProductId>,
    /// The page of the plan that is read next; `None` after the last.
    next_page: Option<u32>,
    outcomes: VecDeque<Observation>,
    /// The product of the last outcome that was read.
    read_to: Option<ProductId>,
    all_read: bool,
}

impl Shard {
    fn new(number: u8) -> Self {
        Self {
            number,
            planned: VecDeque::new(),
            next_page: Some(0),
            outcomes: VecDeque::new(),
            read_to: None,
            all_read: false,
        }
    }

    /// Reads on where nothing is left of a page.
    async fn fill(&mut self, runs: &Runs, observations: &Observations, run: &RunId) -> Result<()> {
        while self.planned.is_empty()
            && let Some(page) = self.next_page
        {
            let plan = runs.plan_page(run, self.number, page).await?;
            let more = plan.as_ref().is_some_and(|plan| plan.next.is_some());
            self.next_page = more.then_some(page + 1);
            self.planned
                .extend(plan.into_iter().flat_map(|plan| plan.products));
        }
        if self.outcomes.is_empty() && !self.all_read {
            let page = observations
                .run_page(run, self.number, self.read_to.as_ref(), PAGE)
                .await?;
            self.all_read = page.is_empty();
            self.read_to = page.last().map(|seen| seen.product.clone());
            self.outcomes.extend(page);
        }
        Ok(())
    }

    /// The product of the next job.
    fn next(&self) -> Option<&ProductId> {
        let planned = self.planned.front();
        let ended = self.outcomes.front().map(|seen| &seen.product);
        match (planned, ended) {
            (Some(planned), Some(ended)) => Some(planned.min(ended)),
            (planned, ended) => planned.or(ended),
        }
    }

    fn take(&mut self) -> Option<EndedJob> {
        let product = self.next()?.clone();
        if self.planned.front() == Some(&product) {
            self.planned.pop_front();
        }
        let outcome = self.outcomes.pop_front_if(|seen| seen.product == product);
        Some(EndedJob {
            product,
            outcome,
            definition: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{Failure, FailureReason, Outcome};

    use super::*;

    fn id(text: &str) -> ProductId {
        text.parse().unwrap()
    }

    fn outcome(product: &str) -> Observation {
        Observation {
            product: id(product),
            run: "daily@2026-11-21T01:15:00Z".parse().unwrap(),
            name: product.to_owned(),
            category: None,
            vendor: None,
            fetched_at: Timestamp::UNIX_EPOCH,
            outcome: Outcome::Failure(Failure::new(FailureReason::Gone, "")),
            unconfirmed: None,
            void: None,
            redriving: false,
            previous: None,
        }
    }

    #[test]
    fn planned_jobs_and_outcomes_meet_by_their_product() {
        let mut shard = Shard::new(0);
        shard.planned.extend(["a", "b", "d"].map(id));
        // One outcome is missing, and one is of a job that nobody planned.
        shard.outcomes.extend(["b", "c", "d"].map(outcome));
        let mut seen = Vec::new();
        while let Some(job) = shard.take() {
            seen.push((job.product.to_string(), job.outcome.is_some()));
        }
        let expected = [("a", false), ("b", true), ("c", true), ("d", true)];
        assert_eq!(seen, expected.map(|(id, ended)| (id.to_owned(), ended)));
    }
}
