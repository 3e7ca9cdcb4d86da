use super::*;

fn threshold(text: &str) -> Threshold {
    text.parse().unwrap()
}

fn refused(text: &str) -> ExpressionError {
    text.parse::<Threshold>().unwrap_err()
}

#[test]
fn an_expression_is_taken_apart() {
    let whole = threshold(" gap.p99.9 <= 50ms over 30s abort after 1m ");
    assert_eq!(
        whole.expression(),
        "gap.p99.9 <= 50ms over 30s abort after 1m"
    );
    assert_eq!(whole.figure.metric(), Some(crate::measure::Metric::Gap));
    assert_eq!((whole.op, whole.limit), (Op::LessOrEqual, 50e6));
    assert_eq!(whole.over, Some(Duration::from_secs(30)));
    assert_eq!(whole.abort_after, Some(Duration::from_secs(60)));
    let short = threshold("lost==0");
    assert_eq!(
        (short.op, short.limit, short.unit()),
        (Op::Equal, 0.0, Unit::Count)
    );
    assert_eq!((short.over, short.abort_after), (None, None));
    assert_eq!(threshold("errors<5 abort").abort_after, Some(GRACE));
}

#[test]
fn spaces_are_free_and_each_operator_is_its_own() {
    for (text, op) in OPS {
        for spaced in [format!("events{text}5"), format!("  events {text}  5 ")] {
            assert_eq!(threshold(&spaced).op, op, "{spaced}");
        }
    }
}

#[test]
fn figures_have_their_units() {
    let units = [
        ("ttfe.count>0", Unit::Count),
        ("wire.stddev<1ms", Unit::Ns),
        ("loop_lag.p99_9<1ms", Unit::Ns),
        ("failed_rate<0.1%", Unit::Ratio),
        ("reset==0", Unit::Count),
        ("bytes_per_s>1MB/s", Unit::BytesPerS),
        ("started_streams_per_s>=10", Unit::PerS),
        ("target.bytes_per_stream<12KiB", Unit::Bytes),
    ];
    for (text, unit) in units {
        assert_eq!(threshold(text).unit(), unit, "{text}");
    }
}

#[test]
fn what_is_wrong_is_marked_with_what_was_expected() {
    let missing = refused("gap.p99<50");
    let shown =
        "a duration needs a unit\n  gap.p99<50\n            ^ expected ns, us, ms, s, m or h";
    assert_eq!(missing.to_string(), shown);
    let cases = [
        ("", 0, "missing", "gap.p99"),
        ("<5", 0, "missing", "lost"),
        ("gap<5ms", 3, "what of the latency", "p99.9"),
        ("gap.p0<5ms", 4, "what of the latency", "percentile"),
        ("gap.p100<5ms", 4, "what of the latency", "max"),
        ("gap.p99 50ms", 8, "held against", "<="),
        ("gap.p99=50ms", 7, "held against", "=="),
        ("gap.p99<50mb", 10, "unit", "ms"),
        ("gap.p99<", 8, "no number", "50ms"),
        ("failed_rate<5", 12, "above all", "0.1%"),
        ("lost==0 for 30s", 8, "\"for\"", "over TIME, abort"),
        ("lost==0 over 30s abrot", 17, "\"abrot\"", "abort, or"),
        ("lost==0 abort over 30s", 14, "\"over\"", "nothing more"),
        ("lost==0 over 1.5s", 13, "by the second", "whole seconds"),
        ("lost==0 over 0s", 13, "by the second", "whole seconds"),
        ("lost==0 over soon", 13, "no duration", "1.5s"),
        ("lost==0 abort after", 19, "no duration", "1.5s"),
        (
            "reset==0 over 5s",
            9,
            "errors, all kinds together",
            "nothing more",
        ),
        ("reset==0 abort", 9, "whole run only", "nothing more"),
        (
            "target.rss_peak_bytes<1GB over 5s",
            26,
            "whole window only",
            "nothing",
        ),
        (
            "cpu_ns_per_event<5us abort",
            21,
            "whole window only",
            "nothing",
        ),
        ("müll<5", 1, "no figure", "gap.p99"),
    ];
    for (text, column, problem, expected) in cases {
        let error = refused(text);
        let at = if text.starts_with('m') { 0 } else { column };
        assert_eq!(error.column, at, "{text}: {error}");
        assert!(error.problem.contains(problem), "{text}: {error}");
        assert!(error.expected.contains(expected), "{text}: {error}");
    }
}

#[test]
fn the_nearest_name_is_offered() {
    let offered = [
        ("gaps.p99<5ms", "did you mean gap.p99?"),
        ("delivry.max<5ms", "did you mean delivery.max?"),
        ("fail_rate<1%", "did you mean failed_rate?"),
        ("event_per_s>5", "did you mean events_per_s?"),
    ];
    for (text, offer) in offered {
        let error = refused(text);
        assert!(error.problem.contains(offer), "{text}: {}", error.problem);
    }
    assert!(!refused("qqqqqq<5").problem.contains("did you mean"));
}

#[test]
fn an_expression_is_stored_as_it_was_typed() {
    let json = serde_json::to_string(&threshold("gap.p99 < 50ms")).unwrap();
    assert_eq!(json, "\"gap.p99 < 50ms\"");
    let read: Threshold = serde_json::from_str(&json).unwrap();
    assert_eq!(read.limit, 50e6);
    assert!(serde_json::from_str::<Threshold>("\"gap.p99\"").is_err());
}

#[test]
fn a_lower_bound_settles_what_it_can() {
    assert_eq!(Op::Less.holds_from(5.0, 5.0), Some(false));
    assert_eq!(Op::Less.holds_from(4.9, 5.0), None);
    assert_eq!(Op::LessOrEqual.holds_from(5.0, 5.0), None);
    assert_eq!(Op::LessOrEqual.holds_from(5.1, 5.0), Some(false));
    assert_eq!(Op::Greater.holds_from(5.1, 5.0), Some(true));
    assert_eq!(Op::Greater.holds_from(5.0, 5.0), None);
    assert_eq!(Op::GreaterOrEqual.holds_from(5.0, 5.0), Some(true));
    assert_eq!(Op::Equal.holds_from(5.1, 5.0), Some(false));
    assert_eq!(Op::NotEqual.holds_from(5.1, 5.0), Some(true));
}
