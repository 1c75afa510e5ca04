//! A connection that asks and reads, and does nothing else: HTTP/1.1 with keep-alive (RFC 9112).

use std::borrow::Cow;
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
    body: &'a [u8],
    framing: Framing,
}

impl Answer<'_> {
    /// The whole of it, to be shown.
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", String::from_utf8_lossy(self.head), String::from_utf8_lossy(&self.content()))
    }

    pub(crate) fn content(&self) -> Cow<'_, [u8]> {
        match self.framing {
            Framing::Length(_) => Cow::Borrowed(self.body),
            Framing::Chunked => Cow::Owned(chunks(self.body).ok().flatten().map(|(content, _)| content).unwrap_or_default()),
        }
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
        let end = loop {
            if let Some(end) = head.end(self.received())? {
                break end;
            }
            self.receive().await?;
        };
        let (head_text, body) = self.received().split_at_checked(head.len).ok_or("an answer without an end")?;
        let body = body.get(..end - head.len).ok_or("an answer without an end")?;
        Ok(Answer { status: head.status, head: head_text.trim_ascii_end(), body, framing: head.framing })
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
    framing: Framing,
}

/// How a body says where it ends (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Head {
    /// `None`: there is more to come.
    fn parse(received: &[u8]) -> Fallible<Option<Self>> {
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let mut lines = received.get(..end).unwrap_or_default().split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let status = lines.next().and_then(status).ok_or("an answer that is not HTTP/1.1")?;
        let framing = lines.find_map(framing).ok_or("an answer with neither Content-Length nor chunks")?;
        Ok(Some(Self { status, len: end + 4, framing }))
    }

    /// Where the answer ends. `None`: there is more to come.
    fn end(&self, received: &[u8]) -> Fallible<Option<usize>> {
        match self.framing {
            Framing::Length(len) => Ok(Some(self.len + len).filter(|&end| end <= received.len())),
            Framing::Chunked => {
                let chunks = chunks(received.get(self.len..).unwrap_or_default())?;
                Ok(chunks.map(|(_, len)| self.len + len))
            }
        }
    }
}

/// What stands in the chunks, and how long they are together. `None`: there is more to come.
fn chunks(mut received: &[u8]) -> Fallible<Option<(Vec<u8>, usize)>> {
    let (all, mut content) = (received.len(), Vec::new());
    while let Some(line) = received.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(received.get(..line).unwrap_or_default())?.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16)?;
        let Some((chunk, rest)) = received.get(line + 2..).and_then(|rest| rest.split_at_checked(size)) else { break };
        let Some(rest) = rest.strip_prefix(b"\r\n") else { break };
        content.extend_from_slice(chunk);
        received = rest;
        if size == 0 {
            return Ok(Some((content, all - received.len())));
        }
    }
    Ok(None)
}

fn status(line: &[u8]) -> Option<u16> {
    number(line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?)
}

fn framing(line: &[u8]) -> Option<Framing> {
    let value = |name: &str| {
        let (begin, value) = line.split_at_checked(name.len())?;
        begin.eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
    };
    match value("content-length:") {
        Some(digits) => number(digits).map(Framing::Length),
        None => value("transfer-encoding:").filter(|value| value.eq_ignore_ascii_case(b"chunked")).map(|_| Framing::Chunked),
    }
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
