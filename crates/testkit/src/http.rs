//! As much of HTTP as a go-between needs.

use std::{io::Read, net::TcpStream};

use anyhow::{Context, Result};

/// Longest head of a request or an answer: what servers allow is 8 to 16 kB.
const HEAD: usize = 16_384;

/// An answer of HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status, such as 200.
    pub status: u16,
    /// `content-type`.
    pub kind: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer of that status and body.
    #[must_use]
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, kind: kind.to_owned(), body: body.into() }
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A head up to and with its empty line, and not a byte more.
pub(crate) fn head(stream: &mut TcpStream) -> Result<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        anyhow::ensure!(bytes.len() < HEAD, "a head without end");
        stream.read_exact(&mut byte)?;
        bytes.extend_from_slice(&byte);
    }
    String::from_utf8(bytes).context("a head that is no text")
}

/// The value of a head's first line of that name.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, v)| v.trim())
}

/// How long the body is said to be.
pub(crate) fn length(head: &str) -> usize {
    header(head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// A whole answer.
pub(crate) fn parse(answer: &[u8]) -> Result<Reply> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("an answer without a head")?;
    let (head, body) = answer.split_at(end + 4);
    let head = std::str::from_utf8(head).context("a head that is no text")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("an answer without status")?;
    Ok(Reply::new(status, header(head, "content-type").unwrap_or_default(), body))
}
