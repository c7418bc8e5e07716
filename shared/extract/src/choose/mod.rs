//! The one rule that chooses among a source's prices. The crate's documentation states it.

mod amount;

use std::borrow::Cow;
use std::collections::HashSet;

use model::{Availability, Currency, Decimal, Failure, FailureReason, Variant};

use crate::address::{Match, Pages};
use crate::graph::{Graph, Item};
use crate::prices::{OfferFacts, Price, Prices, Role};
use crate::products::{Found, Place};
use crate::validity::Validity;
use crate::{Hints, availability, sellers, steps, which};

/// What the page says outside of the source that is being looked at.
#[derive(Debug, Default)]
pub(crate) struct Context<'a> {
    pub(crate) pages: Pages,
    /// The shop's article number of the page's product.
    pub(crate) article: Option<&'a str>,
    /// What the page calls itself, best first.
    pub(crate) titles: Vec<Cow<'a, str>>,
    /// The currency in the page's meta tags.
    pub(crate) currency: Option<Currency>,
    /// The availability in the page's meta tags.
    pub(crate) availability: Option<Availability>,
    /// The amount at the owner's selector, which the sources only complete.
    pub(crate) selected: Option<Decimal>,
}

/// The price that was chosen.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) amount: Decimal,
    pub(crate) currency: Currency,
    pub(crate) availability: Option<Availability>,
    pub(crate) name: Option<String>,
    /// The former or recommended price of the same offer.
    pub(crate) list_price: Option<Decimal>,
    /// What the page's other variants cost, if they were passed over.
    pub(crate) others: Vec<Decimal>,
    /// Whether the price's own time is over.
    pub(crate) has_ended: bool,
    /// The lowest and the highest price of the variants, if the lowest was asked for.
    pub(crate) range: Option<(Decimal, Decimal)>,
}

/// Why a source gives no price.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Another source may give one.
    Weak(Failure),
    /// The page contradicts itself; another source would only be a guess.
    Final(Failure),
}

/// What came of a source: its choice, and for each of its prices why it was not chosen (empty
/// for those that were).
pub(crate) struct Decision {
    pub(crate) choice: Result<Choice, Refusal>,
    pub(crate) verdicts: Vec<&'static str>,
    /// Why the product that the prices belong to is taken for the page's own.
    pub(crate) own: &'static str,
}

/// A source with everything that was found in it.
pub(crate) struct Reading<'r, 'a> {
    pub(crate) graph: &'r Graph<'a>,
    pub(crate) found: &'r Found,
    pub(crate) prices: &'r Prices,
}

impl<'a> Reading<'_, 'a> {
    pub(crate) fn product_of(&self, price: usize) -> usize {
        self.found.offers[self.prices.all[price].offer].product
    }

    pub(crate) fn product_item(&self, product: usize) -> Option<&Item<'a>> {
        self.found.products[product]
            .item
            .map(|id| &self.graph.items[id])
    }

    pub(crate) fn offer_item(&self, offer: usize) -> &Item<'a> {
        &self.graph.items[self.found.offers[offer].item]
    }

    fn facts(&self, price: usize) -> OfferFacts {
        self.prices.facts[self.prices.all[price].offer]
    }
}

/// Chooses among the prices of one source.
pub(crate) fn choose(
    reading: &Reading<'_, '_>,
    context: &Context<'_>,
    hints: &Hints<'_>,
) -> Decision {
    let mut chooser = Chooser {
        reading,
        context,
        hints,
        alive: (0..reading.prices.all.len()).collect(),
        verdicts: vec![""; reading.prices.all.len()],
        pinned: None,
        range: None,
        own: "",
    };
    let choice = chooser.run();
    Decision {
        choice,
        verdicts: chooser.verdicts,
        own: chooser.own,
    }
}

struct Chooser<'c, 'r, 'a> {
    reading: &'c Reading<'r, 'a>,
    context: &'c Context<'c>,
    hints: &'c Hints<'c>,
    /// The prices that are still in the running.
    alive: Vec<usize>,
    verdicts: Vec<&'static str>,
    /// The product that the owner's pin names.
    pinned: Option<usize>,
    /// The lowest and the highest price of variants.
    range: Option<(Decimal, Decimal)>,
    own: &'static str,
}

