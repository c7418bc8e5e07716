//! The shops' pages, written as real shops write theirs: structured data among menus, delivery
//! terms, recommended products with prices of their own, instalments, reviews and questions.

use model::Currency;
use serde_json::{Value, json};

use super::catalogue::{Article, Fate, Manner, STORES, Store};
use super::price::pick;
use super::{World, money};

mod prose;
mod style;

use style::STYLE;

/// What stands where a price would, for an article whose price is on request.
pub(super) const ON_REQUEST: &str = "가격 문의";

/// Everything that a product page shows.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) store: &'a str,
    pub(super) slogan: &'a str,
    pub(super) name: &'a str,
    pub(super) brand: &'a str,
    pub(super) category: &'a str,
    pub(super) sku: &'a str,
    pub(super) url: &'a str,
    pub(super) currency: Currency,
    /// The price in data: `12900`, `24.95`.
    pub(super) price: &'a str,
    /// The price for people: `12,900원`, `$24.95`.
    pub(super) shown: &'a str,
    /// The list price in data and for people, during a sale.
    pub(super) list: Option<(&'a str, &'a str)>,
    pub(super) available: bool,
    /// Name, price for people and address of what is recommended beside it.
    pub(super) related: &'a [(String, String, String)],
    /// Decides the prose.
    pub(super) seed: u64,
    /// How long the page should be.
    pub(super) bytes: usize,
}

/// The page of an article on a day.
pub(super) fn article(world: &World, store: &Store, article: &Article, day: i64) -> String {
    let number = u64::from(article.number);
    let text = |amount: i64| money(amount, store.currency).amount.to_string();
    let tag = world.tag(store, article, day);
    let on_request = article.fate == Fate::OnRequest;
    let list = tag
        .list
        .filter(|_| !on_request)
        .map(|list| (text(list), shown(list, store.currency)));
    let (price, visible) = if on_request {
        (ON_REQUEST.to_owned(), ON_REQUEST.to_owned())
    } else {
        (text(tag.price), shown(tag.price, store.currency))
    };
    let others = store.articles.iter().filter(|other| {
        other.number != article.number
            && other.fate == Fate::Sold
            && other.category == article.category
    });
    let related: Vec<(String, String, String)> = others
        .take(4)
        .map(|other| {
            let price = shown(world.tag(store, other, day).price, store.currency);
            (other.name.to_owned(), price, world.address(store, other))
        })
        .collect();
    let view = View {
        store: store.name,
        slogan: store.slogan,
        name: article.name,
        brand: article.brand,
        category: article.category,
        sku: &article.number.to_string(),
        url: &world.address(store, article),
        currency: store.currency,
        price: &price,
        shown: &visible,
        list: list
            .as_ref()
            .map(|(data, shown)| (data.as_str(), shown.as_str())),
        available: pick(world.seed, &[15, number, day.cast_unsigned()], 25) != 0,
        related: &related,
        seed: number,
        bytes: 12_000 + usize::try_from(pick(world.seed, &[16, number], 36_000)).unwrap_or(0),
    };
    if store.manner == Manner::Graph {
        graph(&view)
    } else {
        plain(&view)
    }
}

/// A page whose JSON-LD is a `Product` in a script of its own, with the price as text.
pub(super) fn plain(view: &View<'_>) -> String {
    let schema = |name: &str| format!("https://schema.org/{name}");
    let availability = schema(if view.available {
        "InStock"
    } else {
        "OutOfStock"
    });
    let product = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.name,
        "image": [format!("{}/1.jpg", view.url), format!("{}/2.jpg", view.url)],
        "description": prose::description(view),
        "sku": view.sku,
        "brand": { "@type": "Brand", "name": view.brand },
        "category": view.category,
        "aggregateRating": prose::rating(view),
        "offers": {
            "@type": "Offer",
            "url": view.url,
            "priceCurrency": view.currency.code(),
            "price": view.price,
            "itemCondition": schema("NewCondition"),
            "availability": availability,
            "seller": { "@type": "Organization", "name": view.store },
            "shippingDetails": {
                "@type": "OfferShippingDetails",
                "shippingRate": {
                    "@type": "MonetaryAmount",
                    "value": if view.currency == Currency::KRW { "3000" } else { "6.50" },
                    "currency": view.currency.code(),
                },
            },
        },
    });
    let organization = json!({
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": view.store,
        "slogan": view.slogan,
    });
    document(view, &[organization, breadcrumbs(view), product])
}

