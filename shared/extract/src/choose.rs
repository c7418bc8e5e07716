//! The one rule that chooses among a source's prices. The crate's documentation states it.

use std::borrow::Cow;
use std::collections::HashSet;

use model::{Availability, Currency, Decimal, Failure, FailureReason, Variant};

use crate::address::{Match, Pages};
use crate::graph::{Graph, Item, Value};
use crate::prices::{self, OfferFacts, Price, Role};
use crate::products::{Found, Place};
use crate::{Hints, availability};

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
}

/// The price that was chosen.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) amount: Decimal,
    pub(crate) currency: Currency,
    pub(crate) availability: Option<Availability>,
    pub(crate) name: Option<String>,
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
}

/// A source with everything that was found in it.
pub(crate) struct Reading<'r, 'a> {
    pub(crate) graph: &'r Graph<'a>,
    pub(crate) found: &'r Found,
    pub(crate) prices: &'r [Price],
}

impl<'a> Reading<'_, 'a> {
    fn product_of(&self, price: usize) -> usize {
        self.found.offers[self.prices[price].offer].product
    }

    fn product_item(&self, product: usize) -> Option<&Item<'a>> {
        self.found.products[product]
            .item
            .map(|id| &self.graph.items[id])
    }

    fn offer_item(&self, offer: usize) -> &Item<'a> {
        &self.graph.items[self.found.offers[offer].item]
    }

    fn facts(&self, price: usize) -> OfferFacts {
        prices::facts(self.graph, self.found, self.prices[price].offer)
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
        alive: (0..reading.prices.len()).collect(),
        verdicts: vec![""; reading.prices.len()],
    };
    let choice = chooser.run();
    Decision {
        choice,
        verdicts: chooser.verdicts,
    }
}

struct Chooser<'c, 'r, 'a> {
    reading: &'c Reading<'r, 'a>,
    context: &'c Context<'c>,
    hints: &'c Hints<'c>,
    /// The prices that are still in the running.
    alive: Vec<usize>,
    verdicts: Vec<&'static str>,
}

fn weak(reason: FailureReason, detail: impl Into<String>) -> Refusal {
    Refusal::Weak(Failure::new(reason, detail))
}

