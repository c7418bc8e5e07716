//! What the shops say about their products, and what their customers say: plausible sentences,
//! put together from the seed.

use std::fmt::Write;

use model::Currency;
use serde_json::{Value, json};

use super::super::price::{choose, pick};
use super::{View, escape};

fn is_korean(view: &View<'_>) -> bool {
    view.currency == Currency::KRW
}

/// The one of two texts that is in the shop's language.
pub(super) fn label<'a>(view: &View<'_>, korean: &'a str, english: &'a str) -> &'a str {
    if is_korean(view) { korean } else { english }
}

/// The average of the reviews, between 4.0 and 4.9.
pub(super) fn rating(view: &View<'_>) -> Value {
    json!({
        "@type": "AggregateRating",
        "ratingValue": format!("4.{}", pick(view.seed, &[31], 10)),
        "reviewCount": 12 + pick(view.seed, &[32], 900),
    })
}

/// One sentence for search engines.
pub(super) fn description(view: &View<'_>) -> String {
    if is_korean(view) {
        format!(
            "{}에서 만든 {}. {}",
            view.brand,
            view.name,
            choose(view.seed, &[33], qualities(view))
        )
    } else {
        format!(
            "{} by {}. {}",
            view.name,
            view.brand,
            choose(view.seed, &[33], qualities(view))
        )
    }
}

/// A few paragraphs and a table of facts.
pub(super) fn about(view: &View<'_>) -> String {
    let sentences = qualities(view);
    let first = usize::try_from(pick(view.seed, &[34], sentences.len() as u64)).unwrap_or(0);
    let mut text = String::new();
    // Each sentence once, from another one on for every product.
    for sentence in sentences.iter().cycle().skip(first).take(sentences.len()) {
        // Writing to a string does not fail.
        let _ = write!(text, "<p>{sentence}</p>");
    }
    let fact =
        |name: &str, value: &str| format!("<tr><th>{name}</th><td>{}</td></tr>", escape(value));
    format!(
        "{text}<table>{}{}{}{}</table>",
        fact(label(view, "상품 번호", "Item number"), view.sku),
        fact(label(view, "브랜드", "Brand"), view.brand),
        fact(label(view, "분류", "Category"), view.category),
        fact(
            label(view, "교환·반품", "Returns"),
            label(
                view,
                "받으신 날부터 14일 이내, 왕복 배송비 6,000원",
                "Within 30 days; return shipping $8.00"
            )
        ),
    )
}

/// The `number`-th review.
pub(super) fn review(view: &View<'_>, number: u64) -> String {
    let from = |what: u64, list: &[&'static str]| *choose(view.seed, &[what, number], list);
    let who = from(35, label_list(view, SURNAMES, INITIALS));
    let stars = choose(view.seed, &[36, number], &["★★★", "★★★★", "★★★★★"]);
    let opening = from(37, label_list(view, OPENINGS, BEGINNINGS));
    let middle = from(38, label_list(view, IMPRESSIONS, FEELINGS));
    let closing = from(39, label_list(view, CLOSINGS, ENDINGS));
    format!(
        "<article class=\"review\"><h3>{who} <span>{stars}</span></h3><p>{opening} {middle} {closing}</p></article>\n"
    )
}

/// What the shop says about a product of this kind.
fn qualities(view: &View<'_>) -> &'static [&'static str] {
    match view.category {
        _ if !is_korean(view) => VIRTUES,
        "주방" => KITCHEN,
        "침실" => BEDROOM,
        "음향" => AUDIO,
        "생활가전" => APPLIANCE,
        "식품" => FOOD,
        _ => STATIONERY,
    }
}

fn label_list<'a>(
    view: &View<'_>,
    korean: &'a [&'static str],
    english: &'a [&'static str],
) -> &'a [&'static str] {
    if is_korean(view) { korean } else { english }
}

