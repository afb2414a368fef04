//! A browser's side of HTTP/1.1 over one kept connection: cookies, forms, JSON. It reads what this server writes, no more.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One browser on one connection.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// By name.
    pub cookies: BTreeMap<String, String>,
    /// Further headers of every request, each with its line's end.
    pub more_headers: &'static str,
}

/// What a browser says it can read. Whoever says so gets bodies that nothing here unpacks.
pub const ACCEPT_COMPRESSED: &str = "Accept-Encoding: gzip, deflate, br\r\n";

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream, buffer: Vec::new(), cookies: BTreeMap::new(), more_headers: "" })
    }

    /// The same browser on a new connection.
    pub async fn again(&self) -> anyhow::Result<Self> {
        let cookies = self.cookies.clone();
        Ok(Self { cookies, more_headers: self.more_headers, ..Self::connect(self.address).await? })
    }

    pub async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", self.headers());
        self.send(request.as_bytes()).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = self.request(path, "application/x-www-form-urlencoded", "", &body.join("&"));
        self.send(&request).await
    }

    /// A whole POST, to be sent as it is.
    pub fn request(&self, path: &str, kind: &str, header: &str, body: &str) -> Vec<u8> {
        let length = body.len();
        let headers = self.headers();
        format!(
            "POST {path} HTTP/1.1\r\n{headers}{header}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    fn headers(&self) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        format!("Host: {0}\r\nOrigin: http://{0}\r\n{1}{cookies}", self.address, self.more_headers)
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            self.read().await?;
        };
        let head = std::str::from_utf8(&self.buffer[..end])?.to_owned();
        self.buffer.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
        let (mut location, mut length, mut chunked) = (String::new(), 0, false);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => value.clone_into(&mut location),
                "content-length" => length = value.parse()?,
                "transfer-encoding" => chunked = true,
                "set-cookie" => self.keep(value),
                _ => {}
            }
        }
        let body = if chunked { self.chunks().await? } else { self.take(length).await? };
        Ok(Answer { status, location, body })
    }

    fn keep(&mut self, set: &str) {
        if let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }

    async fn take(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.read().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn chunks(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                    break at;
                }
                self.read().await?;
            };
            let length = usize::from_str_radix(std::str::from_utf8(&self.buffer[..end])?.trim(), 16)?;
            self.buffer.drain(..end + 2);
            let chunk = self.take(length + 2).await?;
            if length == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..length]);
        }
    }
}

impl Answer {
    /// The path of a redirect, without its query.
    pub fn to(&self) -> anyhow::Result<&str> {
        if self.status != 303 {
            bail!("{} and no redirect: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(self.location.split(['?', '#']).next().unwrap_or_default())
    }
}

fn encoded(text: &str) -> String {
    let byte =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}
