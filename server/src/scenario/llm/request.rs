//! What a request asks for: its body, by the format's rules, and options of our own.

use std::num::NonZeroU64;

use http::request::Parts;
use serde_json::{Map, Value};

use super::answer::Shape;
use super::format::{Format, MODEL};
use super::speaker::{dialect, events};
use crate::request::bad_request::BadRequest;
use crate::request::query::{PARAMETERS_MAX, Query};
use crate::scenario::parameters::is_stamped;
use crate::scenario::timing;
use crate::schedule::batching::Batching;
use crate::schedule::jitter::Jitter;
use crate::schedule::pace::Pace;
use crate::schedule::timing::Timing;
use crate::stream::plan::Plan;
use crate::tape::shape::AnyShape;

const DEFAULT_TTFT_NS: u64 = 200_000_000;
const DEFAULT_ITL_NS: u64 = 20_000_000;
const DEFAULT_TOKENS: u64 = 128;
/// Some 600 KB of text, which the last events of a response carry four times.
const TOKENS_MAX: u64 = 100_000;
/// More streams than a core carries.
const BATCH_MAX: u64 = 1_000_000;
/// It is in every event.
const MODEL_MAX_CHARS: usize = 200;

/// What was asked for.
pub(super) struct Asked {
    pub(super) plan: Plan,
    /// Of the answer, when it is not to be streamed.
    pub(super) shape: Option<Shape>,
}

/// Reads a request whose body is `body`, to a server that says its answers are of `created_s`, in seconds since the Unix
/// epoch.
///
/// # Errors
/// When a parameter of the query, a member of the body that we know, or one of its `weir` is not what it may be.
pub(super) fn read(
    format: Format,
    head: &Parts,
    body: &[u8],
    created_s: u64,
) -> Result<Asked, BadRequest> {
    let members = Members::parse(body)?;
    let mut query = Query::parse(head.uri.query())?.overridden(members.options()?);
    let shape = shape(format, &members, &mut query, created_s)?;
    let streamed = members.get("stream", "true or false", Value::as_bool)?;
    let plan = plan(&shape, head, &mut query)?;
    query.finish()?;
    let shape = (!streamed.unwrap_or(false)).then_some(shape);
    Ok(Asked { plan, shape })
}

fn shape(
    format: Format,
    members: &Members,
    query: &mut Query<'_>,
    created_s: u64,
) -> Result<Shape, BadRequest> {
    let tokens = query.integer("tokens", 1..=TOKENS_MAX)?;
    Ok(Shape {
        format,
        model: members.model()?,
        created_s,
        seed: query.integer("seed", 0..=u64::MAX)?.unwrap_or(0),
        tokens: tokens.unwrap_or(DEFAULT_TOKENS),
        max_tokens: members.max_tokens(format)?,
        chunk: query.integer("chunk", 1..=TOKENS_MAX)?.unwrap_or(1),
        prompt_tokens: members.prompt_tokens(format)?,
        include_usage: members.include_usage(format)?,
        fail_at: query.integer("fail_at", 0..=TOKENS_MAX)?,
    })
}

fn plan(shape: &Shape, head: &Parts, query: &mut Query<'_>) -> Result<Plan, BadRequest> {
    let ttft_ns = query.millionths("ttft", timing::DELAY_NS)?;
    let itl_ns = query
        .millionths("itl", timing::DELAY_NS)?
        .unwrap_or(DEFAULT_ITL_NS);
    let batching = batching(query, itl_ns)?;
    let unpaced = match batching {
        Some(_) => Some("with max_batch"),
        None => (itl_ns == 0).then_some("at itl 0"),
    };
    let gaps = timing::gaps(query, unpaced)?;
    let stall = timing::stall(query, unpaced)?;
    let paced = shape.chunks() + u64::from(shape.fails());
    let pace = Pace::every(itl_ns)
        .with_ttfe(ttft_ns.unwrap_or(DEFAULT_TTFT_NS))
        .with_lead(dialect(shape.format).openings(), paced);
    Ok(Plan {
        shape: AnyShape::new(shape.clone()),
        events: 0..events(shape),
        timing: Timing {
            jitter: Jitter::new(gaps, stall, shape.seed),
            batching,
            ..Timing::paced(pace)
        },
        retry_ms: None,
        stamped: is_stamped(query, &head.headers)?,
    })
}

fn batching(query: &mut Query<'_>, itl_ns: u64) -> Result<Option<Batching>, BadRequest> {
    let max_batch = query.integer("max_batch", 1..=BATCH_MAX)?;
    match max_batch.and_then(NonZeroU64::new) {
        Some(max_batch) if itl_ns == 0 => {
            let expected = "absent at itl 0, which has no steps";
            Err(BadRequest::invalid(
                "max_batch",
                &max_batch.to_string(),
                expected,
            ))
        }
        max_batch => Ok(max_batch.map(|max_batch| Batching {
            interval_ns: itl_ns,
            max_batch,
        })),
    }
}

