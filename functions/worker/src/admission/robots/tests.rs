use super::*;

const AGENT: &str = "Pricetide";

fn parse(text: &str) -> Robots {
    Robots::parse(text.as_bytes(), AGENT)
}

/// Whether a rule alone disallows a path.
fn forbids(rule: &str, path: &str) -> bool {
    !parse(&format!("User-agent: *\nDisallow: {rule}")).allows(path)
}

#[test]
fn a_pattern_matches_the_paths_that_begin_with_it() {
    for (rule, path, matches) in [
        ("/", "/", true),
        ("/", "/anything?at=all", true),
        ("/p", "/p", true),
        ("/p", "/p/1", true),
        ("/p", "/products", true),
        ("/p", "/P", false),
        ("/p", "/", false),
        ("/p/", "/p", false),
        ("/p/", "/p/", true),
        ("/p", "/a/p", false),
        ("", "/", false),
        ("p", "/p", true),
        ("/p?a=1", "/p?a=1&b=2", true),
        ("/p?a=1", "/p?b=2&a=1", false),
        // RFC 9309, 2.2.3, and more of the operators.
        ("/this/path/exactly$", "/this/path/exactly", true),
        ("/this/path/exactly$", "/this/path/exactly/", false),
        ("/this/*/exactly", "/this/path/exactly", true),
        ("/this/*/exactly", "/this/long/path/exactly/so", true),
        ("/this/*/exactly", "/this/exactly", false),
        ("/*.gif$", "/a/b.gif", true),
        ("/*.gif$", "/a/b.gif?x", false),
        ("/*.gif$", "/a.gif/b.gif", true),
        ("*.gif", "/b.gif", true),
        ("/a*", "/a", true),
        ("/a**b", "/ab", true),
        ("/a*b*b$", "/ab", false),
        ("/a*b*b$", "/abb", true),
        ("/*a*$", "/xay", true),
        ("/$", "/", true),
        ("/$", "/x", false),
        ("/a$b", "/a$b", true),
        ("/a$b", "/a", false),
        ("*", "/", true),
        ("/*?*sort=", "/list?page=1&sort=up", true),
        ("/*?*sort=", "/list/sort=up", false),
        // RFC 9309, 2.2.2.
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", true),
        (
            "/foo/bar?baz=https://foo.bar",
            "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
            true,
        ),
        (
            "/foo/bar?baz=https%3a%2f%2ffoo.bar",
            "/foo/bar?baz=https://foo.bar",
            true,
        ),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", true),
        ("/foo/bar/%e3%83%84", "/foo/bar/ツ", true),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", true),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A", true),
        // RFC 9309, 2.2.3: a special character that means itself.
        (
            "/path/file-with-a-%2A.html",
            "/path/file-with-a-*.html",
            true,
        ),
        (
            "/path/file-with-a-%2A.html",
            "/path/file-with-a-b.html",
            false,
        ),
        ("/path/foo-%24", "/path/foo-$", true),
        ("/path/foo-%24", "/path/foo-", false),
        ("/100%", "/100%25", true),
        ("/a b", "/a%20b", true),
        ("/%zz", "/%zz", true),
    ] {
        assert_eq!(forbids(rule, path), matches, "{rule} {path}");
    }
}

#[test]
fn the_longest_match_decides_and_allow_wins_a_tie() {
    for (rules, path, allowed) in [
        // RFC 9309, 5.2.
        (
            "Allow: /example/page/\nDisallow: /example/page/disallowed.gif",
            "/example/page/disallowed.gif",
            false,
        ),
        (
            "Allow: /example/page/\nDisallow: /example/page/disallowed.gif",
            "/example/page/other.gif",
            true,
        ),
        ("Disallow: /\nAllow: /p/", "/p/1", true),
        ("Allow: /p/\nDisallow: /", "/p/1", true),
        ("Disallow: /\nAllow: /p/", "/q/1", false),
        ("Disallow: /p\nAllow: /p", "/p", true),
        ("Allow: /p\nDisallow: /p", "/p", true),
        ("Allow: /$\nDisallow: /", "/", true),
        ("Allow: /$\nDisallow: /", "/x", false),
        ("Allow: /p\nDisallow: /*.html", "/p.html", false),
        ("Allow: /page\nDisallow: /*.htm", "/page.htm", false),
        ("Disallow: /a\nDisallow:", "/a", false),
        ("Allow: \nDisallow: /", "/", false),
        ("Allow: p\nDisallow: /", "/p", false),
    ] {
        let robots = parse(&format!("User-agent: *\n{rules}"));
        assert_eq!(robots.allows(path), allowed, "{rules} {path}");
    }
}

