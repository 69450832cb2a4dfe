//! Colours, always written; whoever prints strips them where they are not wanted.

use anstyle::{AnsiColor, Style};

/// A heading or a command.
pub(super) const BOLD: Style = Style::new().bold();
/// What can be skipped.
pub(super) const DIM: Style = Style::new().dimmed();
/// As it should be.
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Not as it should be.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Not decided.
pub(super) const UNSURE: Style = AnsiColor::Yellow.on_default().bold();

/// Text in a style.
pub(super) trait Paint {
    /// The text between the style's escape sequences; nothing around empty text.
    fn paint(&self, style: Style) -> String;
}

impl<T: AsRef<str> + ?Sized> Paint for T {
    fn paint(&self, style: Style) -> String {
        match self.as_ref() {
            "" => String::new(),
            text => format!("{style}{text}{style:#}"),
        }
    }
}
