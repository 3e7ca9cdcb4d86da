//! What faults do to events. Pure: frames in, steps out.

use std::collections::VecDeque;

use bytes::Bytes;

use super::kinds::{Act, Break, Fault};

/// In an event's place: a field there is not, one without a colon, an id that is to be ignored for its NUL, a
/// reconnection time that is none, and bytes that are not UTF-8 in a type and in data. A parser makes one event of it
/// (WHATWG HTML 9.2.6).
const MALFORMED: &[u8] =
    b"unknown: field\ncolonless\nid: \0\nretry: x\nevent: \xff\ndata: \xc3(\xf0\x9f\n\n";

/// What is to be done next for a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait { wait_ns: u64 },
    Out(Out),
}

/// What leaves a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Out {
    /// One write.
    Bytes(Bytes),
    /// The response is complete.
    End,
    /// The connection is cut in this way, before this event.
    Cut(Break, Bytes),
}

/// The blocks of one stream: what stands between blank lines.
pub(crate) struct Blocks {
    faults: Vec<Fault>,
    begun: bool,
    /// Number of the next event.
    next: u64,
    /// Of a block whose end has not come.
    partial: Vec<u8>,
    /// What goes behind the next event.
    swapped: Vec<u8>,
    /// What goes out together.
    run: Vec<u8>,
}

impl Blocks {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        Self {
            faults: faults.to_vec(),
            begun: false,
            next: 0,
            partial: Vec::new(),
            swapped: Vec::new(),
            run: Vec::new(),
        }
    }

    /// Adds to `steps` what becomes of a frame of the stream. What is not touched of it stays together.
    pub(crate) fn push(&mut self, frame: &[u8], steps: &mut VecDeque<Step>) {
        if !self.begun {
            self.begun = true;
            self.begin(steps);
        }
        let mut bytes = std::mem::take(&mut self.partial);
        bytes.extend_from_slice(frame);
        let mut rest = bytes.as_slice();
        while let Some(end) = block_end(rest) {
            let (block, after) = rest.split_at(end);
            rest = after;
            if !is_event(block) {
                self.run.extend_from_slice(block);
            } else if self.event(block, steps) {
                return;
            }
        }
        self.partial = rest.to_vec();
        self.flush(steps);
    }

    /// Adds to `steps` what is left at the stream's end.
    pub(crate) fn finish(&mut self, steps: &mut VecDeque<Step>) {
        self.run.append(&mut self.swapped);
        self.run.append(&mut self.partial);
        self.flush(steps);
    }

    fn begin(&self, steps: &mut VecDeque<Step>) {
        for fault in &self.faults {
            if let Fault::FirstDelay { delay_ns } = *fault {
                steps.push_back(Step::Wait { wait_ns: delay_ns });
            }
        }
    }

    /// Whether the stream ends with it.
    fn event(&mut self, block: &[u8], steps: &mut VecDeque<Step>) -> bool {
        let number = self.next;
        self.next += 1;
        let acts: Vec<Act> = self
            .faults
            .iter()
            .filter_map(|fault| act_at(fault, number))
            .collect();
        let mut altered = block;
        let (mut copies, mut swap) = (1_usize, false);
        for act in acts {
            match act {
                Act::Stall { stall_ns } => {
                    self.flush(steps);
                    steps.push_back(Step::Wait { wait_ns: stall_ns });
                }
                Act::End => return self.end(Out::End, steps),
                Act::Cut(how) => {
                    return self.end(Out::Cut(how, Bytes::copy_from_slice(block)), steps);
                }
                Act::Malform => altered = MALFORMED,
                Act::Duplicate => copies += 1,
                Act::Drop => copies = copies.saturating_sub(1),
                Act::Swap => swap = true,
            }
        }
        self.put(&altered.repeat(copies), swap);
        false
    }

    /// An event, and behind it the one before it if it was to be swapped.
    fn put(&mut self, event: &[u8], swap: bool) {
        let mut earlier = std::mem::take(&mut self.swapped);
        if swap {
            self.swapped = event.to_vec();
        } else {
            self.run.extend_from_slice(event);
        }
        self.run.append(&mut earlier);
    }

    fn end(&mut self, out: Out, steps: &mut VecDeque<Step>) -> bool {
        self.run.append(&mut self.swapped);
        self.flush(steps);
        steps.push_back(Step::Out(out));
        true
    }

    fn flush(&mut self, steps: &mut VecDeque<Step>) {
        if !self.run.is_empty() {
            let bytes = std::mem::take(&mut self.run).into();
            steps.push_back(Step::Out(Out::Bytes(bytes)));
        }
    }
}