/// A page with one JSON-LD graph, the list price beside the selling price, prices as numbers.
fn graph(view: &View<'_>) -> String {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into());
    let code = view.currency.code();
    let mut specifications = vec![json!({
        "@type": "UnitPriceSpecification",
        "price": number(view.price),
        "priceCurrency": code,
        "valueAddedTaxIncluded": true,
    })];
    if let Some((list, _)) = view.list {
        specifications.push(json!({
            "@type": "UnitPriceSpecification",
            "priceType": "https://schema.org/ListPrice",
            "price": number(list),
            "priceCurrency": code,
        }));
    }
    let availability = if view.available { "InStock" } else { "SoldOut" };
    let mut crumbs = breadcrumbs(view);
    if let Some(crumbs) = crumbs.as_object_mut() {
        crumbs.remove("@context");
    }
    let graph = json!({
        "@context": "https://schema.org/",
        "@graph": [
            { "@type": "WebSite", "name": view.store, "description": view.slogan },
            { "@type": ["WebPage", "ItemPage"], "@id": view.url, "name": view.name },
            crumbs,
            {
                "@type": ["Product"],
                "@id": format!("{}#product", view.url),
                "name": view.name,
                "sku": view.sku,
                "description": prose::description(view),
                "brand": { "@type": "Brand", "name": view.brand },
                "aggregateRating": prose::rating(view),
                "offers": [{
                    "@type": "Offer",
                    "price": number(view.price),
                    "priceCurrency": code,
                    "availability": format!("http://schema.org/{availability}"),
                    "priceSpecification": specifications,
                    "url": view.url,
                }],
            },
        ],
    });
    document(view, &[graph])
}

fn breadcrumbs(view: &View<'_>) -> Value {
    let item = |position: u8, name: &str| json!({ "@type": "ListItem", "position": position, "name": name });
    json!({
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [item(1, view.store), item(2, view.category), item(3, view.name)],
    })
}

/// The whole page around its structured data, filled with reviews up to its length.
fn document(view: &View<'_>, data: &[Value]) -> String {
    let (store, name, category) = (escape(view.store), escape(view.name), escape(view.category));
    let scripts: String = data.iter().map(script).collect();
    let head = head(view, &name, &store, &scripts);
    let buy = buy(view, &name);
    let related: String = view.related.iter().map(related).collect();
    let mut page = format!(
        "{head}<body>\n<header><a class=\"logo\" href=\"/\">{store}</a><p>{}</p></header>\n\
         <nav class=\"crumbs\"><a href=\"/\">{store}</a> › <span>{category}</span> › <span>{name}</span></nav>\n\
         <main>\n<section class=\"top\">{}{buy}</section>\n\
         <section class=\"about\"><h2>{}</h2>{}</section>\n\
         <aside><h2>{}</h2><ul class=\"related\">{related}</ul></aside>\n\
         <section class=\"reviews\"><h2>{}</h2>\n",
        escape(view.slogan),
        picture(view.seed),
        prose::label(view, "상품 정보", "Details"),
        prose::about(view),
        prose::label(view, "함께 보면 좋은 상품", "You may also like"),
        prose::label(view, "구매 후기", "Reviews"),
    );
    let end = format!(
        "</section>\n</main>\n<footer>{}</footer>\n</body>\n</html>\n",
        prose::label(
            view,
            "Pricetide 데모 상점입니다. 상호와 상품, 가격은 모두 지어낸 것입니다.",
            "A demo shop of Pricetide. Names, goods and prices are made up.",
        )
    );
    for number in 0.. {
        let review = prose::review(view, number);
        if page.len() + review.len() + end.len() > view.bytes {
            break;
        }
        page.push_str(&review);
    }
    // To the byte, where there is room for a comment.
    let short = view.bytes.saturating_sub(page.len() + end.len());
    if let Some(spaces) = short.checked_sub("<!---->".len()) {
        page.push_str("<!--");
        page.push_str(&" ".repeat(spaces));
        page.push_str("-->");
    }
    page.push_str(&end);
    page
}

fn head(view: &View<'_>, name: &str, store: &str, scripts: &str) -> String {
    let language = prose::label(view, "ko", "en");
    let url = escape(view.url);
    let mut meta = vec![
        ("og:type", "product"),
        ("og:site_name", store),
        ("og:title", name),
        ("og:url", &url),
    ];
    if view.price != ON_REQUEST {
        meta.push(("product:price:amount", view.price));
        meta.push(("product:price:currency", view.currency.code()));
    }
    let meta: String = meta.into_iter().map(meta_tag).collect();
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name} | {store}</title>\n<link rel=\"canonical\" href=\"{url}\">\n{meta}{scripts}\
         <style>{STYLE}</style>\n</head>\n"
    )
}

fn meta_tag((property, content): (&str, &str)) -> String {
    format!("<meta property=\"{property}\" content=\"{content}\">\n")
}

