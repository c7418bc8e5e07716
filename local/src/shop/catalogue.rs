//! What the demo shops sell. Every shop, brand and article is made up.

use model::Currency;

/// How a shop shows its products, and how it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// A `Product` in a JSON-LD script of its own, prices as text.
    Plain,
    /// One JSON-LD graph with the list price beside the selling price, prices as numbers; knows
    /// `If-None-Match`.
    Graph,
    /// No pages: a JSON API.
    Api,
    /// As [`Self::Plain`], but every answer takes a while.
    Slow,
    /// As [`Self::Plain`], but now and then turns the first request of a day away.
    Moody,
}

/// One of the shops.
#[derive(Debug)]
pub(super) struct Store {
    /// The first part of its paths and of its product ids.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) slogan: &'static str,
    pub(super) manner: Manner,
    pub(super) currency: Currency,
    /// Prices move in steps of so many of the currency's smallest unit.
    pub(super) step: i64,
    pub(super) articles: &'static [Article],
}

/// One article, as its shop lists it.
#[derive(Debug)]
pub(super) struct Article {
    pub(super) number: u16,
    pub(super) name: &'static str,
    pub(super) brand: &'static str,
    pub(super) category: &'static str,
    /// Around which its price moves, in the currency's smallest unit.
    pub(super) base: i64,
    pub(super) fate: Fate,
}

/// What becomes of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is sold every day.
    Sold,
    /// From so many days after the first on, its page answers 410 or 404.
    Gone { after: i64, status: u16 },
    /// Its price is to be asked for.
    OnRequest,
}

const fn sold(
    number: u16,
    category: &'static str,
    brand: &'static str,
    name: &'static str,
    base: i64,
) -> Article {
    Article {
        number,
        name,
        brand,
        category,
        base,
        fate: Fate::Sold,
    }
}

const KITCHEN: &str = "주방";
const BEDROOM: &str = "침실";
const AUDIO: &str = "음향";
const APPLIANCE: &str = "생활가전";
const FOOD: &str = "식품";
const STATIONERY: &str = "문구";

