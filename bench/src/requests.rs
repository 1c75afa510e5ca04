//! What is asked: requests that were written before the run, or one text in which the number of a client changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Fallible;

/// Where the number of a client stands in the text of [`Requests::numbered`].
pub(crate) const NUMBER: &str = "#######";
/// The number of the first client: all have as many digits, so that each request is as long as the others.
pub(crate) const FIRST: u32 = 1_000_000;

#[derive(Clone, Debug)]
pub(crate) enum Requests {
    /// The bytes of each. The connections go round in them, each from a place of its own.
    Written(Arc<[Vec<u8>]>),
    /// A text, and where the digits begin that name the client.
    Numbered { text: Arc<[u8]>, at: usize, pick: Pick },
}

/// Which client asks next.
#[derive(Clone, Debug)]
pub(crate) enum Pick {
    /// Any of so many, each as likely as the others.
    Random(u32),
    /// Each of so many in turn, in no order that helps a database. The count of those that have asked is shared.
    Each(Arc<AtomicU32>, u32),
}

impl Requests {
    pub(crate) fn one(request: impl Into<Vec<u8>>) -> Self {
        Self::Written(Arc::from([request.into()]))
    }

    /// `text` has [`NUMBER`] in it, once.
    pub(crate) fn numbered(text: &str, pick: Pick) -> Fallible<Self> {
        let at = text.find(NUMBER).ok_or("a text without the number of a client")?;
        Ok(Self::Numbered { text: text.as_bytes().into(), at, pick })
    }
}

/// Writes the requests of one connection.
#[derive(Debug)]
pub(crate) struct Pen {
    requests: Requests,
    /// Of written ones, which is next; otherwise the state of the generator that picks clients.
    state: u64,
    text: Vec<u8>,
}

impl Pen {
    /// The pen of connection `place` of so many.
    pub(crate) fn new(requests: Requests, place: u16, connections: u16) -> Self {
        let (state, text) = match &requests {
            Requests::Written(all) => (u64::from(place) * all.len() as u64 / u64::from(connections), Vec::new()),
            Requests::Numbered { text, .. } => (u64::from(place) + 1, text.to_vec()),
        };
        Self { requests, state, text }
    }

    /// The bytes of the next request.
    pub(crate) fn next(&mut self) -> Fallible<&[u8]> {
        match &self.requests {
            Requests::Written(all) => {
                let request = usize::try_from(self.state)?;
                self.state = (self.state + 1) % all.len().max(1) as u64;
                Ok(all.get(request).ok_or("a workload without requests")?)
            }
            Requests::Numbered { at, pick, .. } => {
                let number = FIRST + pick.next(&mut self.state)?;
                let digits = self.text.get_mut(*at..*at + NUMBER.len()).ok_or("a text that ends within the number")?;
                write_number(digits, number)?;
                Ok(&self.text)
            }
        }
    }
}

impl Pick {
    fn next(&self, state: &mut u64) -> Fallible<u32> {
        match self {
            Self::Random(many) => {
                // SplitMix64: a few instructions, and every bit of it is good.
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                Ok(u32::try_from(((mixed >> 32) * u64::from(*many)) >> 32)?)
            }
            Self::Each(asked, many) => {
                // A prime, and far from what a number of clients may be a multiple of: the steps reach each of them once.
                const STRIDE: u64 = 2_654_435_761;
                let turn = asked.fetch_add(1, Ordering::Relaxed);
                Ok(u32::try_from(u64::from(turn) * STRIDE % u64::from(*many))?)
            }
        }
    }
}

/// A request of a form. `header` is a line of its own, or empty.
pub(crate) fn post(path: &str, header: &str, form: &str) -> String {
    post_to("bench", path, header, form)
}

/// A request of a form to a server that minds under which name it is asked.
pub(crate) fn post_to(host: &str, path: &str, header: &str, form: &str) -> String {
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{header}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{form}"
    )
}

pub(crate) fn get(path: &str) -> Requests {
    Requests::one(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n"))
}

fn write_number(digits: &mut [u8], mut number: u32) -> Fallible<()> {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10)?;
        number /= 10;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn asked(pen: &mut Pen) -> String {
        String::from_utf8(pen.next().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn written_requests_go_round_from_different_places() {
        let requests = Requests::Written(["a", "b", "c", "d"].map(Vec::from).into());
        let (mut first, mut second) = (Pen::new(requests.clone(), 0, 2), Pen::new(requests, 1, 2));
        assert_eq!([0; 5].map(|_| asked(&mut first)), ["a", "b", "c", "d", "a"]);
        assert_eq!([0; 3].map(|_| asked(&mut second)), ["c", "d", "a"]);
    }

    #[test]
    fn each_client_asks_once_before_one_asks_again() {
        let requests = Requests::numbered("id=#######&x=1", Pick::Each(Arc::default(), 1000)).unwrap();
        let mut pens = [Pen::new(requests.clone(), 0, 2), Pen::new(requests, 1, 2)];
        let round: Vec<String> = (0..1000).map(|turn| asked(&mut pens[turn % 2])).collect();
        let mut sorted = round.clone();
        sorted.sort();
        assert_eq!(sorted, (0..1000).map(|client| format!("id={}&x=1", FIRST + client)).collect::<Vec<_>>());
        assert_ne!(sorted, round);
        assert_eq!(asked(&mut pens[0]), round[0]);
    }

    #[test]
    fn a_form_is_as_long_as_it_says() {
        let text = post("/token", "A: b\r\n", "client_id=#######");
        assert!(text.starts_with("POST /token HTTP/1.1\r\nHost: bench\r\nA: b\r\nContent-Type: "), "{text}");
        assert!(text.ends_with("\r\nContent-Length: 17\r\n\r\nclient_id=#######"), "{text}");
    }

    #[test]
    fn random_clients_are_all_of_them_about_as_often() {
        let mut pen = Pen::new(Requests::numbered(NUMBER, Pick::Random(10)).unwrap(), 0, 1);
        let mut seen: Vec<String> = (0..10_000).map(|_| asked(&mut pen)).collect();
        let different: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(different.iter().map(String::as_str).next_back(), Some("1000009"));
        assert_eq!(different.len(), 10);
        seen.retain(|number| number == "1000003");
        assert!((900..1100).contains(&seen.len()), "{}", seen.len());
    }
}