/// The price and what a visitor can do about it.
fn buy(view: &View<'_>, name: &str) -> String {
    let list = view.list.map_or_else(String::new, |(_, shown)| {
        format!(
            "<del class=\"list-price\">{shown}</del> <em class=\"sale\">{}</em> ",
            prose::label(view, "할인 중", "Sale")
        )
    });
    let stock = if view.available {
        prose::label(view, "오늘 출발", "In stock")
    } else {
        prose::label(view, "일시 품절", "Out of stock")
    };
    format!(
        "<div class=\"buy\"><p class=\"brand\">{}</p><h1>{name}</h1>\
         <p class=\"price\">{list}<strong>{}</strong></p>\
         <ul class=\"terms\"><li>{stock}</li><li>{}</li><li>{}</li></ul>\
         <button type=\"button\">{}</button></div>",
        escape(view.brand),
        view.shown,
        prose::label(
            view,
            "무이자 할부 최대 6개월, 월 5,900원부터",
            "Or 4 payments of $5.00"
        ),
        prose::label(
            view,
            "배송비 3,000원, 50,000원 이상 무료",
            "Shipping $6.50, free over $75"
        ),
        prose::label(view, "장바구니에 담기", "Add to cart"),
    )
}

fn related((name, price, url): &(String, String, String)) -> String {
    format!(
        "<li><a href=\"{}\">{}<span class=\"price\">{price}</span></a></li>",
        escape(url),
        escape(name)
    )
}

/// A JSON-LD script; nothing in its text can end it early.
fn script(data: &Value) -> String {
    let text = serde_json::to_string_pretty(data)
        .unwrap_or_default()
        .replace("</", "<\\/");
    format!("<script type=\"application/ld+json\">\n{text}\n</script>\n")
}

/// A picture of its own for every product, drawn from the seed.
fn picture(seed: u64) -> String {
    let (hue, turn) = (pick(seed, &[21], 360), pick(seed, &[22], 90));
    format!(
        "<svg class=\"picture\" viewBox=\"0 0 100 100\" role=\"img\" aria-hidden=\"true\">\
         <rect width=\"100\" height=\"100\" fill=\"hsl({hue} 32% 90%)\"/>\
         <g transform=\"rotate({turn} 50 50)\"><circle cx=\"50\" cy=\"50\" r=\"28\" fill=\"hsl({hue} 42% 72%)\"/>\
         <path d=\"M22 50a28 28 0 0 0 56 0z\" fill=\"hsl({} 38% 52%)\"/></g></svg>",
        (hue + 24) % 360,
    )
}

/// The page of an article that is no longer sold.
pub(super) fn gone(store: &Store, article: &Article) -> String {
    format!(
        "<!doctype html>\n<html lang=\"ko\">\n<head><meta charset=\"utf-8\"><title>판매 종료 | {0}</title>\
         <style>{STYLE}</style></head>\n<body><header><a class=\"logo\" href=\"/\">{0}</a></header>\
         <main><h1>판매가 종료된 상품입니다</h1><p>{1}</p></main></body>\n</html>\n",
        escape(store.name),
        escape(article.name),
    )
}

/// All shops on one page, for a person.
pub(super) fn index(world: &World) -> String {
    let day = world.today();
    let body: String = STORES
        .iter()
        .map(|store| listing(world, store, day))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"ko\">\n<head><meta charset=\"utf-8\"><title>Pricetide 데모 상점가</title>\
         <style>{STYLE}</style></head>\n<body><header><a class=\"logo\" href=\"/\">Pricetide 데모 상점가</a>\
         <p>{}</p></header><main>{body}</main></body>\n</html>\n",
        world
            .first_day
            .saturating_add(jiff::Span::new().days(day.clamp(0, 3_653))),
    )
}

fn listing(world: &World, store: &Store, day: i64) -> String {
    let row = |article: &Article| {
        let price = match article.fate {
            Fate::OnRequest => ON_REQUEST.to_owned(),
            Fate::Gone { after, .. } if day >= after => "판매 종료".to_owned(),
            _ => shown(world.tag(store, article, day).price, store.currency),
        };
        related(&(
            article.name.to_owned(),
            price,
            world.address(store, article),
        ))
    };
    let rows: String = store.articles.iter().map(row).collect();
    format!(
        "<section><h2>{}</h2><p>{}</p><ul class=\"related\">{rows}</ul></section>\n",
        escape(store.name),
        escape(store.slogan),
    )
}

/// A price for people: `12,900원`, `$24.95`.
pub(super) fn shown(amount: i64, currency: Currency) -> String {
    let text = money(amount, currency).amount.to_string();
    let (whole, cents) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, cents)| (whole, Some(cents)));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match cents {
        Some(cents) => format!("${grouped}.{cents}"),
        None => format!("{grouped}원"),
    }
}

/// Text that is safe in HTML and in quoted attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
