//! Microseconds per page in one thread: `cargo bench -p extract`.
//!
//! The pages are made here, of the sizes and shapes of real ones: navigation, recommended products
//! and scripts around one product.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use extract::{CompiledPaths, Hints, from_html, from_json};

/// Where a page's price stands.
#[derive(Clone, Copy)]
enum Style {
    JsonLd,
    Microdata,
    Meta,
}

/// A product page of about `size` bytes.
fn page(size: usize, style: Style) -> String {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>무선 이어폰 | 상점</title>\n<link rel=\"canonical\" href=\"https://shop.example/p/1\">\n",
    );
    match style {
        Style::JsonLd => page.push_str(
            r##"<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
            {"@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","position":1,"item":{"@id":"https://shop.example/","name":"홈"}},{"@type":"ListItem","position":2,"item":{"@id":"https://shop.example/audio","name":"음향"}}]},
            {"@type":"Product","@id":"#p","name":"무선 이어폰","sku":"E-1","url":"https://shop.example/p/1","brand":{"@type":"Brand","name":"Brand"},"image":["https://shop.example/1.jpg","https://shop.example/2.jpg"],"description":"Long battery life, small case.","aggregateRating":{"@type":"AggregateRating","ratingValue":4.6,"reviewCount":1234},"offers":{"@type":"Offer","price":"59900","priceCurrency":"KRW","availability":"https://schema.org/InStock","itemCondition":"https://schema.org/NewCondition"}}]}</script>"##,
        ),
        Style::Meta => page.push_str(
            "<meta property=\"product:price:amount\" content=\"59900\">\
             <meta property=\"product:price:currency\" content=\"KRW\">",
        ),
        Style::Microdata => {}
    }
    page.push_str("</head>\n<body class=\"product-page\">\n");
    if matches!(style, Style::Microdata) {
        page.push_str(
            "<div itemscope itemtype=\"https://schema.org/Product\"><h1 itemprop=\"name\">무선 이어폰</h1>\
             <div itemprop=\"offers\" itemscope itemtype=\"https://schema.org/Offer\">\
             <span itemprop=\"price\" content=\"59900\">59,900원</span>\
             <meta itemprop=\"priceCurrency\" content=\"KRW\"></div></div>\n",
        );
    }
    let mut number = 0;
    while page.len() < size {
        number += 1;
        let _ = write!(
            page,
            "<div class=\"card card--{number}\" data-id=\"{number}\"><a href=\"/p/{number}?ref=list\" \
             title=\"추천 상품 {number}\"><img src=\"/img/{number}.jpg\" alt=\"상품\" loading=lazy \
             width=200 height=200></a>\n<p class=\"name\">추천 상품 {number} &amp; 케이스</p>\
             <span class=\"price\">{number},900원</span></div>\n"
        );
        if number % 20 == 0 {
            let _ = writeln!(
                page,
                "<script>window.__state{number} = {{\"items\":[{}]}};</script>",
                "{\"a\":\"<b>\",\"c\":12},".repeat(40)
            );
        }
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn pages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("html");
    for (name, size, style) in [
        ("json-ld, 50 KB", 50_000, Style::JsonLd),
        ("json-ld, 300 KB", 300_000, Style::JsonLd),
        ("microdata, 50 KB", 50_000, Style::Microdata),
        ("microdata, 300 KB", 300_000, Style::Microdata),
        ("meta tags, 300 KB", 300_000, Style::Meta),
    ] {
        let page = page(size, style);
        let hints = Hints {
            base_url: Some("https://shop.example/p/1"),
            ..Hints::default()
        };
        let offer = from_html(page.as_bytes(), None, &hints).expect("the page has a price");
        assert_eq!(offer.price.to_string(), "59900 KRW");
        group.throughput(Throughput::Bytes(page.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| from_html(black_box(page.as_bytes()), None, &hints));
        });
    }
    let page = page(300_000, Style::JsonLd);
    let hints = Hints {
        selector: Some(".card--1 .price"),
        ..Hints::default()
    };
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("CSS selector, 300 KB", |bencher| {
        bencher.iter(|| from_html(black_box(page.as_bytes()), None, &hints));
    });
    // One tag out of place has the whole standard applied.
    let misnested = page.replace("</body>", "<b><p>1</b></p></body>");
    group.bench_function("CSS selector, misnested, 300 KB", |bencher| {
        bencher.iter(|| from_html(black_box(misnested.as_bytes()), None, &hints));
    });
    group.finish();
}

fn texts_and_answers(criterion: &mut Criterion) {
    let hints = price_text::TextHints::default();
    for text in ["12,900원", "1.234,56 €", "1억 2,345만 6,789원"] {
        criterion.bench_function(&format!("price text {text}"), |bencher| {
            bencher.iter(|| price_text::parse(black_box(text), &hints));
        });
    }
    let items = r#"{"id":1,"name":"상품","price":59900.00,"currency":"KRW"},"#.repeat(500);
    let answer = format!("{{\"items\":[{}]}}", items.trim_end_matches(','));
    let paths = CompiledPaths::compile(&model::JsonPaths {
        price: "$.items[499].price".to_owned(),
        currency: Some("$.items[499].currency".to_owned()),
        availability: None,
        name: None,
    })
    .expect("the paths are right");
    criterion.bench_function("JSON answer, 30 KB", |bencher| {
        bencher.iter(|| from_json(black_box(answer.as_bytes()), &paths, &Hints::default()));
    });
}

criterion_group!(benches, pages, texts_and_answers);
criterion_main!(benches);
