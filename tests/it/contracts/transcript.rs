//! Conversations written down as they stand on the wire: read from a file, held, and compared with what really comes back.
//!
//! `### title` begins an exchange: a request, an empty line, and the answer that is due. `<jwt>` and `<uuid4>` stand in answers
//! for what is different each time; `<token>` stands in requests for the last token that was issued.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

/// Headers that an answer may have although the contract does not name them. Any other one is part of no contract.
const HARMLESS: [&str; 6] = ["cache-control", "content-length", "date", "pragma", "vary", "x-content-type-options"];

/// What stands in answers for something else each time.
const OPEN: [(&str, IsIt); 2] = [("<jwt>", is_jwt), ("<uuid4>", is_uuid4)];
type IsIt = fn(&str) -> bool;

/// A request or an answer, as a file has it.
#[derive(Debug)]
pub struct Message<'f> {
    pub start: &'f str,
    headers: Vec<(&'f str, &'f str)>,
    body: String,
}

/// The exchanges of a file with their titles, each of a request (none where a file holds only answers) and an answer.
pub fn exchanges(file: &str) -> Vec<(&str, Option<Message<'_>>, Message<'_>)> {
    let blocks = file.split("### ").filter(|block| !block.is_empty());
    blocks
        .map(|block| {
            let lines: Vec<&str> = block.lines().collect();
            let answer = lines.iter().position(|line| line.starts_with("HTTP/1.1 ")).expect("an exchange ends with an answer");
            let request = (answer > 1).then(|| Message::read(&lines[1..answer]));
            (lines[0], request, Message::read(&lines[answer..]))
        })
        .collect()
}

impl<'f> Message<'f> {
    fn read(lines: &[&'f str]) -> Self {
        let head = lines.iter().take_while(|line| !line.is_empty()).count();
        let headers = lines[1..head].iter().map(|line| line.split_once(": ").unwrap()).collect();
        let body = lines.get(head + 1..).unwrap_or_default().join("\n").trim_end_matches('\n').to_owned();
        let message = Self { start: lines[0], headers, body };
        if let Some((_, length)) = message.headers.iter().find(|(name, _)| *name == "Content-Length" && !message.is_open()) {
            assert_eq!(length.parse(), Ok(message.body.len()), "the transcript miscounts: {message:?}");
        }
        message
    }

    /// Does something stand in it for what is not known beforehand?
    fn is_open(&self) -> bool {
        self.body.contains('<')
    }

    fn request(&self, token: &str) -> Request {
        let mut words = self.start.split(' ');
        let request = Request::new(words.next().unwrap(), words.next().unwrap());
        let request =
            self.headers.iter().fold(request, |request, (name, value)| request.header(name, &value.replace("<token>", token)));
        if self.body.is_empty() { request } else { request.body(self.body.as_str()) }
    }

    /// Compares, and gives back the token in the body, if the contract has one there.
    pub fn check(&self, title: &str, answer: &Response) -> Option<String> {
        let status = self.start.split(' ').nth(1).unwrap();
        assert_eq!(answer.status.to_string(), status, "{title}: {answer:?}");
        for (name, value) in &self.headers {
            let got = answer.header(name).unwrap_or_else(|| panic!("{title}: no {name} in {answer:?}"));
            fit(value, got).unwrap_or_else(|| panic!("{title}: {name} is {got:?}, not {value:?}"));
        }
        for (name, _) in &answer.headers {
            let named = self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            assert!(named || HARMLESS.contains(&name.as_str()), "{title}: {name} is part of no contract: {answer:?}");
        }
        let held = fit(&self.body, answer.text());
        let held = held.unwrap_or_else(|| panic!("{title}:\n     got {}\n     due {}", answer.text(), self.body));
        (!held.is_empty()).then(|| held.to_owned())
    }
}

/// Holds a conversation, and gives back the tokens of it in their order.
pub async fn hold(server: &Server, file: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for (title, request, due) in exchanges(file) {
        let request = request.expect("a conversation has requests");
        let answer = server.send(&request.request(tokens.last().map_or("", String::as_str))).await;
        let token = due.check(title, &answer);
        if let Some(token) = token.as_ref().filter(|token| token.contains('.')) {
            promises_no_more_than_it_is(title, &answer, token);
        }
        tokens.extend(token);
    }
    tokens
}

/// `expires_in` is an integer, and the life of the token.
fn promises_no_more_than_it_is(title: &str, answer: &Response, token: &str) {
    let claims = claims(token);
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    if answer.header("content-type").unwrap().starts_with("application/json") {
        assert_eq!(answer.json()["expires_in"].as_i64(), Some(life), "{title}");
    }
}

/// Is `text` what was written down? If so, what stands in its open place, of which there is one at most.
fn fit<'t>(due: &str, text: &'t str) -> Option<&'t str> {
    for (mark, is_it) in OPEN {
        if let Some((before, after)) = due.split_once(mark) {
            return text.strip_prefix(before)?.strip_suffix(after).filter(|held| is_it(held));
        }
    }
    (due == text).then_some("")
}

fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else { return false };
    let (Some(header), Some(_)) = (json(header), json(claims)) else { return false };
    // RSA with 2048 bits signs in 256 bytes.
    let is_signed = BASE64_URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| signature.len() == 256);
    header["alg"] == "RS256" && header["kid"].is_string() && is_signed
}

fn is_uuid4(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if matches!(c, '0'..='9' | 'a'..='f') { 'x' } else { c }).collect();
    let version = text.get(14..15) == Some("4") && text.get(19..20).is_some_and(|variant| "89ab".contains(variant));
    shape == "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" && version
}

/// The claims of a JWT, unverified.
pub fn claims(token: &str) -> Value {
    json(token.split('.').nth(1).unwrap()).unwrap()
}

/// The header of a JWT, unverified.
pub fn header(token: &str) -> Value {
    json(token.split('.').next().unwrap()).unwrap()
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "9092ee4d-f0fb-42e9-8787-b668dbcec531";

    #[test]
    fn what_is_written_down_must_come_byte_for_byte() {
        let due = r#"{"access_token":"<uuid4>","expires_in":600}"#;
        assert_eq!(fit(due, &due.replace("<uuid4>", UUID)), Some(UUID));
        for other in [
            format!(r#"{{"access_token":"{UUID}","expires_in":"600"}}"#),
            format!(r#"{{"access_token": "{UUID}","expires_in":600}}"#),
            format!(r#"{{"expires_in":600,"access_token":"{UUID}"}}"#),
            format!(r#"{{"access_token":"{UUID}","expires_in":600}}"#) + "\n",
            format!(r#"{{"access_token":"{}","expires_in":600}}"#, UUID.to_uppercase()),
            format!(r#"{{"access_token":"{}","expires_in":600}}"#, UUID.replace("42e9", "12e9")),
            r#"{"access_token":"","expires_in":600}"#.to_owned(),
        ] {
            assert_eq!(fit(due, &other), None, "{other}");
        }
    }

    #[test]
    fn a_jwt_has_three_parts_and_a_signature() {
        let part = |text: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(text);
        let (header, signature) = (part(br#"{"alg":"RS256","kid":"k"}"#), part(&[1; 256]));
        assert!(is_jwt(&format!("{header}.e30.{signature}")));
        for other in
            ["", "a.b", &format!("{header}.e30."), &format!("{header}.e30.{signature}.e30"), &format!("e30.e30.{signature}")]
        {
            assert!(!is_jwt(other), "{other}");
        }
        assert_eq!(fit("<jwt>", &format!("\"{header}.e30.{signature}\"")), None, "a bare token has no quotes");
    }
}
