use super::*;
use crate::measure::{ErrorKind, Metric, new_histogram};
use crate::report::tests::report;
use crate::report::{Encoded, Interval, Latency, Report};

fn page(reports: &[Report]) -> String {
    let runs: Vec<Run<'_>> = reports
        .iter()
        .map(|report| Run {
            name: "a<b>.json",
            report,
        })
        .collect();
    let mut bytes = Vec::new();
    print(&runs, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// An hour of deliveries.
fn long() -> Report {
    let mut report = report();
    let mut histogram = new_histogram();
    for value_us in 1..20_000u64 {
        histogram.record(value_us * 1_000).unwrap();
    }
    let latency = Latency::of(&histogram).unwrap();
    report.latency = Metric::ALL.map(|metric| (metric, latency)).into();
    report.histograms = Metric::ALL
        .map(|metric| (metric, Encoded::of(&histogram)))
        .into();
    report.intervals = (1..=3_600u32)
        .map(|second| Interval {
            t_s: f64::from(second),
            streams_open: u64::from(second * 7 % 1_000),
            gap_p99_ns: Some(u64::from(second) * 1_000_000),
            gap_p50_ns: Some(u64::from(second) * 10_000),
            ..Interval::default()
        })
        .collect();
    report
}

#[test]
fn what_comes_from_elsewhere_is_text() {
    let mut report = report();
    report.errors = [(ErrorKind::HttpStatus, 3)].into();
    report.error_samples = [(ErrorKind::HttpStatus, "<script>1</script>".to_owned())].into();
    report.plan.target.url = "http://a/?b=\"><img src=x>".to_owned();
    let html = page(&[report.clone(), report]);
    assert!(html.contains("&lt;script&gt;") && html.contains("a&lt;b&gt;.json"));
    assert!(
        !html.contains("<script") && !html.contains("<img"),
        "{html}"
    );
}

#[test]
fn values_of_header_fields_stay_in_the_report() {
    let mut report = report();
    let secret = ("authorization".to_owned(), "Bearer sesame".to_owned());
    report.plan.request.headers = vec![secret];
    let html = page(&[report]);
    assert!(html.contains("authorization") && !html.contains("sesame"));
}

#[test]
fn verdict_and_thresholds_come_first() {
    let html = page(&[long()]);
    let places = [
        "class=\"verdict",
        "id=\"latencies\"",
        "id=\"percentiles\"",
        "id=\"series\"",
    ];
    let places = places.map(|part| html.find(part).expect(part));
    assert!(places.is_sorted());
}

#[test]
fn an_id_names_one_thing() {
    let html = page(&[long(), long()]);
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(all > 30 && ids.len() == all, "{ids:?}");
}

#[test]
fn an_hour_is_not_larger_than_a_page_may_be() {
    let bytes = page(&[long()]).len();
    assert!((20_000..400_000).contains(&bytes), "{bytes}");
}

#[test]
fn each_of_several_runs_has_its_line_and_its_number() {
    let html = page(&[long(), long(), long()]);
    let gap = html.split("id=\"percentiles-gap\"").nth(1).unwrap();
    let gap = gap.split("</figure>").next().unwrap();
    for ink in 0..3 {
        assert!(gap.contains(&format!("class=\"solid ink{ink}\"")));
        assert!(gap.contains(&format!(">{}</text>", ink + 1)));
    }
}

#[test]
fn a_run_of_nothing_has_a_page() {
    let mut report = report();
    report.latency.clear();
    report.histograms.clear();
    report.intervals.clear();
    let html = page(&[report]);
    assert!(html.contains("class=\"verdict") && !html.contains("<figure"));
}
