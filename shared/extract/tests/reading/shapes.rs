//! Pages that cost the most to read for their size.

/// Hostile pages, each of about `size` bytes or a small multiple of it.
#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(crate) fn shapes(size: usize) -> Vec<(&'static str, String)> {
    let fill = |text: &str| text.repeat(size / text.len());
    let half = |text: &str| text.repeat(size / text.len() / 2);
    let ld = |text: String| format!("<script type=application/ld+json>{text}</script>");
    // As many items as fill the size, if each has `bytes`.
    let many = |item: &dyn Fn(usize) -> String, bytes: usize| {
        let items = (0..size / bytes).map(item);
        items.collect::<Vec<_>>().join(",")
    };
    // Elements that differ, so that all of them are repeated.
    let fonts = |count: usize| {
        let tags = (0..count).map(|n| format!("<font size={n}>"));
        tags.collect::<Vec<_>>().concat()
    };
    vec![
        ("brackets", fill("<")),
        ("tags", fill("<a ")),
        ("attributes", format!("<a {}>", fill("b=c "))),
        (
            "equal attributes",
            format!("<meta {}>", fill("content='1' ")),
        ),
        (
            "attributes of an item",
            format!("<b itemprop=price {}>", fill("b=c ")),
        ),
        ("open quotes", fill("<a b=\"")),
        ("comments", fill("<!--")),
        ("dashes in a comment", format!("<!--{}", fill("--"))),
        ("raw text", fill("<script>")),
        ("end tags in raw text", format!("<title>{}", fill("</t"))),
        ("references", fill("&notit;&#x41;&amp")),
        (
            "long references",
            format!(
                "<meta name=a content='{}'>",
                fill("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
            ),
        ),
        ("nested items", fill("<div itemscope itemprop=a>")),
        (
            "nested properties",
            format!("<div itemscope>{}", fill("<b itemprop=price>1")),
        ),
        (
            "one property of many names",
            format!(
                "<div itemscope><b itemprop='{}'>{}</b>",
                half("price "),
                half("1")
            ),
        ),
        (
            "names of a property of shared items",
            format!(
                "{}{}",
                half("<i itemscope itemref='a b c d'></i>"),
                half(
                    "<p id=a><p id=b><div id=c><div id=d><b itemprop='a b c d e f g h'>1</b></div></div>"
                )
            ),
        ),
        ("nested relations", fill("<b typeof=a rel=b property=c>1")),
        (
            "open inline elements",
            format!("<div itemscope><i><div>{}{}", half("<b>"), half("</i>")),
        ),
        (
            "unmatched end tags",
            format!("<div itemscope>{}", fill("</x1></x2></p>")),
        ),
        (
            "different names",
            format!("<div itemscope>{}", many(&|n| format!("<n{n}></n{n}>"), 11)),
        ),
        (
            "shared references",
            format!(
                "<p id=a>{}</p>{}",
                half("<b itemprop=price content=1></b>"),
                half("<i itemscope itemref=a itemtype=http://schema.org/Product></i>"),
            ),
        ),
        ("list of lists", ld(fill("["))),
        ("deep objects", ld(fill("{\"a\":"))),
        ("deep lenient strings", ld(format!("[\"{}", fill("a\" ")))),
        (
            "spaces behind quotes",
            ld(format!("[\"{}", fill("\"            "))),
        ),
        (
            "many types",
            ld(format!(
                "{{\"@type\":[{}],{}}}",
                vec!["\"a\""; size / 8].join(","),
                vec!["\"item\":{}"; size / 20].join(",")
            )),
        ),
        (
            "a long name of many values",
            ld(format!(
                "{{\"@type\":\"Product\",\"\\u0061{}\":[{}]}}",
                half("a"),
                vec!["1"; size / 4].join(",")
            )),
        ),
        (
            "many offers",
            ld(format!(
                "{{\"@type\":\"Product\",\"offers\":[{}]}}",
                many(
                    &|n| format!("{{\"@type\":\"Offer\",\"price\":{}}}", n + 1),
                    30
                ),
            )),
        ),
        (
            "many prices of a long article number",
            ld(format!(
                "{{\"@type\":\"Product\",\"offers\":{{\"sku\":\"{}\",\"price\":[{}]}}}}",
                half("a"),
                many(&|n| n.to_string(), 10),
            )),
        ),
        (
            "offers that hold each other",
            ld(format!(
                "[{},{{\"@type\":\"Product\",\"offers\":{{\"@id\":\"0\"}}}}]",
                many(
                    &|n| format!(
                        "{{\"@id\":\"{n}\",\"@type\":\"AggregateOffer\",\"offers\":[{{\"@id\":\"{}\"}},{{\"@id\":\"{}\"}},{{\"@id\":\"0\"}}]}}",
                        n + 1,
                        n + 2
                    ),
                    90
                ),
            )),
        ),
        (
            "products that share one offer",
            ld(format!(
                "[{{\"@id\":\"o\",\"@type\":\"AggregateOffer\",\"offers\":[{}]}},{}]",
                many(
                    &|_| "{\"@type\":\"Offer\",\"price\":5,\"priceCurrency\":\"EUR\"}".to_owned(),
                    100
                ),
                many(
                    &|_| "{\"@type\":\"Product\",\"offers\":{\"@id\":\"o\"}}".to_owned(),
                    80
                ),
            )),
        ),
        (
            "products that share an offer of many properties",
            ld(format!(
                "[{{\"@id\":\"o\",\"@type\":\"Offer\",{}}},{}]",
                many(&|n| format!("\"a{n}\":1"), 20),
                many(
                    &|_| "{\"@type\":\"Product\",\"offers\":{\"@id\":\"o\"}}".to_owned(),
                    80
                ),
            )),
        ),
        (
            "offers that share a specification of long texts",
            ld(format!(
                "[{{\"@id\":\"s\",\"priceType\":\"{0}\",\"eligibleCustomerType\":\"{0}\",\"price\":\"{0}\"}},{{\"@type\":\"Product\",\"offers\":[{1}]}}]",
                "x".repeat(size / 3),
                many(
                    &|_| "{\"priceSpecification\":{\"@id\":\"s\"}}".to_owned(),
                    50
                ),
            )),
        ),
        (
            "loose offers beside products that stand aside",
            ld(format!(
                "[{{\"itemListElement\":[{}]}},{}]",
                many(&|_| "{\"@type\":\"Product\"}".to_owned(), 50),
                many(&|n| format!("{{\"@type\":\"Offer\",\"price\":{n}}}"), 60),
            )),
        ),
        (
            "lowest prices without highest",
            ld(format!(
                "{{\"@type\":\"ProductGroup\",\"offers\":[{}]}}",
                many(
                    &|n| format!("{{\"@type\":\"AggregateOffer\",\"lowPrice\":{}}}", n + 1),
                    50
                ),
            )),
        ),
        (
            "variants of a long name on a page of a long title",
            format!(
                "<title>{0}</title>{1}",
                "b ".repeat(size / 6),
                ld(format!(
                    "[{{\"@id\":\"g\",\"@type\":\"Product\",\"name\":\"{}\",\"offers\":{{\"price\":1}}}},{}]",
                    "x ".repeat(size / 6),
                    many(
                        &|n| format!(
                            "{{\"@type\":\"Product\",\"name\":\"c{n}\",\"offers\":{{\"price\":{n}}}}}"
                        ),
                        120
                    )
                ))
            ),
        ),
        (
            "a chain of variants",
            ld(format!(
                "[{}]",
                many(
                    &|n| format!(
                        "{{\"@id\":\"{n}\",\"@type\":\"Product\",\"isVariantOf\":{{\"@id\":\"{}\"}},\"offers\":{{\"price\":{n}}}}}",
                        n + 1
                    ),
                    90
                ),
            )),
        ),
        (
            "many products",
            ld(format!(
                "[{}]",
                many(
                    &|n| format!(
                        "{{\"@type\":\"Product\",\"name\":\"n{n}\",\"url\":\"/p/{n}?a={n}\",\"offers\":{{\"price\":{n}}}}}"
                    ),
                    80
                ),
            )),
        ),
        (
            "many scripts",
            fill("<script type=application/ld+json>{\"@type\":\"Product\"}</script>"),
        ),
        (
            "broken scripts",
            fill("<script type=application/ld+json>{&quot;a&quot;:[</script>"),
        ),
        (
            "many metas",
            fill("<meta property=product:price:amount content=1>"),
        ),
        (
            "metas that share a long word",
            format!(
                "<meta property=product:availability content='{}'>{}",
                half("a"),
                half("<meta property=product:price:amount content=1>")
            ),
        ),
        ("nested elements", fill("<div>")),
        ("matching elements", fill("<p class=price>1</p>")),
        (
            "hidden texts in nested elements that match",
            format!(
                "{}<s>{}{}",
                "<span>".repeat(400),
                "<i>".repeat(400),
                fill("a<br>")
            ),
        ),
        (
            "paragraphs under fonts that never end",
            format!("<p>{}{}", fonts((size / 20).min(900)), fill("<p>x")),
        ),
        ("digits", fill("1")),
    ]
}
