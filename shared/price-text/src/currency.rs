//! The marks by which people name currencies: symbols, abbreviations, words and ISO codes.

use model::Currency;

use crate::locale::Locale;

/// A mark that stands for a currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    /// The currencies it may stand for.
    pub(crate) currencies: &'static [Currency],
    /// The one it stands for when nothing says otherwise; `None` where that would be a guess.
    pub(crate) usual: Option<Currency>,
    /// Whether it counts hundredths (`99 ¢`).
    pub(crate) hundredths: bool,
}

macro_rules! lists {
    ($($name:ident: $($code:ident)+;)*) => {
        $(const $name: &[Currency] = &[$(Currency::$code),+];)*
    };
}

lists! {
    DOLLARS: USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP BRL UYU DOP JMD TTD BBD BSD BZD BMD
        KYD XCD FJD GYD LRD NAD SBD SRD BND NIO CUP MOP;
    YEN: JPY CNY;
    YUAN: CNY TWD HKD MOP;
    KRONOR: SEK NOK DKK ISK;
    POUNDS: GBP EGP LBP SYP GIP FKP SHP SDG SSP;
    RUPEES: INR PKR LKR NPR MUR SCR;
    FRANCS: CHF XOF XAF XPF DJF GNF KMF RWF BIF CDF;
    RIALS: SAR IRR OMR QAR YER;
    DINARS: RSD KWD BHD JOD IQD DZD TND LYD MKD;
    DIRHAMS: AED MAD;
    LEI: RON MDL;
    LEVA: BGN;
    PESOS: MXN ARS CLP COP UYU DOP CUP PHP;
    WON: KRW KPW;
    PULAS: PHP BWP;
    HRYVNIA: UAH;
    CENTS: USD EUR CAD AUD NZD SGD;
}

/// A symbol or word; the longest stand first where one begins another. A `word` needs a border
/// on both sides, so that `kr` is not found in `kraft`, and is found in any case unless it has
/// capitals here.
struct Entry {
    text: &'static str,
    word: bool,
    mark: Mark,
}

macro_rules! entries {
    ($($kind:ident $($text:literal)+ => $list:tt;)*) => {
        &[$($(Entry {
            text: $text,
            word: entries!(@word $kind),
            mark: Mark {
                currencies: entries!(@list $list),
                usual: entries!(@usual $list),
                hundredths: entries!(@hundredths $kind),
            },
        },)+)*]
    };
    (@word symbol) => { false };
    (@word word) => { true };
    (@word cents) => { true };
    (@word centsign) => { false };
    (@hundredths symbol) => { false };
    (@hundredths word) => { false };
    (@hundredths cents) => { true };
    (@hundredths centsign) => { true };
    (@list [$code:ident]) => { &[Currency::$code] };
    (@list ($list:ident, $usual:ident)) => { $list };
    (@list $list:ident) => { $list };
    (@usual [$code:ident]) => { Some(Currency::$code) };
    (@usual ($list:ident, $usual:ident)) => { Some(Currency::$usual) };
    (@usual $list:ident) => { None };
}

