use super::*;

#[test]
fn a_head_says_where_the_answer_ends() {
    let answer = b"HTTP/1.1 401 Unauthorized\r\ndate: now\r\nContent-Length: 12\r\n\r\n{\"error\":1}\n";
    let head = Head { status: 401, len: 60, framing: Framing::Length(12) };
    assert_eq!(Head::parse(answer).unwrap().unwrap(), head);
    assert_eq!(head.end(answer).unwrap(), Some(72));
    assert_eq!(head.end(&answer[..71]).unwrap(), None);
    for cut in 0..60 {
        assert_eq!(Head::parse(&answer[..cut]).unwrap(), None, "{cut} bytes of a head");
    }
}

#[test]
fn chunks_are_put_together_and_end_with_an_empty_one() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=1\r\n, dear all\r\n0\r\n\r\n";
    let head = Head::parse(answer).unwrap().unwrap();
    assert_eq!(head.end(answer).unwrap(), Some(answer.len()));
    for cut in head.len..answer.len() {
        assert_eq!(head.end(&answer[..cut]).unwrap(), None, "{cut} bytes of an answer");
    }
    assert!(chunks(b"size\r\n").is_err());
    let answer = Answer { status: 200, head: b"", body: &answer[head.len..], framing: Framing::Chunked };
    assert_eq!(answer.content().as_ref(), b"hello, dear all");
}

#[test]
fn an_answer_without_a_known_end_is_refused() {
    for answer in ["HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0\r\n\r\n"] {
        assert!(Head::parse(answer.as_bytes()).is_err(), "{answer}");
    }
}
