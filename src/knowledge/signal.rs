//! Signals by name, number and alias.

use std::fmt;

/// A Linux signal, by its number on x86-64 and arm64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(pub u8);

const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

impl Signal {
    /// SIGHUP
    pub const HUP: Signal = Signal(1);
    /// SIGINT
    pub const INT: Signal = Signal(2);
    /// SIGQUIT
    pub const QUIT: Signal = Signal(3);
    /// SIGKILL
    pub const KILL: Signal = Signal(9);
    /// SIGUSR1
    pub const USR1: Signal = Signal(10);
    /// SIGSEGV
    pub const SEGV: Signal = Signal(11);
    /// SIGUSR2
    pub const USR2: Signal = Signal(12);
    /// SIGPIPE
    pub const PIPE: Signal = Signal(13);
    /// SIGTERM
    pub const TERM: Signal = Signal(15);
    /// SIGCHLD
    pub const CHLD: Signal = Signal(17);
    /// SIGCONT
    pub const CONT: Signal = Signal(18);
    /// SIGSTOP
    pub const STOP: Signal = Signal(19);
    /// SIGWINCH
    pub const WINCH: Signal = Signal(28);
    /// SIGRTMIN+3, systemd's halt.
    pub const RTMIN_PLUS_3: Signal = Signal(37);

    /// Reads `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN+3`; case does not matter, as for Docker's
    /// STOPSIGNAL (moby/sys `signal.ParseSignal`). Shells are stricter: see their own facts.
    pub fn parse(text: &str) -> Option<Signal> {
        if let Ok(number) = text.parse::<u8>() {
            return (1..=64).contains(&number).then_some(Signal(number));
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(rest) = name.strip_prefix("RTMIN") {
            return real_time(rest, 34, 1);
        }
        if let Some(rest) = name.strip_prefix("RTMAX") {
            return real_time(rest, 64, -1);
        }
        let name = match name {
            "CLD" => "CHLD",
            "POLL" => "IO",
            "IOT" => "ABRT",
            other => other,
        };
        let index = NAMES.iter().position(|known| *known == name)?;
        Some(Signal(index as u8 + 1))
    }

    /// The name without `SIG`: `TERM`, `RTMIN+3`.
    pub fn short_name(self) -> String {
        match NAMES.get(usize::from(self.0).wrapping_sub(1)) {
            Some(name) => (*name).to_owned(),
            None if self.0 == 34 => "RTMIN".to_owned(),
            None if (34..=49).contains(&self.0) => format!("RTMIN+{}", self.0 - 34),
            None if self.0 == 64 => "RTMAX".to_owned(),
            None if (50..64).contains(&self.0) => format!("RTMAX-{}", 64 - self.0),
            None => self.0.to_string(),
        }
    }

    /// Whether its default action ends a process (signal(7)).
    pub fn ends_by_default(self) -> bool {
        !matches!(
            self.short_name().as_str(),
            "CHLD" | "CONT" | "STOP" | "TSTP" | "TTIN" | "TTOU" | "URG" | "WINCH"
        )
    }
}

fn real_time(rest: &str, base: i16, direction: i16) -> Option<Signal> {
    let sign = if direction > 0 { '+' } else { '-' };
    let offset: i16 = if rest.is_empty() {
        0
    } else {
        rest.strip_prefix(sign)?.parse().ok()?
    };
    (0..=30)
        .contains(&offset)
        .then(|| Signal((base + direction * offset) as u8))
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIG{}", self.short_name())
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_aliases() {
        for text in ["TERM", "SIGTERM", "sigterm", "Term", "15"] {
            assert_eq!(Signal::parse(text), Some(Signal::TERM), "{text}");
        }
        assert_eq!(Signal::parse("SIGRTMIN+3"), Some(Signal(37)));
        assert_eq!(
            Signal::parse("37").map(Signal::short_name).as_deref(),
            Some("RTMIN+3")
        );
        assert_eq!(Signal::parse("RTMAX-1"), Some(Signal(63)));
        for text in ["", "0", "65", "SIGTREM", "SIG15", "RTMIN+31", "TERM "] {
            assert_eq!(Signal::parse(text), None, "{text}");
        }
    }
}
