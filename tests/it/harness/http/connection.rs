//! One connection to a server, byte by byte, with the answers parsed strictly (RFC 9112, sections 4 to 7).

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Request, Response};

/// How long a server may take for anything: long enough for a loaded machine, and no test hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// A kept-alive connection: any number of requests, any bytes.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    patience: Duration,
}

impl Connection {
    pub async fn open(server: SocketAddr) -> io::Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(server)).await??;
        // Each write is a segment of its own, so that a test decides what arrives together.
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), patience: PATIENCE })
    }

    /// The same connection with another limit for each of its steps.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends a request and reads its answer, which may come, as a refusal, before the server has taken the whole request.
    pub async fn exchange(&mut self, request: &Request) -> io::Result<Response> {
        let sent = self.write(&request.bytes()).await;
        let answer = timeout(self.patience, answer(&mut self.stream, request.method == "HEAD")).await?;
        answer.map_err(|error| sent.err().unwrap_or(error))
    }

    /// Sends these bytes and no others: half a request, several, or none at all.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(self.patience, self.stream.write_all(bytes)).await?
    }

    /// The next answer, to anything but `HEAD`.
    pub async fn read(&mut self) -> io::Result<Response> {
        timeout(self.patience, answer(&mut self.stream, false)).await?
    }

    /// Waits for the server to close the connection; false when it says something first, or stays silent.
    pub async fn is_closed(&mut self) -> bool {
        match timeout(self.patience, self.stream.fill_buf()).await {
            Ok(Ok(bytes)) => bytes.is_empty(),
            Ok(Err(error)) => error.kind() == ErrorKind::ConnectionReset,
            Err(_) => false,
        }
    }
}

async fn answer(stream: &mut BufReader<TcpStream>, to_head: bool) -> io::Result<Response> {
    let (status, headers) = loop {
        let head = head(stream).await?;
        // Interim answers, such as 100 Continue, precede the answer.
        if !(100..200).contains(&head.0) {
            break head;
        }
    };
    let mut response = Response { status, headers, body: Vec::new() };
    if to_head || status == 204 || status == 304 {
        return Ok(response);
    }
    response.body = match (response.header("Transfer-Encoding"), response.header("Content-Length")) {
        (Some("chunked"), None) => chunked(stream).await?,
        (None, Some(length)) => exactly(stream, number(length, 10)?).await?,
        (None, None) => {
            let mut body = Vec::new();
            stream.read_to_end(&mut body).await?;
            body
        }
        framing => return Err(invalid(format!("ambiguous framing {framing:?}"))),
    };
    Ok(response)
}

type Head = (u16, Vec<(String, String)>);

async fn head(stream: &mut BufReader<TcpStream>) -> io::Result<Head> {
    let status = line(stream).await?;
    let code = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()).filter(|code| code.len() == 3);
    let code = code.and_then(|code| code.parse().ok()).ok_or_else(|| invalid(format!("status line {status:?}")))?;
    Ok((code, fields(stream).await?))
}

/// Header or trailer fields, with the empty line after them.
async fn fields(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let field = line(stream).await?;
        if field.is_empty() {
            return Ok(fields);
        }
        let (name, value) = field.split_once(':').ok_or_else(|| invalid(format!("header line {field:?}")))?;
        fields.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
}

async fn chunked(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(stream).await?;
        let size = number(size.split(';').next().unwrap_or_default().trim_end(), 16)?;
        if size == 0 {
            fields(stream).await?;
            return Ok(body);
        }
        body.extend(exactly(stream, size).await?);
        let end = line(stream).await?;
        if !end.is_empty() {
            return Err(invalid(format!("{end:?} after a chunk")));
        }
    }
}

async fn exactly(stream: &mut BufReader<TcpStream>, length: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 == u64::from(length) { Ok(bytes) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| invalid(format!("line {line:?} does not end in CR LF")))
}

fn number(digits: &str, radix: u32) -> io::Result<u32> {
    u32::from_str_radix(digits, radix).map_err(|_| invalid(format!("length {digits:?}")))
}

fn invalid(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
