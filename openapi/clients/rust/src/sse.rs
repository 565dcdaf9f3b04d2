//! Server-sent events, as the HTML standard defines them, as far as an event log needs them.

/// The most bytes that one message may take here: an event of 1 MiB, escaped or in base64, and
/// more.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// One message of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The type; empty for the default one.
    pub event: String,
    pub data: String,
    pub id: Option<String>,
}

/// Cuts a stream of bytes into messages.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed that follows ends no line of its own.
    after_return: bool,
    message: Message,
    has_data: bool,
    bytes: usize,
}

/// A message does not end where it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream sent a message of more than {MESSAGE_BYTES_MAX} bytes")]
pub(crate) struct TooLong;

impl Parser {
    /// Takes what arrived and returns the messages that it completes.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Message>, TooLong> {
        let mut messages = Vec::new();
        for &byte in chunk {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    messages.extend(self.end_line(&line));
                    self.line = line;
                    self.line.clear();
                }
                _ => {
                    self.after_return = false;
                    self.bytes += 1;
                    if self.bytes > MESSAGE_BYTES_MAX {
                        return Err(TooLong);
                    }
                    self.line.push(byte);
                }
            }
        }
        Ok(messages)
    }

    fn end_line(&mut self, line: &[u8]) -> Option<Message> {
        if line.is_empty() {
            self.bytes = 0;
            let message = std::mem::take(&mut self.message);
            return std::mem::take(&mut self.has_data).then_some(message);
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
                self.has_data = true;
            }
            "event" => value.clone_into(&mut self.message.event),
            "id" => self.message.id = Some(value.to_owned()),
            // `retry`, comments (an empty field) and what is to come.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b": keep-alive\n\nid: 7\ndata: {\"a\":1}\n\nevent: end\r\ndata:x\r\ndata: y\r\n\r\nid: 9\n\ndata: later";

    #[test]
    fn messages_are_the_same_however_the_bytes_arrive() {
        let expected = vec![
            Message {
                event: String::new(),
                data: "{\"a\":1}".to_owned(),
                id: Some("7".to_owned()),
            },
            Message {
                event: "end".to_owned(),
                data: "x\ny".to_owned(),
                id: None,
            },
        ];
        for size in 1..STREAM.len() {
            let mut parser = Parser::default();
            let messages: Vec<_> = STREAM
                .chunks(size)
                .flat_map(|chunk| parser.feed(chunk).unwrap())
                .collect();
            assert_eq!(messages, expected, "in chunks of {size}");
        }
    }

    #[test]
    fn a_message_without_end_is_refused() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; 1 << 20];
        let fed = (0..17).find_map(|_| parser.feed(&chunk).err());
        assert_eq!(fed, Some(TooLong));
    }
}