#[test]
fn the_groups_that_name_us_count_else_those_for_all() {
    for (text, path, allowed) in [
        // RFC 9309, 5.1: several groups, one without rules.
        (
            "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/",
            "/a.gif",
            false,
        ),
        (
            "User-agent: Pricetide\nDisallow: /a\n\nUser-agent: *\nDisallow: /b",
            "/a",
            false,
        ),
        (
            "User-agent: Pricetide\nDisallow: /a\n\nUser-agent: *\nDisallow: /b",
            "/b",
            true,
        ),
        (
            "User-agent: *\nDisallow: /b\n\nUser-agent: pricetide\nDisallow: /a",
            "/b",
            true,
        ),
        ("User-agent: PRICETIDE/2.0\nDisallow: /a", "/a", false),
        (
            "User-agent: Pricetide (+https://x.example)\nDisallow: /a",
            "/a",
            false,
        ),
        ("User-agent: Pricetidebot\nDisallow: /a", "/a", true),
        ("User-agent: Price\nDisallow: /a", "/a", true),
        (
            "User-agent: Other\nUser-agent: Pricetide\nDisallow: /a",
            "/a",
            false,
        ),
        (
            "User-agent: Pricetide\nUser-agent: Other\nDisallow: /a",
            "/a",
            false,
        ),
        (
            "User-agent: Pricetide\nDisallow: /a\nUser-agent: Other\nDisallow: /b",
            "/b",
            true,
        ),
        // Groups of one agent are one.
        (
            "User-agent: Pricetide\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: Pricetide\nDisallow: /b",
            "/a",
            false,
        ),
        (
            "User-agent: Pricetide\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: Pricetide\nDisallow: /b",
            "/b",
            false,
        ),
        (
            "User-agent: Pricetide\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: Pricetide\nDisallow: /b",
            "/c",
            true,
        ),
        // A group without a rule allows.
        (
            "User-agent: *\nDisallow: /\nUser-agent: Pricetide\n",
            "/a",
            true,
        ),
        (
            "User-agent: *\nDisallow: /\nUser-agent: Pricetide\nDisallow:",
            "/a",
            true,
        ),
        // Lines of no group, and of all files.
        ("Disallow: /\nUser-agent: x\nDisallow: /", "/a", true),
        (
            "User-agent: *\nSitemap: https://x.example/s\nUser-agent: x\nDisallow: /",
            "/a",
            false,
        ),
        (
            "User-agent: *\nCrawl-delay: 5\nUser-agent: x\nDisallow: /",
            "/a",
            true,
        ),
        (
            "User-agent: x\nDisallow: /a\n\nDisallow: /b\nUser-agent: *\nDisallow: /c",
            "/b",
            true,
        ),
        ("User-agent:\nDisallow: /", "/a", true),
        ("", "/a", true),
    ] {
        assert_eq!(parse(text).allows(path), allowed, "{text:?} {path}");
    }
}

#[test]
fn a_file_is_read_in_every_dress() {
    for text in [
        "User-agent: *\nDisallow: /a",
        "User-agent: *\r\nDisallow: /a\r\n",
        "User-agent: *\rDisallow: /a\r",
        "\u{feff}User-agent: *\nDisallow: /a",
        "USER-AGENT:*\nDISALLOW:/a",
        "  user-agent :  *  # all\n\t disallow \t:\t/a # not this\n",
        "User-agent *\nDisallow /a",
        "User-agent: *\n\n\nDisallow: /a",
        "User-agent: *\nAllow\nNonsense: /\n: /\nDissallow: /a",
        "<html>\nUser-agent: *\nDisallow: /a\n\u{0}",
    ] {
        let robots = parse(text);
        assert!(!robots.allows("/a") && robots.allows("/b"), "{text:?}");
    }
    let no_unicode = b"User-agent: *\nDisallow: /\xb0\xa1\nDis\xffallow: /b\n";
    let robots = Robots::parse(no_unicode, AGENT);
    assert!(!robots.allows("/%B0%A1") && robots.allows("/b"));
}

#[test]
fn robots_txt_itself_is_always_allowed() {
    assert!(Robots::disallow_all().allows("/robots.txt"));
    assert!(!Robots::disallow_all().allows("/robots.txt.html"));
    assert!(!Robots::disallow_all().allows(""));
    assert!(Robots::allow_all().allows("/"));
}

#[test]
fn a_delay_is_kept_up_to_a_minute() {
    for (value, millis) in [
        ("5", Some(5_000)),
        ("0.5", Some(500)),
        ("60", Some(60_000)),
        ("86400", Some(60_000)),
        ("1e300", Some(60_000)),
        ("inf", Some(60_000)),
        ("0", None),
        ("-5", None),
        ("NaN", Some(60_000)),
        ("soon", None),
        ("", None),
    ] {
        let robots = parse(&format!("User-agent: *\nCrawl-delay: {value}\nAllow: /"));
        let delay = robots.crawl_delay().map(|delay| delay.as_millis());
        assert_eq!(delay, millis, "{value}");
    }
    let two = parse("User-agent: *\nCrawl-delay: 2\nCrawl-delay: 7\nUser-agent: x\nCrawl-delay: 9");
    assert_eq!(two.crawl_delay(), Some(Duration::from_secs(7)));
}

