//! Faults as they are typed: `KIND[:ARG[:ARG]][@PROBABILITY]`, with commas between them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use http::HeaderValue;

use super::kinds::{Act, Break, Fault, Faults, Refusal, Spec, Split};
use crate::number;

/// No faults at all.
const NONE: &str = "none";

/// A kind of fault. Its form begins with its name and a colon.
struct Kind {
    form: &'static str,
    /// None when the arguments are not what they may be.
    read: fn(&str) -> Option<Fault>,
}

impl Kind {
    fn name(&self) -> &'static str {
        self.form.split(':').next().unwrap_or_default()
    }
}

const fn kind(form: &'static str, read: fn(&str) -> Option<Fault>) -> Kind {
    Kind { form, read }
}

const KINDS: &[Kind] = &[
    kind("refuse:<status>[:<retry_after_s>]", refuse),
    kind("head-delay:<ms>", |args| {
        let delay_ns = delay_ns(args)?;
        Some(Fault::HeadDelay { delay_ns })
    }),
    kind("first-delay:<ms>", |args| {
        let delay_ns = delay_ns(args)?;
        Some(Fault::FirstDelay { delay_ns })
    }),
    kind("stall:<k>:<ms>", |args| {
        let (event, ms) = args.split_once(':')?;
        let stall_ns = delay_ns(ms)?;
        at(event, Act::Stall { stall_ns })
    }),
    kind("end:<k>", |args| at(args, Act::End)),
    kind("cut:<k>:fin|rst|half", cut),
    kind("malformed:<k>", |args| at(args, Act::Malform)),
    kind("content-type:<type>", content_type),
    kind("duplicate:<k>", |args| at(args, Act::Duplicate)),
    kind("drop:<k>", |args| at(args, Act::Drop)),
    kind("swap:<k>", |args| at(args, Act::Swap)),
    kind("split:byte|crlf|utf8", split),
    kind("hold:<period_ms>", |args| {
        let every_ns = delay_ns(args).filter(|every_ns| *every_ns > 0)?;
        Some(Fault::Hold { every_ns })
    }),
];

/// Each of them can repeat an event, of a mebibyte at most, in one write: so many keep that within tens of mebibytes. It is
/// more than twice as many as there are kinds.
const FAULTS_MAX: usize = 32;

/// Why a list of faults is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFault {
    /// A fault that is not what it may be.
    #[error("the fault \"{spec}\" must be {expected}")]
    Spec {
        /// As it was typed.
        spec: String,
        /// What it may be.
        expected: String,
    },
    /// So many faults.
    #[error("a list may have up to {FAULTS_MAX} faults, not {0}")]
    TooMany(usize),
}

impl FromStr for Faults {
    type Err = BadFault;