fn act_at(fault: &Fault, number: u64) -> Option<Act> {
    match *fault {
        Fault::At { event, act } if event == number => Some(act),
        _ => None,
    }
}

/// Behind the first blank line. Our own streams end lines with LF, those that are passed on maybe with CR LF.
fn block_end(bytes: &[u8]) -> Option<usize> {
    let mut line_start = 0;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        if matches!(bytes[line_start..at], [] | [b'\r']) {
            return Some(at + 1);
        }
        line_start = at + 1;
    }
    None
}

/// Whether a parser makes an event of it, which it does where there are data (WHATWG HTML 9.2.6).
fn is_event(block: &[u8]) -> bool {
    block.split(|byte| *byte == b'\n').any(|line| {
        let after = line.strip_prefix(b"data");
        after.is_some_and(|after| matches!(after, [] | [b':', ..] | [b'\r']))
    })
}

#[cfg(test)]
mod tests {
    use weir_sse::{Decoder, Item};

    use super::*;
    use crate::fault::kinds::Faults;

    fn blocks(faults: &str) -> Blocks {
        let faults: Faults = faults.parse().unwrap();
        let faults: Vec<Fault> = faults.0.into_iter().map(|spec| spec.fault).collect();
        Blocks::new(&faults)
    }

    /// What becomes of `frames` and of their end: writes as they are, everything else by name.
    fn outcome(faults: &str, frames: &[&str]) -> Vec<String> {
        let (mut blocks, mut steps) = (blocks(faults), VecDeque::new());
        for frame in frames {
            blocks.push(frame.as_bytes(), &mut steps);
        }
        blocks.finish(&mut steps);
        let named = steps.into_iter().map(|step| match step {
            Step::Wait { wait_ns } => format!("wait {wait_ns}"),
            Step::Out(Out::End) => "end".to_owned(),
            Step::Out(Out::Cut(how, event)) => format!("cut {how:?} {event:?}"),
            Step::Out(Out::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        });
        named.collect()
    }

    const A: &str = ":w1 0\ndata: a\n\n";
    const B: &str = "event: x\ndata:b\n\n";
    const C: &str = "data\n\n";
    const BATCH: &str = ":w1 0\ndata: a\n\nevent: x\ndata:b\n\ndata\n\n";

    #[test]
    fn what_is_not_touched_stays_as_it_is() {
        assert_eq!(outcome("drop:3", &[A, B, C]), [A, B, C]);
        assert_eq!(outcome("drop:3", &[BATCH]), [BATCH]);
    }

    #[test]
    fn events_are_dropped_repeated_and_swapped() {
        let all = |events: &[&str]| [events.concat()];
        assert_eq!(outcome("drop:1", &[BATCH]), all(&[A, C]));
        assert_eq!(outcome("drop:1", &[A, B, C]), [A, C]);
        assert_eq!(outcome("duplicate:0", &[BATCH]), all(&[A, A, B, C]));
        assert_eq!(
            outcome("duplicate:0,duplicate:0", &[A, B]),
            [&[A, A, A].concat(), B]
        );
        assert_eq!(outcome("swap:0", &[BATCH]), all(&[B, A, C]));
        assert_eq!(outcome("swap:0", &[A, B, C]), [&[B, A].concat(), C]);
        assert_eq!(outcome("swap:0,swap:1", &[BATCH]), all(&[A, C, B]));
        assert_eq!(outcome("swap:0,drop:1", &[BATCH]), all(&[A, C]));
        assert_eq!(outcome("swap:2", &[BATCH]), [&[A, B].concat(), C]);
        assert_eq!(outcome("drop:0,drop:0", &[A, B]), [B]);
        assert_eq!(outcome("drop:0,swap:1", &[A, B, C]), [&[C, B].concat()[..]]);
    }

    #[test]
    fn what_is_no_event_is_not_counted() {
        let quiet = [
            "retry: 5\n\n",
            ":\n\n",
            "id: 1\n\n",
            ":data: x\n\n",
            "datax: 1\n\n",
        ];
        for block in quiet {
            assert_eq!(outcome("drop:0", &[block, A]), [block]);
            assert_eq!(outcome("swap:0", &[A, block, B]), [block, &[B, A].concat()]);
        }
    }

    #[test]
    fn stalls_ends_and_cuts_stand_before_their_event() {
        assert_eq!(outcome("stall:0:1", &[BATCH]), ["wait 1000000", BATCH]);
        let ab = [A, B].concat();
        assert_eq!(outcome("stall:2:1", &[BATCH]), [&ab, "wait 1000000", C]);
        assert_eq!(outcome("end:2", &[BATCH])[..2], [ab.as_str(), "end"]);
        assert_eq!(outcome("end:0", &[A])[0], "end");
        let cut = format!("cut Half {:?}", Bytes::from(C));
        assert_eq!(outcome("cut:2:half", &[BATCH])[..2], [ab, cut]);
        assert_eq!(
            outcome("stall:1:1,end:1", &[A, B])[..3],
            [A, "wait 1000000", "end"]
        );
        assert_eq!(outcome("swap:0,end:1", &[A, B])[..2], [A, "end"]);
    }

    #[test]
    fn the_first_delay_stands_before_everything() {
        let retry = "retry: 5\n\n";
        assert_eq!(
            outcome("first-delay:2", &[retry, A]),
            ["wait 2000000", retry, A]
        );
    }

    #[test]
    fn frames_may_end_anywhere() {
        let whole = [A, B, C].concat();
        for size in 1..whole.len() {
            let frames: Vec<&str> = (0..whole.len())
                .step_by(size)
                .map(|at| &whole[at..whole.len().min(at + size)])
                .collect();
            assert_eq!(outcome("drop:1", &frames).concat(), [A, C].concat());
        }
        assert_eq!(
            outcome("drop:1", &[A, "data: cut off"]).concat(),
            [A, "data: cut off"].concat()
        );
        let crlf = [A, B, C].map(|event| event.replace('\n', "\r\n"));
        let frame = crlf.concat();
        assert_eq!(
            outcome("drop:1", &[&frame]),
            [[crlf[0].as_str(), &crlf[2]].concat()]
        );
    }

    #[test]
    fn a_parser_survives_what_is_malformed() {
        let (mut blocks, mut steps) = (blocks("malformed:1"), VecDeque::new());
        blocks.push(
            b"id: 0\ndata: a\n\nid: 1\ndata: b\n\nid: 2\ndata: c\n\n",
            &mut steps,
        );
        let Some(Step::Out(Out::Bytes(bytes))) = steps.pop_front() else {
            panic!("one write");
        };
        let (mut decoder, mut input, mut seen) = (Decoder::new(), &bytes[..], Vec::new());
        while let Some(item) = decoder.next(&mut input).unwrap() {
            if let Item::Event(event) = item {
                seen.push(format!("{} {}", event.id_str(), event.data_str()));
            }
        }
        assert_eq!(seen, ["0 a", "0 \u{fffd}(\u{fffd}", "2 c"]);
    }
}