impl Chooser<'_, '_, '_> {
    fn price(&self, index: usize) -> &Price {
        &self.reading.prices[index]
    }

    /// Drops the prices that `keep` does not want, and notes why.
    fn keep(&mut self, why: &'static str, keep: impl Fn(&Self, usize) -> bool) {
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
        if self.reading.found.too_many {
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
        self.prefer("a new item is offered too", |this, index| {
            !this.reading.facts(index).is_used
        });
        if self.alive.is_empty() {
            return Err(weak(FailureReason::NoPrice, self.why_none(seen)));
        }
        self.drop_unreadable()?;
        self.drop_less_direct();
        self.settle_currency()?;
        self.drop_other_titles();
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
        let pages = &self.context.pages;
        let best = |item: &Item<'_>| names_variant(item, variant, pages);
        let products: Vec<Option<Match>> = (0..reading.found.products.len())
            .map(|index| reading.product_item(index).and_then(best))
            .collect();
        let offers: Vec<Option<Match>> = (0..reading.found.offers.len())
            .map(|index| {
                let offered = reading
                    .graph
                    .linked(reading.found.offers[index].item, "itemOffered")
                    .into_iter()
                    .filter_map(|id| best(&reading.graph.items[id]))
                    .max();
                best(reading.offer_item(index)).max(offered)
            })
            .collect();
        let Some(level) = products.iter().chain(&offers).flatten().copied().max() else {
            let detail = format!("no product on the page has {}", described(variant));
            return Err(weak(FailureReason::NoPrice, detail));
        };
        let by_offer = |this: &Self, index: usize| offers[this.price(index).offer] == Some(level);
        let by_product =
            |this: &Self, index: usize| products[this.reading.product_of(index)] == Some(level);
        let why = "it is not the pinned variant's";
        if self.alive.iter().any(|index| by_offer(self, *index)) {
            self.keep(why, by_offer);
        } else if self.alive.iter().any(|index| by_product(self, *index)) {
            self.keep(why, by_product);
        } else {
            // A variant without an offer of its own has its group's.
            let families: HashSet<usize> = (0..products.len())
                .filter(|index| products[*index] == Some(level))
                .map(|index| reading.found.products[index].family)
                .collect();
            self.keep(why, |this, index| {
                families.contains(&this.reading.product_of(index))
            });
        }
        Ok(())
    }

    /// Keeps the prices of the product that the page is about.
    fn keep_pages_product(&mut self) {
        let reading = self.reading;
        let products = &reading.found.products;
        let places = products.iter().filter(|p| p.place > Place::Aside).count();
        let aside = "it belongs to another product than the page's";
        // One product, standing on its own, needs no evidence.
        if places != 1 || products.len() != 1 {
            let families = self.families();
            self.keep(aside, |this, index| {
                families.contains(&this.reading.product_of(index))
            });
        }
        // The variant whose address is the page's.
        let is_variant = |this: &Self, index: usize| {
            let product = this.reading.product_of(index);
            this.reading.found.products[product].family != product
        };
        if !self.alive.iter().any(|index| is_variant(self, *index)) {
            return;
        }
        self.keep("the variants' own prices count", is_variant);
        let matches: Vec<Option<Match>> = (0..products.len())
            .map(|index| self.match_of(index))
            .collect();
        let of = |this: &Self, index: usize| matches[this.reading.product_of(index)];
        let same = |this: &Self, index: usize| of(this, index) == Some(Match::Same);
        self.prefer("it belongs to another variant than the page's", same);
    }

    /// How well a product's address agrees with the page's.
    fn match_of(&self, product: usize) -> Option<Match> {
        let item = self.reading.product_item(product)?;
        let page = self
            .reading
            .graph
            .linked(
                self.reading.found.products[product].item?,
                "mainEntityOfPage",
            )
            .into_iter()
            .filter_map(|id| self.reading.graph.items[id].id.clone())
            .next();
        let addresses = ["url", "mainEntityOfPage", "@id"]
            .into_iter()
            .filter_map(|name| {
                if name == "@id" {
                    item.id.as_deref().filter(|id| id.starts_with("http"))
                } else {
                    item.text(name)
                }
            });
        let own = addresses
            .chain(page.as_deref())
            .filter_map(|address| self.context.pages.compare(address))
            .max();
        own.or_else(|| {
            let offers = self
                .reading
                .graph
                .linked(self.reading.found.products[product].item?, "offers");
            offers
                .into_iter()
                .filter_map(|id| self.reading.graph.items[id].text("url"))
                .take(16)
                .filter_map(|address| self.context.pages.compare(address))
                .max()
        })
    }

    /// The products of the families that the page is about, by the best evidence there is.
    fn families(&self) -> HashSet<usize> {
        let products = &self.reading.found.products;
        let mut evidence = vec![Evidence::default(); products.len()];
        for (index, product) in products.iter().enumerate() {
            let matched = self.match_of(index);
            let article = self.context.article.is_some_and(|article| {
                self.reading
                    .product_item(index)
                    .is_some_and(|item| has_article(item, article))
            });
            let own = &mut evidence[product.family];
            own.here |= matched.is_some_and(|m| m >= Match::Loose) || article;
            own.elsewhere |= matched == Some(Match::Different);
            own.main |= product.place == Place::Main;
            own.stands |= product.place > Place::Aside;
            own.typed |= product.typed;
        }
        let tiers: [fn(&Evidence) -> bool; 5] = [
            |e| e.here && e.stands,
            |e| e.main,
            |e| e.here,
            |e| e.stands && e.typed && !e.elsewhere,
            |e| e.stands,
        ];
        for (tier, holds) in tiers.into_iter().enumerate() {
            let members: HashSet<usize> = (0..products.len())
                .filter(|index| holds(&evidence[products[*index].family]))
                // A group's other variants may stand aside of the page's own.
                .filter(|index| products[*index].place > Place::Aside || tier == 2)
                .collect();
            // Strong evidence holds even for a product without a price.
            let priced = self
                .alive
                .iter()
                .any(|price| members.contains(&self.reading.product_of(*price)));
            if !members.is_empty() && (tier < 2 || priced) {
                return members;
            }
        }
        HashSet::new()
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

    /// Of several products with different prices, those that the page is named after.
    fn drop_other_titles(&mut self) {
        if self.distinct().len() < 2 || self.hints.variant.is_some() {
            return;
        }
        let families: HashSet<usize> = self
            .alive
            .iter()
            .map(|index| self.reading.found.products[self.reading.product_of(*index)].family)
            .collect();
        if families.len() < 2 {
            return;
        }
        let titles: Vec<String> = self.context.titles.iter().map(|t| folded(t)).collect();
        for title in &titles {
            let named = |this: &Self, index: usize| {
                let product = this.reading.product_of(index);
                let family = this.reading.found.products[product].family;
                [product, family].into_iter().any(|product| {
                    this.reading
                        .product_item(product)
                        .and_then(|item| item.text("name"))
                        .map(folded)
                        .is_some_and(|name| !name.is_empty() && title.contains(&name))
                })
            };
            if self.alive.iter().any(|index| named(self, *index)) {
                self.keep("it belongs to another product than the page's", named);
                return;
            }
        }
    }

    /// The different amounts, with their currencies, in the order in which they stand.
    fn distinct(&self) -> Vec<(Decimal, Option<Currency>)> {
        let mut seen = HashSet::new();
        let mut distinct = Vec::new();
        for &index in &self.alive {
            let price = self.price(index);
            if let Ok(amount) = price.amount {
                if seen.insert((amount.normalize(), price.currency)) {
                    distinct.push((amount, price.currency));
                }
            }
        }
        distinct
    }

    fn settle_amount(&mut self) -> Result<(), Refusal> {
        if let Some(range) = self.range_of_variants() {
            return Err(Refusal::Final(Failure::new(
                FailureReason::Ambiguous,
                range,
            )));
        }
        let distinct = self.distinct();
        let currencies: HashSet<_> = distinct
            .iter()
            .filter_map(|(_, currency)| *currency)
            .collect();
        if distinct.len() > 1 && currencies.len() < 2 && self.are_sellers() {
            // The cheapest seller that has it, else the cheapest.
            self.prefer("its seller cannot deliver", |this, index| {
                availability::can_be_had(this.reading.facts(index).availability)
            });
            let amount = |this: &Self, index: usize| {
                this.price(index).amount.clone().unwrap_or(Decimal::MAX)
            };
            let least = self.alive.iter().map(|index| amount(self, *index)).min();
            self.keep("another seller asks less", |this, index| {
                Some(amount(this, index)) == least
            });
            return Ok(());
        }
        let amounts: HashSet<_> = distinct
            .iter()
            .map(|(amount, _)| amount.normalize())
            .collect();
        if amounts.len() > 1 || currencies.len() > 1 {
            return Err(Refusal::Final(self.ambiguous(&distinct)));
        }
        Ok(())
    }

    fn ambiguous(&self, distinct: &[(Decimal, Option<Currency>)]) -> Failure {
        let shown: Vec<String> = distinct
            .iter()
            .take(10)
            .map(|(amount, currency)| match currency {
                Some(currency) => format!("{amount} {}", currency.code()),
                None => amount.to_string(),
            })
            .collect();
        let more = if distinct.len() > 10 { ", …" } else { "" };
        let detail = format!(
            "{} equally good prices: {}{more}",
            distinct.len(),
            shown.join(", ")
        );
        Failure::new(FailureReason::Ambiguous, detail)
    }

    /// A range of the prices of variants, if that is all that is left.
    fn range_of_variants(&self) -> Option<String> {
        self.alive.iter().find_map(|&index| {
            let price = self.price(index);
            let group = self.reading.found.products[self.reading.product_of(index)].is_group;
            if price.role != Role::Lowest || !group {
                return None;
            }
            let high = self
                .reading
                .prices
                .iter()
                .find(|other| other.offer == price.offer && other.role == Role::Highest)?;
            let (low, high) = (price.amount.as_ref().ok()?, high.amount.as_ref().ok()?);
            (low != high).then(|| format!("the variants cost {low} to {high}; pin one of them"))
        })
    }

    /// Whether the prices left are what several sellers ask for one product, and not those of
    /// several variants.
    fn are_sellers(&self) -> bool {
        let offers: HashSet<usize> = self
            .alive
            .iter()
            .map(|index| self.price(*index).offer)
            .collect();
        let products: HashSet<usize> = self
            .alive
            .iter()
            .map(|index| self.reading.product_of(*index))
            .collect();
        if products.len() != 1 || offers.len() < 2 {
            return false;
        }
        if products
            .iter()
            .any(|product| self.reading.found.products[*product].is_group)
        {
            return false;
        }
        let distinct = |key: &dyn Fn(usize) -> Option<String>| {
            let keys: Vec<_> = offers.iter().filter_map(|offer| key(*offer)).collect();
            (keys.len(), keys.into_iter().collect::<HashSet<_>>().len())
        };
        let (named, different) = distinct(&|offer| self.seller(offer));
        if named == offers.len() && different == named {
            return true;
        }
        let (_, variants) = distinct(&|offer| self.variant_key(offer));
        let aggregated = offers
            .iter()
            .all(|offer| self.reading.found.offers[*offer].aggregate.is_some());
        aggregated && variants < 2
    }

    fn seller(&self, offer: usize) -> Option<String> {
        let item = self.reading.offer_item(offer);
        ["seller", "offeredBy"].iter().find_map(|name| {
            item.values(name).find_map(|value| match value {
                Value::Text(text) => Some(folded(text)),
                Value::Item(id) => {
                    let seller = &self.reading.graph.items[self.reading.graph.resolve(*id)];
                    let name = seller.text("name").or(seller.id.as_deref());
                    name.map(folded)
                }
                _ => None,
            })
        })
    }

    /// What tells an offer's variant from others.
    fn variant_key(&self, offer: usize) -> Option<String> {
        let item = self.reading.offer_item(offer);
        let id = self.reading.found.offers[offer].item;
        let offered = self.reading.graph.linked(id, "itemOffered");
        std::iter::once(item)
            .chain(offered.iter().map(|id| &self.reading.graph.items[*id]))
            .find_map(|item| SKUS.iter().chain(GTINS).find_map(|name| item.text(name)))
            .or_else(|| {
                offered
                    .iter()
                    .find_map(|id| self.reading.graph.items[*id].text("name"))
            })
            .or_else(|| item.text("name"))
            .map(folded)
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
        let name = order
            .into_iter()
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
        })
    }
}

