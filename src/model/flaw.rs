//! What is wrong in a text that an operator wrote, by the place at which it stands.

/// A fault in one text; whoever knows the file makes a file and a line of the offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Offset in bytes.
    pub at: usize,
    pub problem: String,
    /// What to write instead.
    pub mend: String,
}

impl Flaw {
    pub fn new(at: usize, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { at, problem: problem.into(), mend: mend.into() }
    }
}

/// The candidate that a typing error most likely meant; `None` if nothing is close.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = word.chars().count() / 2;
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to write instead of a word that is not known.
pub fn instead_of<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// Levenshtein's distance: insertions, deletions and replacements that lead from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, left) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut last = above + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(to.chars()) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            *cell = replaced.min(last + 1).min(diagonal + 1);
            last = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("status", "statsu", 2)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn the_nearest_name_or_none() {
        assert_eq!(nearest("acces_token", ["scope", "access_token", "mfa_token"]), Some("access_token"));
        assert_eq!(nearest("zebra", ["scope", "access_token"]), None);
        assert_eq!(instead_of("scopes", ["scope", "hint"].into_iter()), "did you mean `scope`?");
        assert_eq!(instead_of("zebra", ["scope", "hint"].into_iter()), "use one of: scope, hint");
    }
}
