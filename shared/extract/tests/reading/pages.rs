//! Every page of the corpus gives what stands beside it, and both ways of reading it agree.

use extract::{from_html, inspect_html};

use crate::corpus::{Page, pages};

/// What is wrong with the reading of `page`, if anything.
fn wrong(page: &Page) -> Option<String> {
    let expected = &page.expected;
    let got = from_html(
        &page.body,
        expected.content_type.as_deref(),
        &expected.hints(),
    );
    let as_expected = match (&got, &expected.reason) {
        (Ok(offer), None) => {
            let availability = offer.availability.map(|value| value.name().to_owned());
            expected.amount == Some(offer.price.amount.to_string())
                && expected.currency == Some(offer.price.currency)
                && expected.found_in.as_ref() == Some(&offer.found_in)
                && (expected.list_price.is_none()
                    || expected.list_price == offer.list_price.map(|list| list.amount.to_string()))
                && (expected.availability.is_none() || expected.availability == availability)
                && (expected.name.is_none() || expected.name == offer.name)
        }
        (Err(failure), Some(reason)) => {
            failure.reason.name() == reason
                && expected
                    .detail
                    .iter()
                    .all(|part| failure.detail.contains(part))
        }
        _ => false,
    };
    (!as_expected).then(|| format!("{}: {got:?}", page.name))
}

#[test]
fn every_page_gives_what_stands_beside_it() {
    let pages = pages();
    let wrong: Vec<String> = pages.iter().filter_map(wrong).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(pages.len() >= 80, "only {} pages", pages.len());
}

#[test]
fn an_inspection_gives_the_same_answer_and_marks_it() {
    for page in pages() {
        let hints = page.expected.hints();
        let content_type = page.expected.content_type.as_deref();
        let offer = from_html(&page.body, content_type, &hints);
        let inspection = inspect_html(&page.body, content_type, &hints);
        assert_eq!(inspection.chosen, offer, "{}", page.name);
        let chosen: Vec<_> = inspection.candidates.iter().filter(|c| c.chosen).collect();
        assert_eq!(
            chosen.is_empty(),
            offer.is_err(),
            "{}: {chosen:?}",
            page.name
        );
        if let Ok(offer) = offer {
            for candidate in chosen {
                let amount: model::Decimal = candidate.amount.as_ref().unwrap().parse().unwrap();
                assert_eq!(amount, offer.price.amount, "{}", page.name);
                assert_eq!(candidate.found_in, offer.found_in, "{}", page.name);
            }
        }
        for candidate in &inspection.candidates {
            assert!(
                !candidate.because.is_empty(),
                "{}: {candidate:?}",
                page.name
            );
        }
    }
}

#[test]
fn an_inspection_is_json_for_people_and_programs() {
    let page = pages()
        .into_iter()
        .find(|p| p.name == "list-price-beside-the-price")
        .unwrap();
    let inspection = inspect_html(&page.body, None, &page.expected.hints());
    let json = serde_json::to_value(&inspection.candidates).unwrap();
    assert_eq!(json[0]["amount"], "59.90");
    assert_eq!(json[0]["currency"], "EUR");
    assert_eq!(json[0]["chosen"], true);
    assert_eq!(json[1]["role"], "list");
    assert_eq!(json[1]["because"], "it is a list price");
}

#[test]
fn all_twelve_availabilities_occur() {
    let read: std::collections::HashSet<_> = pages()
        .iter()
        .filter_map(|page| {
            let hints = page.expected.hints();
            from_html(&page.body, page.expected.content_type.as_deref(), &hints)
                .ok()?
                .availability
        })
        .collect();
    assert_eq!(read.len(), model::Availability::ALL.len());
}