const KITCHEN: &[&str] = &[
    "매일 쓰는 물건일수록 단단하고 단정해야 한다고 믿습니다.",
    "손으로 빚고 두드린 자리가 그대로 남아 하나하나 조금씩 다릅니다.",
    "불과 물에 강해 오래 길들이며 쓸 수 있습니다.",
    "식탁 위에서 음식이 먼저 보이도록 색과 선을 덜어 냈습니다.",
];
const BEDROOM: &[&str] = &[
    "살에 닿는 감촉을 가장 먼저 생각하고 실을 골랐습니다.",
    "여러 번 빨아도 모양이 흐트러지지 않습니다.",
    "계절을 가리지 않고 덮고 깔 수 있는 두께입니다.",
    "방 안의 빛과 어울리도록 차분한 색으로 물들였습니다.",
];
const AUDIO: &[&str] = &[
    "목소리는 또렷하게, 낮은 음은 무겁지 않게 들려줍니다.",
    "오래 들어도 귀가 피로하지 않도록 소리를 다듬었습니다.",
    "전원을 켜면 바로 연결되고, 조작은 다이얼 하나로 끝납니다.",
    "고장 나면 부품을 갈아 다시 쓸 수 있습니다.",
];
const APPLIANCE: &[&str] = &[
    "한밤에도 거슬리지 않을 만큼 조용합니다.",
    "물통과 필터는 도구 없이 빼서 씻을 수 있습니다.",
    "전기를 적게 쓰고, 쓰지 않을 때는 스스로 쉽니다.",
    "2년 동안 집으로 찾아가 고쳐 드립니다.",
];
const FOOD: &[&str] = &[
    "거둔 날짜와 기른 사람의 이름을 상자에 적어 보냅니다.",
    "설탕과 색소를 넣지 않았습니다.",
    "주문하신 다음 날 아침에 포장해서 보냅니다.",
    "서늘한 곳에 두고 되도록 빨리 드세요.",
];
const STATIONERY: &[&str] = &[
    "쓰는 동안 손이 편하도록 무게와 굵기를 맞췄습니다.",
    "종이에 번지지 않고 오래 두어도 바래지 않습니다.",
    "다 쓰면 속만 갈아 끼울 수 있습니다.",
    "작은 공방에서 한 번에 백 개씩만 만듭니다.",
];
const VIRTUES: &[&str] = &[
    "Made in small batches by people who use it every day.",
    "Simple to look after, and it ages well.",
    "It does one thing and does it properly.",
    "Ships in paper and cardboard, nothing else.",
];

const SURNAMES: &[&str] = &[
    "김**", "이**", "박**", "최**", "정**", "강**", "조**", "윤**", "장**", "임**", "한**", "오**",
];
const INITIALS: &[&str] = &[
    "A. M.", "J. W.", "S. K.", "T. O.", "R. B.", "E. L.", "N. P.", "C. D.",
];

const OPENINGS: &[&str] = &[
    "두 번째 구매입니다.",
    "선물용으로 골랐는데 받는 분이 무척 좋아하셨어요.",
    "생각보다 배송이 빨랐습니다.",
    "사진보다 실물이 훨씬 낫습니다.",
    "한 달 정도 써 보고 남기는 후기예요.",
    "오래 고민하다가 할인할 때 샀습니다.",
    "이사하면서 새로 들였어요.",
    "부모님 댁에 하나 더 보내 드렸습니다.",
];
const IMPRESSIONS: &[&str] = &[
    "설명에 적힌 그대로의 상품입니다.",
    "마감이 깔끔하고 만듦새가 단단합니다.",
    "포장이 꼼꼼해서 흠집 하나 없이 도착했습니다.",
    "작은 부분까지 신경 쓴 티가 납니다.",
    "가격을 생각하면 더 바랄 것이 없습니다.",
    "가족 모두 만족하고 있습니다.",
    "비슷한 것을 여럿 써 봤지만 이만한 것이 없네요.",
    "기대가 컸는데 기대만큼 좋습니다.",
];
const CLOSINGS: &[&str] = &[
    "다음에도 여기서 살 생각입니다.",
    "가격이 조금만 더 내리면 하나 더 사려고요.",
    "고민하고 계신다면 추천합니다.",
    "문의에도 빠르게 답해 주셔서 믿음이 갑니다.",
    "별 하나는 상자가 조금 눌려 와서 뺐어요.",
    "오래 쓰고 다시 후기 남기겠습니다.",
];

const BEGINNINGS: &[&str] = &[
    "Bought this as a gift and ended up keeping it.",
    "Arrived two days early.",
    "Second one for the cabin.",
    "I waited for the sale and I am glad I did.",
    "A month in, and it is part of the morning.",
];
const FEELINGS: &[&str] = &[
    "Exactly as described.",
    "The finish is even and it feels good in the hand.",
    "Well packed, not a scratch on it.",
    "You can tell that somebody cared about the details.",
    "I have tried a few like it and this is the one that stayed.",
];
const ENDINGS: &[&str] = &[
    "Would buy again.",
    "One star off for the dented box.",
    "Customer service wrote back the same day.",
    "Recommended if you are on the fence.",
];
