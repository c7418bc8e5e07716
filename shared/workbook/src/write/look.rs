//! How cells look.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// How changes are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChangeColors {
    /// Green up, red down.
    #[default]
    GreenUp,
    /// Red up, blue down, as in Korea.
    RedUp,
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Look {
    Heading,
    RightHeading,
    /// A number with so many digits after the point.
    Places(u32),
    /// A number with up to two digits after the point.
    Plain,
    /// A change in percent.
    Rise,
    Fall,
    Level,
    /// A part in percent, of which more is neither good nor bad.
    Share,
    /// An amount that stands out among others, and one that does not count.
    Marked(u32),
    Faded(u32),
    Day,
    Minute,
    Wrapped,
    /// A text or a whole number beside a wrapped text.
    Top,
    TopLabel,
    TopRise,
    TopFall,
    TopLevel,
    Title,
    Label,
    /// A whole number among texts.
    LeftCount,
}

fn change() -> Format {
    Format::new().set_num_format("+0.00%_)_);-0.00%_)_);0.00%_)_)")
}

fn heading() -> Format {
    Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(Color::RGB(0x001F_4E78))
        .set_border_bottom(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter)
}

impl Look {
    /// The same at the top of a cell, beside a text of several lines.
    pub(super) fn at_top(self) -> Self {
        match self {
            Look::Rise => Look::TopRise,
            Look::Fall => Look::TopFall,
            Look::Level => Look::TopLevel,
            Look::Label => Look::TopLabel,
            _ => Look::Top,
        }
    }
}

/// The format of a look.
pub(super) fn format(look: Look, colors: ChangeColors) -> Format {
    match look {
        Look::Heading => heading(),
        Look::RightHeading => heading()
            .set_num_format("@_)_)")
            .set_align(FormatAlign::Right),
        Look::Places(places) => Format::new().set_num_format(digits(places)),
        Look::Plain => Format::new().set_num_format("#,##0.##_)_)"),
        // Colours of the font: those of number formats differ between programs.
        Look::Rise => change().set_font_color(Color::RGB(match colors {
            ChangeColors::GreenUp => 0x002E_7D32,
            ChangeColors::RedUp => 0x00C0_0000,
        })),
        Look::Fall => change().set_font_color(Color::RGB(match colors {
            ChangeColors::GreenUp => 0x00C0_0000,
            ChangeColors::RedUp => 0x001F_4ED8,
        })),
        Look::Level => change(),
        Look::Share => Format::new().set_num_format("0.0%_)_)"),
        Look::Marked(places) => Format::new()
            .set_num_format(digits(places))
            .set_bold()
            .set_background_color(Color::RGB(0x00FF_F2CC)),
        Look::Faded(places) => Format::new()
            .set_num_format(digits(places))
            .set_font_color(Color::RGB(0x0099_9999)),
        Look::Day => Format::new().set_num_format("yyyy-mm-dd_)_)"),
        Look::Minute => Format::new().set_num_format("yyyy-mm-dd hh:mm_)_)"),
        Look::Wrapped => Format::new().set_text_wrap().set_align(FormatAlign::Top),
        Look::Top => Format::new()
            .set_num_format(digits(0))
            .set_align(FormatAlign::Top),
        Look::Title => Format::new()
            .set_bold()
            .set_font_size(16)
            .set_font_color(Color::RGB(0x001F_4E78)),
        Look::Label => Format::new().set_font_color(Color::RGB(0x0059_5959)),
        Look::TopLabel => format(Look::Label, colors).set_align(FormatAlign::Top),
        Look::TopRise => format(Look::Rise, colors).set_align(FormatAlign::Top),
        Look::TopFall => format(Look::Fall, colors).set_align(FormatAlign::Top),
        Look::TopLevel => format(Look::Level, colors).set_align(FormatAlign::Top),
        Look::LeftCount => Format::new()
            .set_num_format("#,##0")
            .set_align(FormatAlign::Left),
    }
}

/// A number's format. The space at its end, as wide as two brackets, keeps it off the text of the
/// next column.
pub(super) fn digits(places: u32) -> String {
    let mut format = "#,##0".to_owned();
    if places > 0 {
        format.push('.');
        (0..places).for_each(|_| format.push('0'));
    }
    format.push_str("_)_)");
    format
}