static ENTRIES: &[Entry] = entries! {
    // Dollars with their country before the sign.
    symbol "US$" "U$S" "US $" "U.S.$" => [USD];
    symbol "CA$" "CAN$" "CDN$" "C$" => [CAD];
    symbol "AU$" "A$" => [AUD];
    symbol "NZ$" => [NZD];
    symbol "SG$" "S$" => [SGD];
    symbol "HK$" => [HKD];
    symbol "NT$" "TW$" => [TWD];
    symbol "MX$" "Mex$" => [MXN];
    symbol "AR$" => [ARS];
    symbol "CLP$" "CL$" => [CLP];
    symbol "COP$" "COL$" => [COP];
    symbol "RD$" => [DOP];
    symbol "J$" => [JMD];
    symbol "TT$" => [TTD];
    symbol "$U" => [UYU];
    symbol "MOP$" => [MOP];
    symbol "R$" => [BRL];
    symbol "$" "﹩" => DOLLARS;
    // Signs.
    symbol "€" => [EUR];
    symbol "₩" => (WON, KRW);
    symbol "CN¥" => [CNY];
    symbol "JP¥" => [JPY];
    symbol "¥" => YEN;
    symbol "£E" "E£" => [EGP];
    symbol "£" => (POUNDS, GBP);
    symbol "₹" => [INR];
    symbol "₨" => (RUPEES, INR);
    symbol "₺" => [TRY];
    symbol "₽" => [RUB];
    symbol "₴" => [UAH];
    symbol "₫" => [VND];
    symbol "฿" => [THB];
    symbol "₪" => [ILS];
    symbol "₱" => [PHP];
    word "P" => (PULAS, PHP);
    symbol "₦" => [NGN];
    symbol "₡" => [CRC];
    symbol "₲" => [PYG];
    symbol "₵" => [GHS];
    symbol "₸" => [KZT];
    symbol "₼" => [AZN];
    symbol "₾" => [GEL];
    symbol "৳" => [BDT];
    symbol "₭" => [LAK];
    symbol "₮" => [MNT];
    symbol "៛" => [KHR];
    symbol "֏" => [AMD];
    symbol "﷼" => (RIALS, SAR);
    symbol "؋" => [AFN];
    symbol "S/." "S/" => [PEN];
    symbol "B/." => [PAB];
    // Arabic abbreviations.
    symbol "ر.س" "ريال سعودي" => [SAR];
    symbol "د.إ" "درهم إماراتي" => [AED];
    symbol "د.ك" => [KWD];
    symbol "د.ب" => [BHD];
    symbol "ر.ع" => [OMR];
    symbol "ر.ق" => [QAR];
    symbol "ج.م" "جنيه" => [EGP];
    symbol "د.م" => [MAD];
    symbol "د.ت" => [TND];
    symbol "د.ج" => [DZD];
    symbol "د.ا" => [JOD];
    symbol "د.ع" => [IQD];
    symbol "ریال" => [IRR];
    symbol "ريال" => (RIALS, SAR);
    symbol "درهم" => (DIRHAMS, AED);
    // Chinese, Japanese and Thai words; none of them needs a border.
    symbol "人民币" "人民幣" => [CNY];
    symbol "新台幣" "新臺幣" "台幣" "臺幣" "台币" => [TWD];
    symbol "港元" "港幣" "港币" => [HKD];
    symbol "日元" "日圓" "日幣" "日币" => [JPY];
    symbol "美元" "美金" => [USD];
    symbol "欧元" "歐元" => [EUR];
    symbol "英镑" "英鎊" => [GBP];
    symbol "韩元" "韓元" => [KRW];
    symbol "ドル" => [USD];
    symbol "ユーロ" => [EUR];
    symbol "ウォン" => [KRW];
    symbol "円" => [JPY];
    symbol "元" "圆" "圓" => (YUAN, CNY);
    symbol "บาท" => [THB];
    // Korean words; the reader splits the counting words from them.
    symbol "대한민국 원" "한국 원" "원화" => [KRW];
    symbol "미국 달러" "미 달러" => [USD];
    symbol "일본 엔" "엔화" => [JPY];
    symbol "유로화" => [EUR];
    symbol "위안화" => [CNY];
    symbol "유로" => [EUR];
    symbol "달러" => [USD];
    symbol "위안" => [CNY];
    symbol "파운드" => [GBP];
    symbol "원" => [KRW];
    symbol "엔" => [JPY];
    // Hundredths.
    centsign "¢" => CENTS;
    cents "cents" "cent" "ct" "cts" => CENTS;
    cents "pence" => [GBP];
    // Words and abbreviations.
    word "euros" "euro" => [EUR];
    word "us dollars" "us dollar" => [USD];
    word "dollars" "dollar" => DOLLARS;
    word "pounds" "pound" => (POUNDS, GBP);
    word "korean won" => [KRW];
    word "won" => (WON, KRW);
    word "yen" => [JPY];
    word "yuan" "rmb" => [CNY];
    word "rupees" "rupee" "rs" => (RUPEES, INR);
    word "kč" "kc" => [CZK];
    word "zł" "zl" "złotych" "złote" => [PLN];
    word "kr" "kronor" "kroner" "krona" "krone" => KRONOR;
    word "ft" => [HUF];
    word "lei" "leu" => (LEI, RON);
    word "лв" => (LEVA, BGN);
    word "руб" "рублей" "рубля" "рубль" "р" => [RUB];
    word "грн" "гривень" => (HRYVNIA, UAH);
    word "тг" "тенге" => [KZT];
    word "дин" "din" "dinara" => (DINARS, RSD);
    word "ден" => [MKD];
    word "KM" => [BAM];
    word "tl" => [TRY];
    word "sfr" "fr" "franken" => (FRANCS, CHF);
    word "fcfa" "cfa" => [XOF];
    word "francs" "franc" => FRANCS;
    word "rp" => [IDR];
    word "rm" => [MYR];
    word "đ" "vnđ" "đồng" => [VND];
    word "tk" => [BDT];
    word "R" => [ZAR];
    word "ksh" => [KES];
    word "tsh" => [TZS];
    word "ush" => [UGX];
    word "nis" => [ILS];
    word "dh" "dhs" => (DIRHAMS, AED);
    word "SR" => [SAR];
    word "QR" => [QAR];
    word "KD" => [KWD];
    word "BD" => [BHD];
    word "LE" => [EGP];
    word "DT" => [TND];
    word "DA" => [DZD];
    word "Bs" => [BOB];
    word "Gs" => [PYG];
    word "pesos" "peso" => PESOS;
    word "reais" "real" => [BRL];
    word "baht" => [THB];
};

