//! WebSocket frames as servers send them: unmasked (RFC 6455, 5.2).

use std::io::{self, Read};

/// Opcode of text.
pub(crate) const TEXT: u8 = 1;
/// Opcode of bytes.
pub(crate) const BINARY: u8 = 2;

/// Longest frame that is read; servers of ours send none of a megabyte.
const LONGEST: usize = 16 << 20;

/// A frame, header and all.
#[derive(Debug)]
pub(crate) struct Frame {
    bytes: Vec<u8>,
    payload: usize,
}

impl Frame {
    /// A whole text message, in one frame.
    pub(crate) fn is_text(&self) -> bool {
        self.bytes.first() == Some(&(0x80 | TEXT))
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.bytes.get(self.payload..).unwrap_or_default()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The next frame of a server.
pub(crate) fn read(from: &mut impl Read) -> io::Result<Frame> {
    let mut bytes = vec![0; 2];
    from.read_exact(&mut bytes)?;
    let short = bytes.last().copied().unwrap_or_default() & 0x7f;
    let more = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mut long = vec![0; more];
    from.read_exact(&mut long)?;
    let length = match more {
        0 => usize::from(short),
        _ => long.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte)),
    };
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame without end"));
    }
    bytes.append(&mut long);
    let payload = bytes.len();
    bytes.resize(payload + length, 0);
    from.read_exact(bytes.get_mut(payload..).unwrap_or_default())?;
    Ok(Frame { bytes, payload })
}

/// A message in one frame.
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length), _) if length < 126 => bytes.push(length),
        (_, Ok(length)) => {
            bytes.push(126);
            bytes.extend(length.to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_framed_is_read_again() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let message = vec![b'x'; length];
            let bytes = frame(TEXT, &message);
            let read = read(&mut bytes.as_slice()).unwrap();
            assert!(read.is_text());
            assert_eq!(read.payload(), message, "{length} bytes");
            assert_eq!(read.into_bytes(), bytes);
        }
        assert!(read(&mut [0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255].as_slice()).is_err());
    }
}