/// The members of the body's object. One that is null is absent, as clients have it; those we do not know are ignored, as
/// real servers do.
struct Members(Map<String, Value>);

impl Members {
    fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|error| BadRequest {
                code: "invalid_json",
                param: "body".to_owned(),
                message: format!("the body must be a JSON object: {error}"),
            })
    }

    /// Our own options, in the member `weir`.
    fn options(&self) -> Result<Vec<(String, String)>, BadRequest> {
        let expected = format!("an object of at most {PARAMETERS_MAX} options");
        let options = self.get("weir", &expected, |value| {
            let options = value.as_object();
            options.filter(|options| options.len() <= PARAMETERS_MAX)
        })?;
        let read = |(name, value): (&String, &Value)| {
            let text = match value {
                Value::Number(number) => number.to_string(),
                Value::String(text) => text.clone(),
                _ => {
                    let param = format!("weir.{name}");
                    return Err(invalid(&param, value, "a number or a string"));
                }
            };
            Ok((name.clone(), text))
        };
        options.into_iter().flatten().map(read).collect()
    }

    fn model(&self) -> Result<Box<str>, BadRequest> {
        let expected = format!("a string of at most {MODEL_MAX_CHARS} characters");
        let model = self.get("model", &expected, |value| {
            value
                .as_str()
                .filter(|model| model.chars().count() <= MODEL_MAX_CHARS)
        })?;
        Ok(model.unwrap_or(MODEL).into())
    }

    /// The least of the members that cap the answer.
    fn max_tokens(&self, format: Format) -> Result<Option<u64>, BadRequest> {
        let expected = "a whole number from 1";
        let positive = |value: &Value| value.as_u64().filter(|max| *max > 0);
        let caps = dialect(format).caps().iter();
        let given = caps.map(|name| self.get(name, expected, positive));
        let given: Vec<Option<u64>> = given.collect::<Result<_, _>>()?;
        Ok(given.into_iter().flatten().min())
    }

    /// Words of the prompt, or how many tokens it is given as.
    fn prompt_tokens(&self, format: Format) -> Result<u64, BadRequest> {
        let (prompt, beside) = dialect(format).prompt();
        let words = if prompt == "messages" {
            self.get(prompt, "an array of messages", |value| {
                let messages = value.as_array().filter(|messages| !messages.is_empty())?;
                messages.iter().all(Value::is_object).then(|| words(value))
            })?
        } else {
            self.text(prompt)?
        };
        let words = words.ok_or_else(|| BadRequest {
            code: "missing_parameter",
            param: prompt.to_owned(),
            message: format!("{prompt} is missing"),
        })?;
        let beside = beside.map_or(Ok(None), |beside| self.text(beside))?;
        Ok(words + beside.unwrap_or(0))
    }

    /// Words of a string, or of an array of what has some.
    fn text(&self, name: &str) -> Result<Option<u64>, BadRequest> {
        self.get(name, "a string or an array", |value| {
            (value.is_string() || value.is_array()).then(|| words(value))
        })
    }

    /// Whether a stream of completions ends with its usage. Of these there can be but one.
    fn include_usage(&self, format: Format) -> Result<bool, BadRequest> {
        if !matches!(format, Format::Chat | Format::Completions) {
            return Ok(false);
        }
        self.get("n", "1: there is one answer", |value| {
            value.as_u64().filter(|n| *n == 1)
        })?;
        let options = self.get("stream_options", "an object", Value::as_object)?;
        match options.and_then(|options| options.get("include_usage")) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(include)) => Ok(*include),
            Some(value) => {
                let param = "stream_options.include_usage";
                Err(invalid(param, value, "true or false"))
            }
        }
    }

    /// What `read` makes of member `name`, which is to be as `expected`.
    fn get<'a, T>(
        &'a self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, BadRequest> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                None => Err(invalid(name, value, expected)),
                read => Ok(read),
            },
        }
    }
}

/// Words in all the text there is in a prompt, and token numbers.
fn words(prompt: &Value) -> u64 {
    match prompt {
        Value::String(text) => text.split_whitespace().count() as u64,
        Value::Number(_) => 1,
        Value::Array(parts) => parts.iter().map(words).sum(),
        Value::Object(part) => {
            let texts = ["content", "text"].map(|name| part.get(name).map_or(0, words));
            texts.iter().sum()
        }
        Value::Null | Value::Bool(_) => 0,
    }
}