/// ISO codes that are English words as well: in front of a number (`TOP 10`) they say nothing.
const CODES_THAT_ARE_WORDS: [&str; 6] = ["ALL", "TOP", "CUP", "PEN", "MOP", "MAD"];

/// The lower-case ISO codes that people do write.
const LOWER_CASE_CODES: [&str; 18] = [
    "eur", "usd", "gbp", "krw", "jpy", "cny", "chf", "pln", "czk", "huf", "sek", "nok", "dkk",
    "aud", "cad", "inr", "ron", "uah",
];

/// The mark at the beginning of `rest`, and its length in bytes. `before` is the character in
/// front of it.
pub(crate) fn mark_at(rest: &str, before: Option<char>) -> Option<(Mark, usize)> {
    let border_before = before.is_none_or(|c| !c.is_alphabetic());
    for entry in ENTRIES {
        if entry.word && !border_before {
            continue;
        }
        let Some(length) = prefix_length(rest, entry.text, entry.word) else {
            continue;
        };
        let letters = entry.text.starts_with(|c: char| c.is_ascii_alphabetic());
        if letters && !border_before {
            continue;
        }
        let after = rest[length..].chars().next();
        if entry.word && after.is_some_and(char::is_alphabetic) {
            continue;
        }
        return Some((entry.mark, length));
    }
    if !border_before {
        return None;
    }
    iso_code_at(rest)
}

/// The length of the prefix of `rest` that is `text`, for words in any case.
fn prefix_length(rest: &str, text: &str, any_case: bool) -> Option<usize> {
    if rest.starts_with(text) {
        return Some(text.len());
    }
    if !any_case {
        return None;
    }
    let mut length = 0;
    let mut actual = rest.chars();
    for expected in text.chars() {
        let c = actual.next()?;
        if !c.to_lowercase().eq(std::iter::once(expected)) {
            return None;
        }
        length += c.len_utf8();
    }
    Some(length)
}

fn iso_code_at(rest: &str) -> Option<(Mark, usize)> {
    let code = rest.get(..3)?;
    if rest[3..].chars().next().is_some_and(char::is_alphabetic) {
        return None;
    }
    if code.bytes().all(|b| b.is_ascii_uppercase()) {
        let word = CODES_THAT_ARE_WORDS.contains(&code);
        let number_follows = rest[3..]
            .trim_start()
            .starts_with(|c: char| c.is_ascii_digit());
        if word && number_follows {
            return None;
        }
    } else if !LOWER_CASE_CODES.contains(&code.to_ascii_lowercase().as_str()) {
        return None;
    }
    let currency = code_of(&code.to_ascii_uppercase())?;
    Some((single(currency), 3))
}

/// The currency of an upper-case code, codes that are no longer or never were ISO's included.
fn code_of(code: &str) -> Option<Currency> {
    match code {
        "RUR" => Some(Currency::RUB),
        "NTD" => Some(Currency::TWD),
        "RMB" => Some(Currency::CNY),
        "NIS" => Some(Currency::ILS),
        // Not money that anything is sold for.
        "XXX" | "XTS" | "XDR" => None,
        _ => Currency::from_code(code),
    }
}

fn single(currency: Currency) -> Mark {
    // One static slice for each currency would be a table of 180; the mark of a code needs
    // only its usual currency.
    Mark {
        currencies: &[],
        usual: Some(currency),
        hundredths: false,
    }
}

impl Mark {
    /// The currencies the mark may stand for.
    pub(crate) fn candidates(&self) -> Vec<Currency> {
        if self.currencies.is_empty() {
            self.usual.into_iter().collect()
        } else {
            self.currencies.to_vec()
        }
    }

    /// Whether the mark may stand for `currency`.
    pub(crate) fn allows(&self, currency: Currency) -> bool {
        self.usual == Some(currency) || self.currencies.contains(&currency)
    }