/// Why a price is dropped whose product is not the page's.
const OTHER_PRODUCT: &str = "it belongs to another product than the page's";
/// Why a price is dropped whose product or offer has another address than the page.
const OTHER_VARIANT: &str = "it belongs to another variant than the page's";
/// Why a price is dropped when the lowest of all variants was asked for.
const NOT_LOWEST: &str = "another variant costs less";
/// Why a price is dropped whose product or offer the owner's pin does not name.
const NOT_PINNED: &str = "it is not the pinned variant's";

fn weak(reason: FailureReason, detail: impl Into<String>) -> Refusal {
    Refusal::Weak(Failure::new(reason, detail))
}

impl Chooser<'_, '_, '_> {
    fn price(&self, index: usize) -> &Price {
        &self.reading.prices.all[index]
    }

    /// Drops the prices that `keep` does not want, and notes why.
    fn keep(&mut self, why: &'static str, keep: impl Fn(&Self, usize) -> bool) {
        steps::count(self.alive.len());
        let (kept, dropped): (Vec<_>, Vec<_>) =
            self.alive.iter().partition(|index| keep(self, **index));
        for index in dropped {
            self.verdicts[index] = why;
        }
        self.alive = kept;
    }

    /// Like [`Self::keep`], but only if anything remains.
    fn prefer(&mut self, why: &'static str, keep: impl Fn(&Self, usize) -> bool) {
        if self.alive.iter().any(|index| keep(self, *index)) {
            self.keep(why, keep);
        }
    }

    fn run(&mut self) -> Result<Choice, Refusal> {
        if self.reading.prices.too_many {
            return Err(Refusal::Final(Failure::new(
                FailureReason::Ambiguous,
                "the page holds more offers than can be told apart",
            )));
        }
        let seen = self.alive.len();
        self.drop_other_roles();
        match self.hints.variant {
            Some(variant) => self.keep_variant(variant)?,
            None => self.keep_pages_product(),
        }
        self.drop_out_of_time();
        self.prefer("a new item is offered too", |this, index| {
            !this.reading.facts(index).is_used
        });
        if self.alive.is_empty() {
            return Err(weak(FailureReason::NoPrice, self.why_none(seen)));
        }
        self.drop_unreadable()?;
        self.settle_currency()?;
        self.drop_less_direct();
        if let Some(selected) = self.context.selected {
            self.prefer("another price stands at the selector", |this, index| {
                this.price(index)
                    .amount
                    .as_ref()
                    .is_ok_and(|amount| *amount == selected)
            });
        }
        self.settle_amount()?;
        self.answer()
    }

    fn why_none(&self, seen: usize) -> String {
        if seen == 0 {
            return "it names no price".to_owned();
        }
        let mut whys: Vec<&str> = self
            .verdicts
            .iter()
            .copied()
            .filter(|v| !v.is_empty())
            .collect();
        whys.sort_unstable();
        whys.dedup();
        format!(
            "none of its {seen} prices is the selling price: {}",
            whys.join("; ")
        )
    }

    fn drop_other_roles(&mut self) {
        for index in std::mem::take(&mut self.alive) {
            let role = self.price(index).role;
            if role.rank().is_some() {
                self.alive.push(index);
            } else {
                self.verdicts[index] = role.why_not();
            }
        }
    }

    /// Keeps the prices of the variant that the owner pinned.
    fn keep_variant(&mut self, variant: &Variant) -> Result<(), Refusal> {
        let reading = self.reading;
        let Some(pinned) = which::pinned(reading, &self.context.pages, variant) else {
            let detail = format!("no product on the page has {}", which::described(variant));
            return Err(weak(FailureReason::NoPrice, detail));
        };
        self.own = "the owner names it";
        self.pinned = pinned.products.iter().position(|named| *named);
        let by_offer = |this: &Self, index: usize| pinned.offers[this.price(index).offer];
        let by_product = |_this: &Self, index: usize| pinned.products[reading.product_of(index)];
        let why = NOT_PINNED;
        if self.alive.iter().any(|index| by_offer(self, *index)) {
            self.keep(why, by_offer);
        } else if self.alive.iter().any(|index| by_product(self, *index)) {
            self.keep(why, by_product);
        } else {
            // A variant without an offer of its own has its group's.
            let products = &reading.found.products;
            let families: HashSet<usize> = (0..products.len())
                .filter(|index| pinned.products[*index])
                .map(|index| products[index].family)
                .collect();
            self.keep(why, |_, index| {
                families.contains(&reading.product_of(index))
            });
        }
        Ok(())
    }

    /// Keeps the prices of the product that the page is about.
    fn keep_pages_product(&mut self) {
        let reading = self.reading;
        let products = &reading.found.products;
        let places = products.iter().filter(|p| p.place > Place::Aside).count();
        let aside = OTHER_PRODUCT;
        let own = which::named_after(reading, &self.context.titles);
        if own.contains(&true) {
            self.own = "the page is named after it";
            // Settled before any price is looked at, and also if that product has none.
            self.keep(aside, |_, index| {
                let product = reading.product_of(index);
                own[product] || own[products[product].family]
            });
            if self.alive.is_empty() {
                return;
            }
        }
        // One product, standing on its own, needs no evidence, but must not be another page's.
        if places == 1 && products.len() == 1 {
            self.own = "it is the only product on the page";
            if self.is_elsewhere() {
                self.keep(aside, |_, _| false);
            }
        } else {
            if self.own.is_empty() {
                self.own = "its address or its place on the page is the page's own";
            }
            let families =
                which::pages_products(reading, self.context, &self.alive, own.contains(&true));
            self.keep(aside, |this, index| {
                families.contains(&this.reading.product_of(index))
            });
        }
        let is_variant = |this: &Self, index: usize| {
            let product = this.reading.product_of(index);
            this.reading.found.products[product].family != product
        };
        if self.alive.iter().any(|index| is_variant(self, *index)) {
            self.keep("the variants' own prices count", is_variant);
            let matches: Vec<Option<Match>> = (0..products.len())
                .map(|index| which::match_of(reading, &self.context.pages, index))
                .collect();
            self.prefer(OTHER_VARIANT, |_, index| {
                matches[reading.product_of(index)] == Some(Match::Same)
            });
        }
        if self.alive.len() > 1 {
            self.prefer(OTHER_VARIANT, |this, index| {
                let item = &reading.graph.items[reading.found.offers[this.price(index).offer].item];
                let address = item.text("url");
                address.and_then(|url| this.context.pages.compare(url)) == Some(Match::Same)
            });
        }
    }

    /// Drops the prices whose time has not come, and those whose time is over where another price of
    /// the same thing holds. Shops forget to renew the date of their only price.
    fn drop_out_of_time(&mut self) {
        self.keep("its time has not come", |this, index| {
            this.price(index).validity != Validity::Coming
        });
        let over = "its time is over";
        let holds = |this: &Self, index: usize| this.price(index).validity == Validity::Holds;
        if sellers::are_one_thing(self.reading, &self.alive) {
            self.prefer(over, holds);
            return;
        }
        let offer = |this: &Self, index: usize| this.price(index).offer;
        let current: HashSet<usize> = self
            .alive
            .iter()
            .filter(|index| holds(self, **index))
            .map(|index| offer(self, *index))
            .collect();
        self.keep(over, |this, index| {
            holds(this, index) || !current.contains(&offer(this, index))
        });
    }

    fn drop_unreadable(&mut self) -> Result<(), Refusal> {
        let first = self
            .alive
            .iter()
            .find_map(|index| self.price(*index).amount.as_ref().err().cloned());
        self.keep("it cannot be read", |this, index| {
            this.price(index).amount.is_ok()
        });
        self.keep("zero stands for no price", |this, index| {
            this.price(index)
                .amount
                .as_ref()
                .is_ok_and(|amount| !amount.is_zero())
        });
        if self.alive.is_empty() {
            return Err(match first {
                Some(failure) => Refusal::Weak(failure),
                None => weak(
                    FailureReason::NoPrice,
                    "it gives 0, which stands for no price",
                ),
            });
        }
        Ok(())
    }

    /// Within each offer, and between an aggregate and the offers in it, only the price that says
    /// it most directly counts.
    fn drop_less_direct(&mut self) {
        let offers = &self.reading.found.offers;
        let aggregates: HashSet<usize> = self
            .alive
            .iter()
            .filter_map(|index| offers[self.price(*index).offer].aggregate)
            .collect();
        self.keep(Role::Lowest.why_not(), |this, index| {
            !aggregates.contains(&this.price(index).offer)
        });
        let mut best = std::collections::HashMap::new();
        for &index in &self.alive {
            let price = self.price(index);
            let rank = best.entry(price.offer).or_insert(price.rank);
            *rank = price.rank.min(*rank);
        }
        self.keep(
            "another price of the offer says so more directly",
            |this, index| {
                let price = this.price(index);
                best.get(&price.offer) == Some(&price.rank)
            },
        );
    }

    fn settle_currency(&mut self) -> Result<(), Refusal> {
        let Some(hint) = self.hints.currency else {
            return Ok(());
        };
        let own = |this: &Self, index: usize| this.price(index).currency;
        let seen = self.alive.iter().find_map(|index| own(self, *index));
        self.keep("it is in another currency", |this, index| {
            own(this, index).is_none_or(|currency| currency == hint)
        });
        // A price that says nothing, beside others in another currency, is in that one.
        self.prefer("it names no currency", |this, index| {
            own(this, index).is_some()
        });
        if self.alive.is_empty() {
            let seen = seen.map_or("another currency", |currency| currency.code());
            let detail = format!("the page's price is in {seen}, not in {}", hint.code());
            return Err(weak(FailureReason::WrongCurrency, detail));
        }
        Ok(())
    }

    /// Whether the only product has an address, its own or its offer's, that is another page's,
    /// and no title names it.
    fn is_elsewhere(&self) -> bool {
        let reading = self.reading;
        let found = which::match_of(reading, &self.context.pages, 0);
        let name = reading.product_item(0).and_then(|item| item.text("name"));
        found == Some(Match::Different)
            && name.map(which::folded).is_some_and(|name| {
                !self
                    .context
                    .titles
                    .iter()
                    .any(|title| which::folded(title).contains(&name))
            })
    }

    fn answer(&mut self) -> Result<Choice, Refusal> {
        let alive = &self.alive;
        let best = alive
            .iter()
            .copied()
            .min_by_key(|index| availability::rank(self.reading.facts(*index).availability));
        let Some(index) = best else {
            return Err(weak(FailureReason::NoPrice, "it names no price"));
        };
        let price = self.price(index);
        let amount = price.amount.clone().map_err(Refusal::Weak)?;
        let named = alive.iter().find_map(|index| self.price(*index).currency);
        let page = named.or(self.context.currency);
        let currency = match (page, self.hints.currency) {
            (Some(page), Some(hint)) if page != hint => {
                let detail = format!(
                    "the page's price is in {}, not in {}",
                    page.code(),
                    hint.code()
                );
                return Err(weak(FailureReason::WrongCurrency, detail));
            }
            (page, hint) => page.or(hint).ok_or_else(|| {
                weak(
                    FailureReason::NoCurrency,
                    format!("{amount} has no currency"),
                )
            })?,
        };
        let product = self.reading.product_of(index);
        let family = self.reading.found.products[product].family;
        // Of several variants at one price no single one is meant.
        let one = alive
            .iter()
            .all(|index| self.reading.product_of(*index) == product);
        let order = if one {
            [product, family]
        } else {
            [family, product]
        };
        let name = self
            .pinned
            .into_iter()
            .chain(order)
            .find_map(|product| self.reading.product_item(product)?.text("name"))
            .or_else(|| self.context.titles.first().map(AsRef::as_ref));
        Ok(Choice {
            amount,
            currency,
            availability: self
                .reading
                .facts(index)
                .availability
                .or(self.context.availability),
            name: name.and_then(crate::tidy_name),
            list_price: sellers::list_price(self.reading, index, amount, currency),
            others: self.amounts_of_others(),
            has_ended: price.validity == Validity::Ended,
            range: self.range,
        })
    }
}
