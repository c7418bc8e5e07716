//! What a locale says about how prices are written.

use model::Currency;

/// A BCP 47 or POSIX locale, as far as it concerns prices: `de`, `de-CH`, `pt_BR.UTF-8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locale {
    language: String,
    region: Option<String>,
}

impl Locale {
    /// Reads a locale; `None` for a language whose habits are not known.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim().split(['.', '@']).next().unwrap_or("");
        let mut parts = text.split(['-', '_']);
        let language = parts.next()?.to_ascii_lowercase();
        let region = parts
            .find(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()))
            .map(str::to_ascii_uppercase);
        let locale = Self { language, region };
        locale.decimal_sign()?;
        Some(locale)
    }

    /// The sign before the decimals: `.` or `,` (Unicode CLDR, `decimal`).
    pub(crate) fn decimal_sign(&self) -> Option<char> {
        let region = self.region.as_deref();
        let sign = match self.language.as_str() {
            "de" | "it" | "fr" | "rm" | "gsw" if matches!(region, Some("CH" | "LI")) => '.',
            "es" if matches!(
                region,
                Some("MX" | "US" | "PR" | "GT" | "HN" | "NI" | "SV" | "DO" | "PA" | "PE" | "CU")
            ) =>
            {
                '.'
            }
            "ar" if matches!(region, Some("MA" | "DZ" | "TN" | "LY" | "MR")) => ',',
            "en" | "ko" | "ja" | "zh" | "th" | "he" | "iw" | "hi" | "bn" | "ta" | "te" | "mr"
            | "gu" | "pa" | "kn" | "ml" | "ur" | "ne" | "si" | "my" | "km" | "lo" | "ms"
            | "fil" | "tl" | "ar" | "fa" | "sw" | "ga" | "cy" | "mt" | "mn" | "am" | "yo"
            | "ig" | "ha" | "zu" => '.',
            "de" | "fr" | "es" | "it" | "pt" | "nl" | "pl" | "ru" | "uk" | "be" | "tr" | "sv"
            | "da" | "nb" | "nn" | "no" | "fi" | "is" | "cs" | "sk" | "hu" | "ro" | "bg" | "el"
            | "hr" | "sl" | "sr" | "bs" | "mk" | "sq" | "lt" | "lv" | "et" | "id" | "vi" | "ca"
            | "eu" | "gl" | "az" | "kk" | "ka" | "hy" | "uz" | "af" | "lb" => ',',
            _ => return None,
        };
        Some(sign)
    }

    /// The currency of the locale's region, or of its language where that has one country
    /// that matters for an ambiguous mark.
    pub(crate) fn currency(&self) -> Option<Currency> {
        use Currency as C;
        let by_region = self.region.as_deref().and_then(|region| {
            Some(match region {
                "US" | "PR" | "EC" | "SV" => C::USD,
                "CA" => C::CAD,
                "AU" => C::AUD,
                "NZ" => C::NZD,
                "SG" => C::SGD,
                "HK" => C::HKD,
                "TW" => C::TWD,
                "MO" => C::MOP,
                "MX" => C::MXN,
                "AR" => C::ARS,
                "CL" => C::CLP,
                "CO" => C::COP,
                "UY" => C::UYU,
                "DO" => C::DOP,
                "CU" => C::CUP,
                "NI" => C::NIO,
                "BR" => C::BRL,
                "JP" => C::JPY,
                "CN" => C::CNY,
                "KR" => C::KRW,
                "SE" => C::SEK,
                "NO" => C::NOK,
                "DK" => C::DKK,
                "IS" => C::ISK,
                "GB" => C::GBP,
                "EG" => C::EGP,
                "LB" => C::LBP,
                "SY" => C::SYP,
                "IN" => C::INR,
                "PK" => C::PKR,
                "LK" => C::LKR,
                "NP" => C::NPR,
                "MU" => C::MUR,
                "SC" => C::SCR,
                "CH" | "LI" => C::CHF,
                "SA" => C::SAR,
                "IR" => C::IRR,
                "OM" => C::OMR,
                "QA" => C::QAR,
                "YE" => C::YER,
                "AE" => C::AED,
                "MA" => C::MAD,
                "MD" => C::MDL,
                "RO" => C::RON,
                "PH" => C::PHP,
                "KE" => C::KES,
                "TZ" => C::TZS,
                "UG" => C::UGX,
                "DE" | "FR" | "ES" | "IT" | "NL" | "AT" | "BE" | "FI" | "IE" | "PT" => C::EUR,
                _ => return None,
            })
        });
        by_region.or(match (self.language.as_str(), &self.region) {
            ("ja", None) => Some(C::JPY),
            ("zh", None) => Some(C::CNY),
            ("sv", None) => Some(C::SEK),
            ("nb" | "nn" | "no", None) => Some(C::NOK),
            ("da", None) => Some(C::DKK),
            ("is", None) => Some(C::ISK),
            ("de", None) => Some(C::EUR),
            ("ne", None) => Some(C::NPR),
            ("si", None) => Some(C::LKR),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_read_in_every_spelling() {
        for (text, sign) in [
            ("de", ','),
            ("de-DE", ','),
            ("de_DE.UTF-8", ','),
            ("DE-ch", '.'),
            ("en-US", '.'),
            ("ko", '.'),
            ("zh-Hant-TW", '.'),
            ("es-MX", '.'),
            ("es", ','),
            ("ar-MA", ','),
        ] {
            let locale = Locale::read(text);
            assert_eq!(locale.and_then(|l| l.decimal_sign()), Some(sign), "{text}");
        }
        assert_eq!(Locale::read("tlh"), None);
        assert_eq!(Locale::read(""), None);
    }

    #[test]
    fn a_region_has_a_currency() {
        let currency = |text: &str| Locale::read(text).and_then(|l| l.currency());
        assert_eq!(currency("en-CA"), Some(Currency::CAD));
        assert_eq!(currency("ja"), Some(Currency::JPY));
        assert_eq!(currency("zh-TW"), Some(Currency::TWD));
        assert_eq!(currency("en"), None);
    }
}
