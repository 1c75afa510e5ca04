//! A connection that asks and reads, and does nothing else: HTTP/1.1 with keep-alive and `Content-Length` (RFC 9112).

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::Fallible;

/// Larger than any answer that is asked for here.
const BUFFER: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// An answer, which lies in the connection's buffer until the next one.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a [u8],
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// The whole of it, to be shown.
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", String::from_utf8_lossy(self.head), String::from_utf8_lossy(self.body))
    }
}

impl Connection {
    /// `from`: the address that asks, or whichever the system takes.
    pub(crate) async fn open(server: SocketAddr, from: Option<IpAddr>) -> Fallible<Self> {
        let socket = if server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(from) = from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; BUFFER], filled: 0 })
    }

    /// Sends the bytes of a request, and reads the answer to its end.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Fallible<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        let head = loop {
            if let Some(head) = Head::parse(self.received())? {
                break head;
            }
            self.receive().await?;
        };
        while self.filled < head.len + head.body_len {
            self.receive().await?;
        }
        let (text, body) = self.received().split_at_checked(head.len).ok_or("an answer without an end")?;
        Ok(Answer { status: head.status, head: text.trim_ascii_end(), body })
    }

    fn received(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    async fn receive(&mut self) -> Fallible<()> {
        let room = self.buffer.get_mut(self.filled..).filter(|room| !room.is_empty()).ok_or("an answer of more than 16 KiB")?;
        match self.stream.read(room).await? {
            0 => Err("the server closed the connection".into()),
            more => {
                self.filled += more;
                Ok(())
            }
        }
    }
}

/// What has to be known of an answer to find its end.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    len: usize,
    body_len: usize,
}

impl Head {
    /// `None`: there is more to come.
    fn parse(received: &[u8]) -> Fallible<Option<Self>> {
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let mut lines = received.get(..end).unwrap_or_default().split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let status = lines.next().and_then(status).ok_or("an answer that is not HTTP/1.1")?;
        let body_len = lines.find_map(content_length).ok_or("an answer without Content-Length")?;
        Ok(Some(Self { status, len: end + 4, body_len }))
    }
}

fn status(line: &[u8]) -> Option<u16> {
    number(line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?)
}

fn content_length(line: &[u8]) -> Option<usize> {
    let (name, value) = line.split_at_checked("content-length:".len())?;
    if name.eq_ignore_ascii_case(b"content-length:") { number(value.trim_ascii()) } else { None }
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_where_the_answer_ends() {
        let answer = b"HTTP/1.1 401 Unauthorized\r\ndate: now\r\nContent-Length: 12\r\n\r\n{\"error\":1}\n";
        assert_eq!(Head::parse(answer).unwrap(), Some(Head { status: 401, len: 60, body_len: 12 }));
        for cut in 0..60 {
            assert_eq!(Head::parse(&answer[..cut]).unwrap(), None, "{cut} bytes of a head");
        }
    }

    #[test]
    fn an_answer_without_a_known_end_is_refused() {
        for answer in ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0\r\n\r\n"] {
            assert!(Head::parse(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
