//! What the HTML Standard's tree construction makes of an element's name.

/// How an element takes part in the construction of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Nothing is inside of it.
    Void,
    /// `a`, `b` and the like, which the standard opens again when they are closed out of order.
    Formatting,
    /// Its start ends a paragraph.
    Block,
    Paragraph,
    ListItem,
    /// `dt` and `dd`.
    Definition,
    Heading,
    Button,
    Form,
    Select,
    Choice,
    Table,
    /// `tbody`, `thead` and `tfoot`.
    Section,
    Row,
    Cell,
    /// Its content is text.
    Text,
    /// Its content is text without references.
    Raw,
    Svg,
    /// Named by no rule.
    Other,
    /// What only the careful parser knows.
    Odd,
}

impl Sort {
    /// The sort of an element of HTML.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "area" | "br" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "base"
            | "param" | "source" | "track" | "wbr" => Self::Void,
            "a" | "b" | "big" | "code" | "em" | "font" | "i" | "s" | "small" | "strike"
            | "strong" | "tt" | "u" => Self::Formatting,
            "address" | "article" | "aside" | "blockquote" | "center" | "details" | "dialog"
            | "dir" | "div" | "dl" | "fieldset" | "figcaption" | "figure" | "footer" | "header"
            | "hgroup" | "main" | "menu" | "nav" | "ol" | "pre" | "section" | "summary" | "ul" => {
                Self::Block
            }
            "p" => Self::Paragraph,
            "li" => Self::ListItem,
            "dd" | "dt" => Self::Definition,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Self::Heading,
            "button" => Self::Button,
            "form" => Self::Form,
            "select" => Self::Select,
            "option" => Self::Choice,
            "table" => Self::Table,
            "tbody" | "tfoot" | "thead" => Self::Section,
            "tr" => Self::Row,
            "td" | "th" => Self::Cell,
            "title" | "textarea" => Self::Text,
            "script" | "style" | "iframe" | "noscript" => Self::Raw,
            "svg" => Self::Svg,
            "applet" | "basefont" | "bgsound" | "body" | "caption" | "col" | "colgroup"
            | "frame" | "frameset" | "head" | "html" | "image" | "keygen" | "listing"
            | "marquee" | "math" | "nobr" | "noembed" | "noframes" | "object" | "optgroup"
            | "plaintext" | "rb" | "rp" | "rt" | "rtc" | "search" | "selectedcontent"
            | "template" | "xmp" => Self::Odd,
            _ => Self::Other,
        }
    }

    /// Whether it ends by itself when an element around it ends.
    pub(super) fn is_implied(self) -> bool {
        matches!(
            self,
            Self::Paragraph | Self::ListItem | Self::Definition | Self::Choice
        )
    }

    /// Whether only parts of a table belong into it.
    pub(super) fn is_of_a_table(self) -> bool {
        matches!(self, Self::Table | Self::Section | Self::Row)
    }

    /// Whether an open list item or definition is looked for no further.
    pub(super) fn ends_search(self) -> bool {
        !matches!(
            self,
            Self::Formatting | Self::Other | Self::Choice | Self::Paragraph | Self::Svg
        )
    }
}

/// Whether an element, in lower case, ends SVG around it, or has content with rules of its own there.
pub(super) fn ends_svg(name: &str) -> bool {
    const OTHER_RULES: &[&str] = &[
        "b",
        "big",
        "blockquote",
        "body",
        "br",
        "center",
        "code",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "font",
        "foreignobject",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "hr",
        "i",
        "iframe",
        "img",
        "li",
        "listing",
        "menu",
        "meta",
        "nobr",
        "noembed",
        "noframes",
        "noscript",
        "ol",
        "p",
        "pre",
        "ruby",
        "s",
        "script",
        "small",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "sup",
        "table",
        "textarea",
        "tt",
        "u",
        "ul",
        "var",
        "xmp",
    ];
    OTHER_RULES.contains(&name)
}

/// Whether an element of SVG, in lower case, has capitals in its name.
pub(super) fn has_capitals(name: &str) -> bool {
    const CAPITALS: [&str; 6] = [
        "animatemotion",
        "animatetransform",
        "clippath",
        "lineargradient",
        "radialgradient",
        "textpath",
    ];
    name.starts_with("fe") || CAPITALS.contains(&name)
}
