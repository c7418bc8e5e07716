//! Why a job ended without a price.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($variant:ident $name:literal $permanent:literal $sentence:literal;)*) => {
        /// The closed set of reasons for which a job can end without a price.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum FailureReason {
            $(#[doc = $sentence] #[serde(rename = $name)] $variant,)*
        }

        impl FailureReason {
            /// Every reason, in the order in which they are listed to people.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in data: `no_price`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The reason of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.name() == name)
            }

            /// A sentence for a person.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// Whether asking the shop again in this run is pointless. A failure that is not
            /// permanent is tried again before it becomes the job's outcome.
            pub fn is_permanent(self) -> bool {
                match self { $(Self::$variant => $permanent,)* }
            }
        }
    };
}

reasons! {
    Gone "gone" true "The shop says that the product no longer exists.";
    Blocked "blocked" true "The shop showed a block or challenge page instead of the product.";
    Ambiguous "ambiguous" true "The page offers several equally good prices.";
    NoPrice "no_price" true "The page shows no price.";
    NotListed "not_listed" true "The shop's list does not name the product this time.";
    UnreadablePrice "unreadable_price" true "What stands where the price should be cannot be read as one.";
    NoCurrency "no_currency" true "A price was found, but not its currency: give the product one.";
    WrongCurrency "wrong_currency" true "The shop's price is in another currency than the product's.";
    RefusedAddress "refused_address" true "The address is not one that Pricetide may fetch.";
    RefusedRequest "refused_request" true "The shop refuses the request.";
    Robots "robots" true "The shop's robots.txt asks not to fetch this page.";
    TooLarge "too_large" true "The answer is larger than the limit.";
    TooManyRedirects "too_many_redirects" true "The shop sends the request on and on.";
    UnreadablePage "unreadable_page" true "The answer is not what the product's source should give.";
    BadProduct "bad_product" true "The product's definition cannot be used.";
    UnknownProduct "unknown_product" true "No such product is known.";
    Timeout "timeout" false "The shop did not answer in time.";
    Unreachable "unreachable" false "The shop could not be reached.";
    ShopError "shop_error" false "The shop answers with an error of its own.";
    Throttled "throttled" false "The shop asks for fewer requests.";
    Quota "quota" false "The source's quota is used up.";
    Internal "internal" false "Something failed on Pricetide's own side.";
    Abandoned "abandoned" true "The job was tried as often as allowed and never finished.";
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failure: its reason, and what exactly was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[error("{reason}: {detail}")]
pub struct Failure {
    /// Which kind of failure.
    pub reason: FailureReason,
    /// What exactly happened, for a person: a status code, the text that is not a price.
    pub detail: String,
}

impl Failure {
    /// The longest detail that is kept, in characters.
    pub const MAX_DETAIL: usize = 300;

    /// A failure; a detail beyond [`Self::MAX_DETAIL`] characters is cut.
    pub fn new(reason: FailureReason, detail: impl Into<String>) -> Self {
        let mut detail: String = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(Self::MAX_DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        Self { reason, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_json_is_the_name_everywhere() {
        for reason in FailureReason::ALL {
            let json = serde_json::to_string(reason).unwrap();
            assert_eq!(json, format!("\"{}\"", reason.name()));
            assert!(reason.sentence().ends_with('.') || reason.sentence().contains(": "));
        }
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        let failure = Failure::new(FailureReason::NoPrice, "가".repeat(1_000));
        assert_eq!(failure.detail.chars().count(), Failure::MAX_DETAIL + 1);
    }
}