fn invalid(param: &str, value: &Value, expected: &str) -> BadRequest {
    /// Enough to recognise what was sent.
    const SHOWN_MAX_CHARS: usize = 60;
    let mut shown = match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    if let Some((end, _)) = shown.char_indices().nth(SHOWN_MAX_CHARS) {
        shown.truncate(end);
        shown.push_str("...");
    }
    BadRequest::invalid(param, &shown, expected)
}

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::json;

    use super::*;

    const ALL: [Format; 4] = [
        Format::Chat,
        Format::Completions,
        Format::Responses,
        Format::Anthropic,
    ];

    fn ask(format: Format, query: &str, body: &Value) -> Result<Asked, BadRequest> {
        let request = Request::post(format!("/?{query}")).body(()).unwrap();
        let body = serde_json::to_vec(body).unwrap();
        read(format, &request.into_parts().0, &body, 1_700_000_000)
    }

    /// A body that every format takes, with `more` in it.
    fn body(more: &Value) -> Value {
        let mut body = json!({
            "messages": [{"role": "user", "content": "how deep is it"}],
            "prompt": "how deep is it",
            "input": "how deep is it",
        });
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        body
    }

    fn shape_of(format: Format, query: &str, more: &Value) -> Shape {
        let asked = ask(format, query, &body(more)).map_err(|error| error.message);
        asked.unwrap().shape.unwrap()
    }

    #[track_caller]
    fn assert_refused(format: Format, query: &str, body: &Value, param: &str, message: &str) {
        let error = ask(format, query, body).err().unwrap();
        assert_eq!((error.param.as_str(), &*error.message), (param, message));
    }

    #[test]
    fn defaults_are_those_of_the_readme() {
        for format in ALL {
            let asked = ask(format, "", &body(&json!({}))).ok().unwrap();
            let shape = asked.shape.unwrap();
            assert_eq!((&*shape.model, shape.tokens, shape.chunk), ("weir", 128, 1));
            assert_eq!((shape.prompt_tokens, shape.chunks()), (4, 128));
            assert!(!shape.is_cut() && !shape.fails());
            let plan = asked.plan;
            let openings = dialect(format).openings();
            assert_eq!(plan.timing.pace.due_ns(0), 200_000_000);
            assert_eq!(plan.timing.pace.due_ns(openings), 200_000_000);
            assert_eq!(plan.timing.pace.due_ns(openings + 1), 220_000_000);
            let last_ns = 200_000_000 + 127 * 20_000_000;
            assert_eq!(plan.timing.pace.due_ns(plan.events.end - 1), last_ns);
            assert!(
                plan.timing.jitter.is_none() && plan.timing.batching.is_none() && !plan.stamped
            );
        }
    }

    #[test]
    fn the_body_overrides_the_query_with_numbers_or_strings() {
        let options = json!({"weir": {"tokens": 7, "itl": "2.5", "ttft": 1.5}});
        let query = "tokens=9&seed=3&itl=1&stamp=1&pace=poisson&chunk=2";
        let asked = ask(Format::Chat, query, &body(&options)).ok().unwrap();
        let shape = asked.shape.unwrap();
        assert_eq!((shape.tokens, shape.seed, shape.chunks()), (7, 3, 4));
        assert_eq!(asked.plan.timing.pace.due_ns(2), 1_500_000 + 2_500_000);
        assert!(asked.plan.stamped && asked.plan.timing.jitter.is_some());
    }

    #[test]
    fn the_least_cap_counts_in_the_words_of_the_format() {
        let caps = json!({"max_tokens": 5, "max_completion_tokens": 4, "max_output_tokens": 3});
        let said = ALL.map(|format| shape_of(format, "", &caps).said_tokens());
        assert_eq!(said, [4, 5, 3, 5]);
        assert!(shape_of(Format::Chat, "tokens=5", &caps).is_cut());
        assert!(!shape_of(Format::Chat, "tokens=4", &caps).is_cut());
        let null = json!({"max_tokens": null, "n": null, "stream": null, "weir": null});
        assert_eq!(shape_of(Format::Chat, "", &null).max_tokens, None);
    }

    #[test]
    fn words_of_every_part_of_a_prompt_are_counted() {
        let parts = json!([
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "look  at\nthis"},
                {"type": "image_url", "image_url": {"url": "data: not these"}},
            ]},
        ]);
        let count = |format, more: Value| shape_of(format, "", &more).prompt_tokens;
        assert_eq!(count(Format::Chat, json!({"messages": parts})), 5);
        assert_eq!(count(Format::Responses, json!({"input": parts})), 5);
        let beside = json!({"system": [{"text": "be brief"}], "instructions": "be very brief"});
        assert_eq!(count(Format::Anthropic, beside.clone()), 6);
        assert_eq!(count(Format::Responses, beside), 7);
        assert_eq!(
            count(Format::Completions, json!({"prompt": ["a b", "c"]})),
            3
        );
        assert_eq!(count(Format::Completions, json!({"prompt": [5, 6]})), 2);
    }

    #[test]
    fn what_a_member_may_be_is_said() {
        let refused = |more: Value, param: &str, expected: &str, shown: &str| {
            let message = format!("{param} must be {expected}, not \"{shown}\"");
            assert_refused(Format::Chat, "", &body(&more), param, &message);
        };
        let messages = |value: Value, shown: &str| {
            let more = json!({"messages": value});
            refused(more, "messages", "an array of messages", shown);
        };
        messages(json!("hi"), "hi");
        messages(json!([]), "[]");
        messages(json!(["hi"]), "[\"hi\"]");
        let model = "a string of at most 200 characters";
        refused(json!({"model": 4}), "model", model, "4");
        let (long, shown) = ("x".repeat(MODEL_MAX_CHARS + 1), "x".repeat(60));
        refused(
            json!({"model": long}),
            "model",
            model,
            &format!("{shown}..."),
        );
        let flag = "true or false";
        refused(json!({"stream": "yes"}), "stream", flag, "yes");
        let positive = "a whole number from 1";
        refused(json!({"max_tokens": 0}), "max_tokens", positive, "0");
        refused(json!({"max_tokens": 1.5}), "max_tokens", positive, "1.5");
        refused(json!({"n": 2}), "n", "1: there is one answer", "2");
        let options = "stream_options";
        refused(json!({options: true}), options, "an object", "true");
        let usage = "stream_options.include_usage";
        refused(json!({options: {"include_usage": 1}}), usage, flag, "1");
        refused(
            json!({"weir": []}),
            "weir",
            "an object of at most 100 options",
            "[]",
        );
        let seed = json!({"weir": {"seed": true}});
        refused(seed, "weir.seed", "a number or a string", "true");
    }

    #[test]
    fn a_prompt_is_needed_and_members_of_others_are_ignored() {
        for (format, prompt) in ALL.iter().zip(["messages", "prompt", "input", "messages"]) {
            let message = format!("{prompt} is missing");
            assert_refused(*format, "", &json!({prompt: null}), prompt, &message);
        }
        let unknown = json!({"temperature": "hot", "tools": 5, "stop": false});
        assert!(ask(Format::Chat, "", &body(&unknown)).is_ok());
        let of_completions = json!({"n": 2, "stream_options": 5, "prompt": 5});
        assert!(ask(Format::Anthropic, "", &body(&of_completions)).is_ok());
    }

    #[test]
    fn options_have_their_limits() {
        for (query, param) in [
            ("tokens=0", "tokens"),
            ("tokens=100001", "tokens"),
            ("chunk=0", "chunk"),
            ("ttft=3600001", "ttft"),
            ("itl=-1", "itl"),
            ("seed=x", "seed"),
            ("fail_at=x", "fail_at"),
            ("max_batch=0", "max_batch"),
            ("pace=even", "pace"),
            ("stall=1", "stall"),
            ("stamp=yes", "stamp"),
            ("rate=5", "rate"),
        ] {
            let error = ask(Format::Chat, query, &body(&json!({}))).err().unwrap();
            assert_eq!(error.param, param);
        }
        let known = "there is no parameter \"tokenz\" here, only tokens, seed, chunk, fail_at, ttft, itl, max_batch, pace, stall, stamp, fault";
        let more = body(&json!({"weir": {"tokenz": 5}}));
        assert_refused(Format::Chat, "", &more, "tokenz", known);
    }

    #[test]
    fn where_nothing_is_drawn_draws_are_refused() {
        let any = body(&json!({}));
        for (query, param, message) in [
            (
                "itl=0&pace=poisson",
                "pace",
                "pace must be fixed at itl 0, which has no gaps to draw, not \"poisson\"",
            ),
            (
                "max_batch=2&stall=1:5",
                "stall",
                "stall must be absent with max_batch, which has no schedule to stall, not \"1:5\"",
            ),
            (
                "itl=0&max_batch=2",
                "max_batch",
                "max_batch must be absent at itl 0, which has no steps, not \"2\"",
            ),
        ] {
            assert_refused(Format::Chat, query, &any, param, message);
        }
        let asked = ask(Format::Chat, "max_batch=2&itl=5", &any).ok().unwrap();
        assert_eq!(asked.plan.timing.batching.unwrap().interval_ns, 5_000_000);
        assert_eq!(asked.plan.timing.pace.steps(), 128);
    }

    #[test]
    fn a_body_is_a_json_object() {
        let head = Request::post("/").body(()).unwrap().into_parts().0;
        for text in ["", "{", "[]", "5"] {
            let error = read(Format::Chat, &head, text.as_bytes(), 0).err().unwrap();
            assert_eq!((error.code, error.param.as_str()), ("invalid_json", "body"));
            assert!(
                error
                    .message
                    .starts_with("the body must be a JSON object: ")
            );
        }
    }
}