    fn from_str(list: &str) -> Result<Self, BadFault> {
        if list == NONE {
            return Ok(Self::default());
        }
        let count = list.split(',').count();
        if count > FAULTS_MAX {
            return Err(BadFault::TooMany(count));
        }
        list.split(',')
            .map(Spec::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Spec {
    fn parse(spec: &str) -> Result<Self, BadFault> {
        let bad = |expected: String| BadFault::Spec {
            spec: spec.to_owned(),
            expected,
        };
        let (fault, probability) = spec.split_once('@').unwrap_or((spec, "1"));
        let (name, args) = fault.split_once(':').unwrap_or((fault, ""));
        let Some(kind) = KINDS.iter().find(|kind| kind.name() == name) else {
            let forms: Vec<_> = KINDS.iter().map(|kind| kind.form).collect();
            return Err(bad(format!(
                "one of {}, each with @<probability> or without, or {NONE} alone",
                forms.join(", ")
            )));
        };
        let fault = (kind.read)(args).ok_or_else(|| bad(expected(kind.form)))?;
        let per_million = number::millionths(probability)
            .and_then(|millionths| u32::try_from(millionths).ok())
            .filter(|per_million| *per_million <= 1_000_000);
        let per_million = per_million.ok_or_else(|| {
            let form = kind.form;
            bad(format!(
                "{form}@<probability> with a probability from 0 to 1"
            ))
        })?;
        Ok(Self { fault, per_million })
    }
}

/// A kind's form, and what may stand in it.
fn expected(form: &str) -> String {
    let meanings = [
        ("<status>", "a status from 400 to 599".to_owned()),
        (
            "<retry_after_s>",
            format!("up to {RETRY_AFTER_MAX_S} seconds"),
        ),
        ("<k>", format!("an event from 0 to {EVENT_MAX}")),
        ("<ms>", "0 or 0.001 to 3600000 milliseconds".to_owned()),
        ("<period_ms>", "0.001 to 3600000 milliseconds".to_owned()),
        ("<type>", "as text/plain".to_owned()),
    ];
    let used = meanings.iter().filter(|(place, _)| form.contains(place));
    let used: Vec<_> = used.map(|(_, meaning)| meaning.as_str()).collect();
    if used.is_empty() {
        form.to_owned()
    } else {
        format!("{form} with {}", used.join(" and "))
    }
}

/// A day.
const RETRY_AFTER_MAX_S: u64 = 86_400;
/// As many as `/sse` sends at most.
const EVENT_MAX: u64 = 1_000_000_000_000;
/// A microsecond to an hour.
const DELAY_NS: RangeInclusive<u64> = 1_000..=3_600_000_000_000;

fn refuse(args: &str) -> Option<Fault> {
    let (status, retry_after) = match args.split_once(':') {
        None => (args, None),
        Some((status, retry_after)) => (status, Some(retry_after)),
    };
    let status = integer(status, 400..=599)?;
    let retry_after_s = match retry_after {
        None => None,
        Some(text) => Some(integer(text, 0..=RETRY_AFTER_MAX_S)?),
    };
    Some(Fault::Refuse(Refusal {
        status: u16::try_from(status).ok()?,
        retry_after_s,
    }))
}

fn at(event: &str, act: Act) -> Option<Fault> {
    let event = integer(event, 0..=EVENT_MAX)?;
    Some(Fault::At { event, act })
}

fn cut(args: &str) -> Option<Fault> {
    let (event, how) = args.split_once(':')?;
    let how = match how {
        "fin" => Break::Fin,
        "rst" => Break::Rst,
        "half" => Break::Half,
        _ => return None,
    };
    at(event, Act::Cut(how))
}

/// A type and a subtype (RFC 9110, section 8.3.1); who wants something else in the header wants it wrong.
fn content_type(args: &str) -> Option<Fault> {
    let value = if args.is_empty() { "text/plain" } else { args };
    let (kind, subtype) = value.split_once('/')?;
    if kind.is_empty() || subtype.is_empty() || value.contains(char::is_control) {
        return None;
    }
    HeaderValue::from_str(value).ok().map(Fault::ContentType)
}

fn split(args: &str) -> Option<Fault> {
    let split = match args {
        "byte" => Split::Byte,
        "crlf" => Split::Crlf,
        "utf8" => Split::Utf8,
        _ => return None,
    };
    Some(Fault::Split(split))
}

/// Of milliseconds, in decimal.
fn delay_ns(ms: &str) -> Option<u64> {
    number::millionths(ms).filter(|ns| *ns == 0 || DELAY_NS.contains(ns))
}

fn integer(text: &str, range: RangeInclusive<u64>) -> Option<u64> {
    number::whole(text).filter(|number| range.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(list: &str) -> Vec<(Fault, u32)> {
        let faults: Faults = list.parse().unwrap();
        let specs = faults.0.into_iter();
        specs.map(|spec| (spec.fault, spec.per_million)).collect()
    }

    fn one(spec: &str) -> Fault {
        parsed(spec).remove(0).0
    }

    #[test]
    fn every_kind_is_read() {
        let refusal = |status, retry_after_s| {
            Fault::Refuse(Refusal {
                status,
                retry_after_s,
            })
        };
        let at = |event, act| Fault::At { event, act };
        let of_type = |value| Fault::ContentType(HeaderValue::from_static(value));
        for (spec, fault) in [
            ("refuse:400", refusal(400, None)),
            ("refuse:599:0", refusal(599, Some(0))),
            (
                "head-delay:1.5",
                Fault::HeadDelay {
                    delay_ns: 1_500_000,
                },
            ),
            ("first-delay:0", Fault::FirstDelay { delay_ns: 0 }),
            ("stall:7:0.001", at(7, Act::Stall { stall_ns: 1_000 })),
            ("end:0", at(0, Act::End)),
            ("cut:1:fin", at(1, Act::Cut(Break::Fin))),
            ("cut:2:rst", at(2, Act::Cut(Break::Rst))),
            ("cut:3:half", at(3, Act::Cut(Break::Half))),
            ("malformed:4", at(4, Act::Malform)),
            ("content-type", of_type("text/plain")),
            (
                "content-type:text/html; charset=x",
                of_type("text/html; charset=x"),
            ),
            ("duplicate:5", at(5, Act::Duplicate)),
            ("drop:1000000000000", at(EVENT_MAX, Act::Drop)),
            ("swap:6", at(6, Act::Swap)),
            ("split:byte", Fault::Split(Split::Byte)),
            ("split:crlf", Fault::Split(Split::Crlf)),
            ("split:utf8", Fault::Split(Split::Utf8)),
            (
                "hold:3600000",
                Fault::Hold {
                    every_ns: 3_600_000_000_000,
                },
            ),
        ] {
            assert_eq!(parsed(spec), [(fault, 1_000_000)], "{spec}");
        }
    }

    #[test]
    fn a_list_keeps_its_order_and_each_its_probability() {
        let end = one("end:1");
        assert_eq!(
            parsed("end:1@0.000001,drop:2,end:1@0,end:1@1.0"),
            [
                (end.clone(), 1),
                (one("drop:2"), 1_000_000),
                (end.clone(), 0),
                (end, 1_000_000)
            ]
        );
        assert_eq!(parsed("none"), []);
    }

    #[test]
    fn every_bad_one_is_refused() {
        for spec in [
            "",
            "none,end:1",
            "end",
            "end:",
            "end:x",
            "end:-1",
            "end:+1",
            "end:1:2",
            "end:1000000000001",
            "refuse:399",
            "refuse:600",
            "refuse:503:",
            "refuse:503:86401",
            "refuse:503:1:2",
            "head-delay:",
            "head-delay:0.0001",
            "head-delay:3600000.1",
            "stall:1",
            "stall:1:x",
            "stall::1",
            "cut:1",
            "cut:1:FIN",
            "content-type:text",
            "content-type:/",
            "content-type:a/\n",
            "content-type:a/ä\u{7f}",
            "split",
            "split:bytes",
            "hold:-1",
            "hold:0",
            "end:1@",
            "end:1@1.000001",
            "end:1@0.0000001",
            "end:1@1@1",
            "END:1",
            " end:1",
            "end:1,",
            ",end:1",
        ] {
            assert!(spec.parse::<Faults>().is_err(), "{spec:?}");
        }
    }

    #[test]
    fn a_list_has_its_limit() {
        let list = |count| vec!["duplicate:0"; count].join(",");
        assert_eq!(parsed(&list(FAULTS_MAX)).len(), FAULTS_MAX);
        let refused = list(FAULTS_MAX + 1).parse::<Faults>().unwrap_err();
        let message = "a list may have up to 32 faults, not 33";
        assert_eq!(refused.to_string(), message);
    }

    #[test]
    fn a_bad_one_is_named_and_told_what_it_may_be() {
        let message = |list: &str| list.parse::<Faults>().unwrap_err().to_string();
        assert_eq!(
            message("end:1,stall:x:5"),
            "the fault \"stall:x:5\" must be stall:<k>:<ms> with an event from 0 to 1000000000000 and 0 or 0.001 to \
             3600000 milliseconds"
        );
        assert_eq!(
            message("split:bit"),
            "the fault \"split:bit\" must be split:byte|crlf|utf8"
        );
        assert_eq!(
            message("end:1@2"),
            "the fault \"end:1@2\" must be end:<k>@<probability> with a probability from 0 to 1"
        );
        let unknown = message("ende:1");
        let begins = "the fault \"ende:1\" must be one of refuse:<status>[:<retry_after_s>], head-delay:<ms>, ";
        assert!(unknown.starts_with(begins), "{unknown}");
        assert!(KINDS.iter().all(|kind| unknown.contains(kind.form)));
    }
}