#[test]
fn what_is_kept_says_the_same() {
    for text in [
        "",
        "User-agent: *\nDisallow: /",
        "User-agent: *\nCrawl-delay: 1.5\nDisallow: /*?a=%2A$\nAllow: /ツ b\nDisallow: /a%0Ab%0D",
    ] {
        let robots = parse(text);
        assert_eq!(Robots::from_compact(&robots.to_compact()), robots, "{text}");
    }
    for robots in [Robots::allow_all(), Robots::disallow_all()] {
        assert!(!robots.to_compact().is_empty());
        assert_eq!(Robots::from_compact(&robots.to_compact()), robots);
    }
}

#[test]
fn what_was_not_kept_by_us_allows_nothing() {
    for compact in ["", "c", "cx", "c0\nx/", "c0\n", "a/", "{}", "c-1"] {
        assert_eq!(
            Robots::from_compact(compact),
            Robots::disallow_all(),
            "{compact:?}"
        );
    }
    let delay = Robots::from_compact("c999999999").crawl_delay();
    assert_eq!(delay, Some(MAX_DELAY));
}

#[test]
fn rules_that_do_not_fit_become_stricter() {
    let fits = |robots: &Robots| robots.to_compact().len() <= MAX_COMPACT;
    let many =
        |line: &dyn Fn(usize) -> String, count: usize| (0..count).map(line).collect::<String>();

    // All that is disallowed stays, and permissions as far as there is room.
    let text = format!(
        "User-agent: *\nDisallow: /\n{}Disallow: /private/\n",
        many(&|n| format!("Allow: /a/{n:05}/\n"), 5_000)
    );
    let robots = parse(&text);
    assert!(fits(&robots) && robots.to_compact().len() > MAX_COMPACT - 40);
    assert!(robots.allows("/a/00000/") && !robots.allows("/a/04999/"));
    assert!(!robots.allows("/private/"));

    // Disallowed paths are cut, and then no permission is left.
    let text = format!(
        "User-agent: *\nAllow: /d/00007/{}\n{}",
        "x".repeat(200),
        many(
            &|n| format!("Disallow: /d/{n:05}/{}\n", "x".repeat(100)),
            1_000
        )
    );
    let robots = parse(&text);
    assert!(fits(&robots) && robots.allows("/e"));
    for n in [0, 7, 999] {
        assert!(
            !robots.allows(&format!("/d/{n:05}/{}", "x".repeat(200))),
            "{n}"
        );
    }

    // In the end nothing is allowed.
    let text = many(
        &|n| {
            format!(
                "Disallow: /{}\n",
                char::from_u32(0xac00 + u32::try_from(n).unwrap()).unwrap()
            )
        },
        9_000,
    );
    let robots = parse(&format!("User-agent: *\n{text}"));
    assert!(fits(&robots) && !robots.allows("/가"));
    assert_eq!(Robots::from_compact(&robots.to_compact()), robots);
}

#[test]
fn a_file_is_read_up_to_its_last_whole_line_within_the_bound() {
    let start = "User-agent: *\nDisallow: /a\n";
    let mut text = format!("{start}#{}\n", "x".repeat(MAX_FILE - start.len() - 12));
    text += "Disallow: /b\nDisallow: /c";
    let robots = parse(&text);
    assert!(!robots.allows("/a") && robots.allows("/b") && robots.allows("/c"));
    assert!(robots.allows("/"));
    assert_eq!(parse(&"x".repeat(2 * MAX_FILE)), Robots::allow_all());
}

#[test]
fn a_pattern_of_many_parts_does_not_explode() {
    let pattern = format!("/{}b", "*a".repeat(4_000));
    let path = format!("/{}", "a".repeat(100_000));
    assert!(!forbids(&pattern, &path));
    assert!(forbids(&pattern, &format!("{path}b")));
    assert!(forbids(&format!("/{}$", "*a".repeat(4_000)), &path));
}

mod random {
    use proptest::prelude::*;

    use super::*;

    /// The plain rule of matching: try every length for a `*`.
    fn slowly(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            b"$" => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|at| slowly(rest, &path[at..])),
            [first, rest @ ..] => path.first() == Some(first) && slowly(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_as_if_every_way_were_tried(
            pattern in "/[ab*]{0,8}[$]?",
            path in "/[ab]{0,9}",
        ) {
            let plain = super::super::pattern(pattern.as_bytes());
            prop_assert_eq!(matches(&plain, &path), slowly(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn no_bytes_panic(
            body in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..300),
                "((User-agent: [*]|Disallow: /|Allow: /|Crawl-delay: 1|[a*$%0-9/:# ツ]{0,4}|\r|\n){0,9}\n){0,9}"
                    .prop_map(String::into_bytes),
            ],
            path in ".{0,40}",
        ) {
            let robots = Robots::parse(&body, AGENT);
            let kept = Robots::from_compact(&robots.to_compact());
            prop_assert_eq!(&kept, &robots);
            prop_assert_eq!(kept.allows(&path), robots.allows(&path));
        }
    }
}