    /// The currency it stands for: by the locale where that is one of those it may mean, else
    /// the usual one.
    pub(crate) fn settle(&self, locale: Option<&Locale>) -> Option<Currency> {
        if self.currencies.len() == 1 {
            return self.currencies.first().copied();
        }
        locale
            .and_then(Locale::currency)
            .filter(|currency| self.allows(*currency))
            .or(self.usual)
    }
}

impl Mark {
    /// The currency that it most often is in a column of prices, where a column or a heading that
    /// names one counts before it.
    pub(crate) fn in_a_column(&self) -> Option<Currency> {
        self.settle(None).or(match self.currencies {
            DOLLARS => Some(Currency::USD),
            YEN => Some(Currency::JPY),
            YUAN => Some(Currency::CNY),
            _ => None,
        })
    }
}

/// The currency that a sign, a word or an ISO 4217 code alone stands for in a workbook: in a
/// heading, a column of currencies or a number format.
///
/// In a heading `All` or `Top` would be currencies, `kg` is near `Kč`, and a pound is a weight: a
/// code is written in one case, and an abbreviation of one or two Latin letters is none here.
pub fn in_a_workbook(text: &str) -> Option<ColumnMark> {
    let text = text.trim();
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    // The backslash of a Korean keyboard is printed as a won sign.
    if text == "\\" {
        return Some(ColumnMark {
            currency: Currency::KRW,
            is_shared: true,
        });
    }
    let letters = text.bytes().all(|b| b.is_ascii_alphabetic());
    if letters && text.len() == 3 {
        let one_case = text.bytes().all(|b| b.is_ascii_uppercase())
            || text.bytes().all(|b| b.is_ascii_lowercase());
        let currency =
            code_of(&text.to_ascii_uppercase()).filter(|currency| !currency.is_special());
        if let Some(currency) = currency.filter(|_| one_case) {
            return Some(ColumnMark::certain(currency));
        }
    }
    if letters && (text.len() < 3 || ["pound", "pounds", "real", "cent", "cents"].contains(&text)) {
        return None;
    }
    let normal = crate::lexer::normalise(text);
    let (mark, length) = mark_at(&normal, None)?;
    let whole = normal[length..].trim_matches(['.', ' ']).is_empty() && !mark.hundredths;
    whole.then(|| ColumnMark::of(&[mark], None)).flatten()
}

/// A currency as a sign, a word or a code beside a price of a workbook names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnMark {
    /// The currency.
    pub currency: Currency,
    /// Whether several currencies have the mark (`$`): what a column names counts before it.
    pub is_shared: bool,
}

impl ColumnMark {
    fn certain(currency: Currency) -> Self {
        Self {
            currency,
            is_shared: false,
        }
    }

    /// What several marks of one price say together: `$12.99 CAD` is certainly Canadian. `known`
    /// is what the column says; where the marks allow it, it is meant.
    pub(crate) fn of(marks: &[Mark], known: Option<Currency>) -> Option<Self> {
        let (first, others) = marks.split_first()?;
        let mut possible = first.candidates();
        possible.retain(|currency| others.iter().all(|mark| mark.allows(*currency)));
        if let [only] = possible[..] {
            return Some(Self::certain(only));
        }
        let known = known.filter(|known| possible.contains(known));
        let currency = known.or(first.in_a_column())?;
        Some(Self {
            currency,
            // Won and pounds sterling are what their signs mean but in rare places.
            is_shared: known.is_some() || first.usual.is_none(),
        })
    }
}

/// The currency of what stands in a `priceCurrency`: an ISO code in any case, or a mark that
/// means exactly one.
pub fn named(text: &str) -> Option<Currency> {
    named_once(text).or_else(|| {
        // `EUR €`, `USD$`: a code, and a sign of the same currency.
        let (code, sign) = text.trim().split_at_checked(3)?;
        let currency = code_of(&code.to_ascii_uppercase())?;
        let (mark, length) = mark_at(sign.trim(), None)?;
        let whole = length == sign.trim().len();
        (whole && mark.allows(currency)).then_some(currency)
    })
}

/// The currency that a code, a sign or a word alone stands for.
fn named_once(text: &str) -> Option<Currency> {
    let text = text.trim();
    if text.len() == 3
        && text.is_ascii()
        && let Some(currency) = code_of(&text.to_ascii_uppercase())
    {
        return Some(currency);
    }
    let (mark, length) = mark_at(text, None)?;
    let rest = text[length..].trim_matches(['.', ' ']);
    (rest.is_empty() && !mark.hundredths)
        .then(|| mark.settle(None))
        .flatten()
}
