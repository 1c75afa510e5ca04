//! A length of time as operators write it: `90s`, `15m`, `24h` or `30d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Units with their seconds, the longest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let unit = text.chars().next_back()?;
            let (_, seconds) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
            let count = text.strip_suffix(unit)?.parse::<u32>().ok()?;
            Some(Self(Duration::from_secs(u64::from(count) * seconds)))
        };
        parse().ok_or_else(|| format!("`{}` is not a length of time: write `90s`, `15m`, `24h` or `30d`", text.escape_debug()))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let exact = UNITS.into_iter().find(|(_, unit)| seconds > 0 && seconds.is_multiple_of(*unit));
        let (letter, unit) = exact.unwrap_or(('s', 1));
        write!(f, "{}{letter}", seconds / unit)
    }
}

impl<'de> serde::Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl serde::Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for text in ["0s", "90s", "15m", "24m", "23h", "30d"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("24h".parse::<Span>().unwrap().to_string(), "1d");
        assert_eq!("15m".parse::<Span>().unwrap().0, Duration::from_secs(900));
    }

    #[test]
    fn anything_else_is_refused_with_the_mend() {
        for text in ["", "m", "15", "15 m", "-1s", "1.5h", "15min", "99999999999d", "١s"] {
            let fault = text.parse::<Span>().unwrap_err();
            assert!(fault.contains("write `90s`"), "{text}: {fault}");
        }
    }
}