/// All shops.
pub(super) const STORES: &[Store] = &[
    Store {
        key: "hanok",
        name: "한옥리빙 Hanok Living",
        slogan: "오래 두고 쓰는 살림",
        manner: Manner::Plain,
        currency: Currency::KRW,
        step: 100,
        articles: &[
            sold(1001, KITCHEN, "소반공방", "달항아리 백자 화병 24cm", 68_000),
            sold(1002, KITCHEN, "소반공방", "호두나무 1인 소반", 89_000),
            sold(1003, KITCHEN, "무쇠마을", "무쇠 가마솥 밥솥 5인용", 124_000),
            sold(
                1004,
                KITCHEN,
                "무쇠마을",
                "길들인 무쇠 프라이팬 26cm",
                57_900,
            ),
            sold(1005, KITCHEN, "담은", "방짜 유기 수저 2인 세트", 79_000),
            sold(1006, KITCHEN, "담은", "분청 면기 4개 세트", 46_000),
            sold(1007, KITCHEN, "온기", "내열 유리 주전자 900ml", 32_500),
            sold(1008, BEDROOM, "이부자리", "모달 홑이불 퀸", 74_900),
            sold(1009, BEDROOM, "이부자리", "메밀 베개 2개 세트", 38_000),
            sold(
                1010,
                BEDROOM,
                "이부자리",
                "구스다운 사계절 이불 킹",
                289_000,
            ),
            sold(1011, BEDROOM, "한올", "리넨 커튼 140×230 오트밀", 112_000),
            sold(1012, BEDROOM, "한올", "누빔 러그 150×200", 98_500),
            Article {
                number: 1013,
                name: "맞춤 제작 원목 식탁 6인용",
                brand: "소반공방",
                category: KITCHEN,
                base: 1_450_000,
                fate: Fate::OnRequest,
            },
        ],
    },
    Store {
        key: "mapo",
        name: "마포전자 Mapo Electronics",
        slogan: "듣고, 보고, 고르세요",
        manner: Manner::Graph,
        currency: Currency::KRW,
        step: 10,
        articles: &[
            sold(
                2001,
                AUDIO,
                "SORIEL",
                "노이즈캔슬링 무선 이어폰 SORIEL Air 3",
                189_000,
            ),
            sold(
                2002,
                AUDIO,
                "SORIEL",
                "오버이어 무선 헤드폰 SORIEL One",
                329_000,
            ),
            sold(
                2003,
                AUDIO,
                "SORIEL",
                "방수 블루투스 스피커 SORIEL Splash",
                87_400,
            ),
            sold(2004, AUDIO, "울림", "북쉘프 스피커 울림 B5 (1조)", 546_000),
            sold(2005, AUDIO, "울림", "진공관 헤드폰 앰프 울림 T1", 412_000),
            sold(2006, AUDIO, "울림", "USB 콘덴서 마이크 울림 M2", 98_900),
            sold(
                2007,
                APPLIANCE,
                "바람결",
                "BLDC 스탠드 선풍기 바람결 F14",
                119_000,
            ),
            sold(
                2008,
                APPLIANCE,
                "바람결",
                "공기청정기 바람결 P40 (40㎡)",
                274_000,
            ),
            sold(
                2009,
                APPLIANCE,
                "바람결",
                "저소음 가습기 바람결 H6 6L",
                84_500,
            ),
            sold(2010, APPLIANCE, "NURI", "로봇청소기 NURI R9", 698_000),
            sold(2011, APPLIANCE, "NURI", "무선 스틱청소기 NURI V7", 349_000),
            sold(
                2012,
                APPLIANCE,
                "NURI",
                "압력 IH 전기밥솥 NURI 6인용",
                228_000,
            ),
            Article {
                number: 2013,
                name: "CD 라디오 카세트 울림 레트로 88",
                brand: "울림",
                category: AUDIO,
                base: 146_000,
                fate: Fate::Gone {
                    after: 12,
                    status: 410,
                },
            },
        ],
    },
    Store {
        key: "harbor",
        name: "Harbor & Pine",
        slogan: "Goods for a slower morning",
        manner: Manner::Plain,
        currency: Currency::USD,
        step: 5,
        articles: &[
            sold(
                3001,
                KITCHEN,
                "Harbor & Pine",
                "Enamel mug, 12 oz, navy rim",
                1_650,
            ),
            sold(
                3002,
                KITCHEN,
                "Harbor & Pine",
                "Pour-over coffee set, stoneware",
                4_895,
            ),
            sold(
                3003,
                KITCHEN,
                "Alder Forge",
                "Carbon steel skillet, 10 in",
                6_450,
            ),
            sold(
                3004,
                BEDROOM,
                "North Loom",
                "Merino throw, 50 × 70 in",
                12_900,
            ),
            sold(
                3005,
                BEDROOM,
                "North Loom",
                "Washed linen pillowcase pair",
                5_825,
            ),
            sold(
                3006,
                STATIONERY,
                "Field & Quill",
                "Waxed canvas pencil roll",
                2_495,
            ),
            Article {
                number: 3007,
                name: "Brass ship's bell, limited run",
                brand: "Alder Forge",
                category: KITCHEN,
                base: 8_800,
                fate: Fate::Gone {
                    after: 21,
                    status: 404,
                },
            },
        ],
    },
    Store {
        key: "namsan",
        name: "남산문구 Namsan Paper",
        slogan: "쓰는 즐거움",
        manner: Manner::Api,
        currency: Currency::KRW,
        step: 10,
        articles: &[
            sold(4001, STATIONERY, "흑심", "삼나무 연필 HB 12자루", 9_600),
            sold(4002, STATIONERY, "흑심", "황동 연필깎이", 14_500),
            sold(4003, STATIONERY, "한지랑", "한지 노트 A5 3권 세트", 18_900),
            sold(4004, STATIONERY, "한지랑", "수제 한지 편지지 20매", 8_200),
            sold(4005, STATIONERY, "먹빛", "만년필 먹빛 F촉", 67_000),
            sold(4006, STATIONERY, "먹빛", "병잉크 새벽남색 50ml", 21_500),
            sold(4007, STATIONERY, "하루", "만년 다이어리 가죽 커버", 42_000),
            sold(4008, STATIONERY, "하루", "마스킹 테이프 사계 8종", 12_800),
        ],
    },
    Store {
        key: "jeju",
        name: "제주상회 Jeju Pantry",
        slogan: "섬에서 천천히 보냅니다",
        manner: Manner::Slow,
        currency: Currency::KRW,
        step: 100,
        articles: &[
            sold(5001, FOOD, "섬농원", "노지 감귤 5kg", 24_900),
            sold(5002, FOOD, "섬농원", "한라봉 3kg 선물세트", 39_800),
            sold(5003, FOOD, "오름다원", "유기농 녹차 우전 80g", 45_000),
            sold(5004, FOOD, "물질", "건미역 200g 2봉", 17_500),
            sold(5005, FOOD, "물질", "옥돔 손질 5마리", 62_000),
        ],
    },
    Store {
        key: "jongno",
        name: "종로마트 Jongno Market",
        slogan: "오늘도 줄 서는 가게",
        manner: Manner::Moody,
        currency: Currency::KRW,
        step: 10,
        articles: &[
            sold(6001, FOOD, "들녘", "철원 오대쌀 10kg", 42_900),
            sold(6002, FOOD, "들녘", "서리태 1kg", 18_400),
            sold(6003, FOOD, "장독", "3년 숙성 된장 900g", 23_500),
            sold(6004, FOOD, "장독", "전통 조청 600g", 15_900),
            sold(6005, FOOD, "기름집", "저온 압착 들기름 300ml", 27_800),
            sold(6006, FOOD, "기름집", "통참깨 볶음 500g", 19_600),
            // As in the shop on Jeju: one item, two offers.
            sold(6007, FOOD, "섬농원", "노지 감귤 5kg", 25_500),
            sold(6008, FOOD, "오름다원", "유기농 녹차 우전 80g", 46_000),
            sold(6009, FOOD, "물질", "건미역 200g 2봉", 17_200),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_of_the_size_that_the_demo_needs() {
        let articles = || STORES.iter().flat_map(|store| store.articles);
        assert!(
            (40..=60).contains(&articles().count()),
            "{}",
            articles().count()
        );
        let numbers: BTreeSet<u16> = articles().map(|article| article.number).collect();
        assert_eq!(numbers.len(), articles().count());
        let categories: BTreeSet<&str> = articles().map(|article| article.category).collect();
        assert!((5..=6).contains(&categories.len()), "{categories:?}");
        for store in STORES {
            for article in store.articles {
                assert_eq!(article.base % store.step, 0, "{}", article.name);
            }
        }
    }
}