/// What speaks for a family of products being the page's.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five independent observations"
)]
struct Evidence {
    /// A member has the page's address or article number.
    here: bool,
    /// A member has another page's address.
    elsewhere: bool,
    /// The page names it as its main entity.
    main: bool,
    /// It stands on its own.
    stands: bool,
    /// It is a product, and not only something that has offers.
    typed: bool,
}

const SKUS: &[&str] = &["sku", "productID", "identifier", "mpn"];
const GTINS: &[&str] = &[
    "gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn", "ean", "upc",
];

/// Whether an item has this article number.
pub(crate) fn has_article(item: &Item<'_>, article: &str) -> bool {
    SKUS.iter()
        .flat_map(|name| item.values(name))
        .any(|value| match value {
            Value::Text(text) | Value::Number(text) => {
                let text = text.trim();
                let bare = text.rsplit_once(':').map_or(text, |(_, bare)| bare.trim());
                text.eq_ignore_ascii_case(article.trim())
                    || bare.eq_ignore_ascii_case(article.trim())
            }
            _ => false,
        })
}

fn has_gtin(item: &Item<'_>, gtin: &str) -> bool {
    // The same number is written with 8 to 14 digits.
    fn digits(text: &str) -> String {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.trim_start_matches('0').to_owned()
    }
    let wanted = digits(gtin);
    !wanted.is_empty()
        && GTINS
            .iter()
            .chain(&["productID", "identifier", "sku"])
            .flat_map(|name| item.values(name))
            .any(|value| match value {
                Value::Text(text) | Value::Number(text) => {
                    let bare = text
                        .rsplit_once(':')
                        .map_or(text.as_ref(), |(_, bare)| bare);
                    digits(bare) == wanted
                }
                _ => false,
            })
}

/// How well an item is the pinned variant; `None` if it is not.
fn names_variant(item: &Item<'_>, variant: &Variant, pages: &Pages) -> Option<Match> {
    match variant {
        Variant::Sku(sku) => has_article(item, sku).then_some(Match::Same),
        Variant::Gtin(gtin) => has_gtin(item, gtin).then_some(Match::Same),
        Variant::Url(url) => ["url", "@id"]
            .iter()
            .filter_map(|name| {
                let address = if *name == "@id" {
                    item.id.as_deref()
                } else {
                    item.text(name)
                };
                pages.compare_two(address?, url)
            })
            .max()
            .filter(|m| *m == Match::Same),
    }
}

fn described(variant: &Variant) -> String {
    match variant {
        Variant::Sku(sku) => format!("the article number {sku}"),
        Variant::Gtin(gtin) => format!("the GTIN {gtin}"),
        Variant::Url(url) => format!("the address {url}"),
    }
}

/// Text for comparing names: lower case, single spaces.
fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}
