//! The Coupang Partners API: what is asked, how a request is signed, what an answer means.
//!
//! The API has no look-up by product: a product is looked for in a list (a search, the best
//! sellers of a category, the deals of the day), and products that name the same list share one
//! request in a run. Only [`lists`] does I/O:
//!
//! ```text
//! Request::of(&list)  →  url(base), key() for the shared answer
//! authorization(…)    →  the request's Authorization header
//! read(body, now)     →  List, which is shared within the run   (status of success)
//! refused(…)          →  Refusal                                (any other status)
//! offer(&answer, …)   →  the product's offer
//! ```

mod answer;
mod lists;
mod offer;
mod pause;
mod request;
mod sign;

pub(crate) use lists::Coupang;
