//! The quick tree holds what the careful one holds, or is not built.

use std::fmt::Write;

use proptest::prelude::*;
use scraper::{Html, Selector};

use super::{careful_tree, quick, shown_lines};

const SELECTORS: [&str; 12] = [
    ".price",
    "span",
    "p",
    "li:nth-child(2)",
    "div > .price",
    "table tr:first-child td:last-child",
    "[data-price]",
    "ul li + li",
    "a:not(.price) b",
    "dl > dd, svg, option",
    "tbody > tr > td",
    "body > :nth-last-child(2)",
];

/// The names, attributes and lines of what a selector matches.
fn found(tree: &Html, selector: &str) -> Vec<String> {
    let parsed = Selector::parse(selector).expect("the selector is right");
    let found = tree.select(&parsed).map(|element| {
        let class = element
            .attr("class")
            .filter(|_| selector.contains(".price"));
        // An attribute that no selector asks for is not kept.
        let price = element
            .attr("data-price")
            .filter(|_| selector.contains("data-price"));
        let lines = shown_lines(element, &mut 1_000_000);
        format!("{} {class:?} {price:?} {lines:?}", element.value().name())
    });
    found.collect()
}

/// Whether a page's quick tree is built; fails where it differs from the careful one.
fn agrees(page: &str) -> bool {
    let careful = careful_tree(page).expect("the page can be read");
    let mut is_built = false;
    for selector in SELECTORS {
        if let Some(quick) = quick::tree(page, selector) {
            is_built = true;
            assert_eq!(
                found(&quick, selector),
                found(&careful, selector),
                "{selector} in {page}"
            );
        }
    }
    is_built
}

fn page_of(body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=ko>\n<head><title>a &amp; b</title><meta charset=utf-8>\
         <script>if (a<b) x</script></head>\n<body class=x>{body}</body>\n</html>\n"
    )
}

#[test]
fn pages_as_most_are_written_have_a_quick_tree() {
    for body in [
        "<div><p>one<p>two<div>three</div></div>",
        "<ul><li>1<li>2<ul><li>3</ul><li>4</ul>",
        "<table><tr><td>1<td>2<tr><td>3</table>",
        "<table><thead><tr><th>1<tbody><tr><td><p>2</table>",
        "<dl><dt>1<dd>2<dt>3</dl>",
        "<select><option>1<option selected>2</select>",
        "<p>1</p></p><span class=price>2</span></div>",
        "<svg viewBox='0 0 1 1'><title>x</title><path d='M0'/><g><rect/></g></svg>1",
        "<noscript><div class=price>1</div></noscript><b>2</b>",
        "<span>&euro; 12<br>13</span><img src=x></img>",
    ] {
        assert!(agrees(&page_of(body)), "{body}");
    }
}

#[test]
fn pages_that_need_more_of_the_standard_are_left_to_the_careful_parser() {
    for body in [
        "<b><p>1</b>2</p>",
        "<p><b>1<p>2",
        "<a>1<a>2</a>",
        "<table><div>1</div></table>",
        "<table>1</table>",
        "<template><p>1</template>",
        "<svg><p>1</svg>",
        "<h1>1</h2>",
        "<p>1<table></table>",
        "<script><!--<script></script></script>",
    ] {
        assert!(!agrees(&page_of(body)), "{body}");
    }
    for page in ["<p class=price>1", "<html><body>1", "<html><head></head>1"] {
        assert!(!agrees(page), "{page}");
    }
}

/// Tags in any order, most of them such as follow each other in pages.
fn soup() -> impl Strategy<Value = String> {
    const NAMES: [&str; 30] = [
        "div", "p", "span", "b", "a", "ul", "li", "li", "table", "tr", "td", "tbody", "td", "h2",
        "dl", "dt", "dd", "select", "option", "button", "form", "svg", "title", "path", "strong",
        "section", "noscript", "script", "textarea", "th",
    ];
    const LEAVES: [&str; 8] = [
        "<br>",
        "<img class=price>",
        "<input value='3'>",
        "<hr>",
        "<!-- c -->",
        " ",
        "\n",
        "</p>",
    ];
    const ATTRIBUTES: [&str; 6] = [
        "",
        "",
        " class=price",
        " data-price='1'",
        " hidden",
        " CLASS='a price'",
    ];
    let piece = prop_oneof![
        4 => (0..NAMES.len(), 0..ATTRIBUTES.len())
            .prop_map(|(name, attribute)| format!("<{}{}>", NAMES[name], ATTRIBUTES[attribute])),
        // Closes whatever was opened last and is still open.
        5 => Just("/".to_owned()),
        1 => (0..NAMES.len()).prop_map(|name| format!("</{}>", NAMES[name])),
        2 => (0..LEAVES.len()).prop_map(|leaf| LEAVES[leaf].to_owned()),
        3 => "[0-9a-z &;]{1,6}",
    ];
    prop::collection::vec(piece, 1..30).prop_map(|pieces| {
        let mut page = String::new();
        let mut open: Vec<String> = Vec::new();
        for piece in pieces {
            if piece == "/" {
                if let Some(name) = open.pop() {
                    let _ = write!(page, "</{name}>");
                }
                continue;
            }
            if let Some(tag) = piece.strip_prefix('<')
                && !LEAVES.contains(&piece.as_str())
                && !tag.starts_with('/')
            {
                let end = tag.find([' ', '>']).unwrap_or(tag.len());
                open.push(tag[..end].to_owned());
            }
            page.push_str(&piece);
        }
        page
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
    ))]

    #[test]
    fn a_quick_tree_is_the_careful_one(body in soup()) {
        agrees(&page_of(&body));
    }

    #[test]
    fn any_page_has_the_careful_tree_or_no_quick_one(page in soup()) {
        agrees(&page);
    }
}
