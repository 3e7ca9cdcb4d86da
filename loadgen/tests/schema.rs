//! The JSON Schemas of the repository: they say what the types say, and hold for what the program writes.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use jsonschema::Validator;
use serde_json::{Value, json};
use weir::load::Load;
use weir::plan::Settings;
use weir::report::schema::Document;
use weir::report::{Outcome, Report, TargetSample, TargetUse};

use self::common::{plan, run, server, sse};

/// Where the schema of a kind of document lies: `weir.report/1` in `schema/weir.report-1.json`.
fn path(document: Document) -> PathBuf {
    let file = format!("schema/{}.json", document.name().replace('/', "-"));
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn validator() -> Validator {
    jsonschema::validator_for(Document::Report.schema().as_value()).unwrap()
}

/// A short run held against thresholds, as if it had met an error and watched its target.
fn report() -> Report {
    let server = server();
    let mut report = run(Settings {
        load: Load {
            streams: 3,
            ..Load::default()
        },
        threads: 2,
        duration: Some(Duration::from_millis(1_200)),
        warmup: Duration::from_millis(50),
        thresholds: vec!["gap.p99<1us".parse().unwrap(), "lost==0".parse().unwrap()],
        ..plan(&sse(&server, "rate=100"))
    });
    report.errors = common::errors(&[("reset", 1)]);
    report.target = Some(TargetUse {
        source: "pid 1".to_owned(),
        ..TargetUse::default()
    });
    report.intervals[0].target = Some(TargetSample {
        cpu_ratio: Some(0.5),
        ..TargetSample::default()
    });
    report
}

#[test]
fn files_say_what_the_types_say() {
    for document in Document::ALL {
        let path = path(document);
        let stored = fs::read_to_string(&path).unwrap_or_default();
        let made = serde_json::to_string_pretty(&document.schema()).unwrap() + "\n";
        let name = format!("{document:?}").to_lowercase();
        assert!(
            stored == made,
            "{} is not what the types say: cargo run -p weir -- schema {name} > {}",
            path.display(),
            path.display()
        );
        let printed = cargo_bin_cmd!("weir")
            .args(["schema", &name])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(printed.stdout).unwrap(), stored);
    }
}

#[test]
fn reports_are_as_their_schema_says() {
    let report = report();
    assert_eq!(report.thresholds[0].outcome, Outcome::Failed);
    let document = serde_json::to_value(&report).unwrap();
    let validator = validator();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn what_is_not_as_it_says_is_refused() {
    let valid = serde_json::to_value(report()).unwrap();
    let validator = validator();
    let refuses = |path: &str, value: Value| {
        let mut document = valid.clone();
        *document
            .pointer_mut(path)
            .unwrap_or_else(|| panic!("{path}")) = value;
        !validator.is_valid(&document)
    };
    for (path, value) in [
        ("/schema", json!("weir.report/2")),
        ("/counters/events", json!(-1)),
        ("/latency/gap/p99_ns", json!("1ms")),
        ("/verdict/status", json!("good")),
        ("/plan/duration_s", json!({"secs": 1})),
        ("/plan/addrs", json!("127.0.0.1")),
        ("/histograms/gap", json!([1, 2])),
        ("/intervals/0/t_s", Value::Null),
        ("/thresholds/0/outcome", json!("maybe")),
        ("/errors", json!({"reset": "often"})),
    ] {
        assert!(refuses(path, value.clone()), "{path}: {value}");
    }
    for name in ["schema", "counters", "histograms", "thresholds"] {
        let mut document = valid.clone();
        document.as_object_mut().unwrap().remove(name);
        assert!(!validator.is_valid(&document), "without {name}");
    }
    let mut more = valid.clone();
    more["added_later"] = json!(1);
    assert!(validator.is_valid(&more), "names may be added");
}
