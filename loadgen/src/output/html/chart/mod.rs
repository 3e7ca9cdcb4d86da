//! A chart as inline SVG: axes, grid and marks by the plotting crate, colours and line styles by the page's style sheet.

mod axis;
mod drawing;
mod names;
mod svg;
mod ticks;

use maud::{Markup, PreEscaped, html};

pub(super) use axis::{Axis, AxisUnit, nines};
use svg::INKS;

/// What is drawn, and what is said of it.
#[derive(Debug)]
pub(super) struct Chart {
    /// Unique in its page: letters, digits and hyphens.
    pub(super) id: String,
    pub(super) title: String,
    /// Beside the title.
    pub(super) caption: String,
    /// The figures in words, for those who do not see it.
    pub(super) description: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: Vec<Line>,
    pub(super) marks: Vec<Mark>,
}

/// Something that stands by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    /// A load that was tried, where it held what was asked.
    Held(Point),
    /// Where it did not.
    Broke(Point),
    /// Where nothing is known of it.
    Unknown(Point),
    /// All between two places along the chart.
    Between(f64, f64),
    /// A place along the chart.
    Knee(f64),
}

/// A place in the axes' values.
pub(super) type Point = (f64, f64);

/// From point to point; a single point is drawn as a dot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) points: Vec<Point>,
    pub(super) stroke: Stroke,
    /// Whose it is, for its colour.
    pub(super) ink: usize,
    /// Stands right of the chart, at the height of its end.
    pub(super) name: Option<String>,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stroke {
    /// What is known.
    Solid,
    /// The lower one of two.
    Thin,
    /// What too few samples say.
    Uncertain,
    /// A lower bound.
    Bound,
}

impl Chart {
    /// The chart with its title.
    pub(super) fn figure(&self) -> Markup {
        let (width, height) = drawing::SIZE;
        let title_id = format!("{}-title", self.id);
        let description_id = format!("{}-description", self.id);
        html! {
            figure id=(self.id) {
                figcaption { h3 { (self.title) } " " span { (self.caption) } }
                svg.chart viewBox=(format!("0 0 {width} {height}")) role="img"
                    aria-labelledby=(format!("{title_id} {description_id}")) {
                    title id=(title_id) { (self.title) ", " (self.caption) }
                    desc id=(description_id) { (self.description) }
                    (PreEscaped(drawing::elements(self)))
                }
            }
        }
    }

    /// The strokes in it, each once.
    pub(super) fn strokes(&self) -> impl Iterator<Item = Stroke> {
        self.lines.iter().map(|line| line.stroke)
    }
}

/// A piece of a line, for a legend.
pub(super) fn swatch(stroke: Stroke, ink: usize) -> Markup {
    let class = format!("{} ink{}", stroke.class(), ink % INKS);
    html! {
        svg.swatch viewBox="0 0 28 10" aria-hidden="true" {
            polyline class=(class) points="1,5 27,5" {}
        }
    }
}

/// A mark, for a legend.
pub(super) fn sample(mark: Mark) -> Markup {
    html! {
        svg.swatch viewBox="0 0 28 10" aria-hidden="true" {
            @match mark {
                Mark::Held(_) => { circle.held cx="14" cy="5" r="4" {} }
                Mark::Broke(_) => {
                    polyline.broke points="10,1 18,9" {}
                    polyline.broke points="10,9 18,1" {}
                }
                Mark::Unknown(_) => { circle.unknown cx="14" cy="5" r="4" {} }
                Mark::Between(..) => { rect.between x="4" y="0" width="20" height="10" {} }
                Mark::Knee(_) => { polyline.knee points="14,0 14,10" {} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(lines: Vec<Line>) -> Chart {
        Chart {
            id: "gap".to_owned(),
            title: "gap <1>".to_owned(),
            caption: "event to event".to_owned(),
            description: "from 1 ms".to_owned(),
            x: Axis::time_s(10.0),
            y: Axis::of(AxisUnit::Count, &[10.0]),
            lines,
            marks: Vec::new(),
        }
    }

    fn line(points: Vec<Point>, ink: usize) -> Line {
        Line {
            points,
            stroke: Stroke::Solid,
            ink,
            name: Some("a&b".to_owned()),
        }
    }

    #[test]
    fn a_line_goes_from_corner_to_corner_of_its_axes() {
        let markup = chart(vec![line(vec![(0.0, 0.0), (10.0, 10.0)], 1)]).figure();
        let markup = markup.into_string();
        let points = markup.split("class=\"solid ink1\" points=\"").nth(1);
        let points = points.unwrap().split('"').next().unwrap();
        let numbers: Vec<i32> = points
            .split([' ', ','])
            .map(|number| number.parse().unwrap())
            .collect();
        let [left, bottom, right, top] = numbers[..] else {
            panic!("{points}")
        };
        assert!(left < right && top < bottom, "{points}");
        assert!(right - left > 1_000 && bottom - top > 500, "{points}");
    }

    #[test]
    fn a_single_point_can_be_seen() {
        let markup = chart(vec![line(vec![(5.0, 5.0)], 0)])
            .figure()
            .into_string();
        assert!(markup.contains("<circle class=\"dot ink0\""), "{markup}");
    }

    #[test]
    fn names_and_titles_are_text() {
        let markup = chart(vec![line(vec![(0.0, 1.0), (1.0, 1.0)], 7)]).figure();
        let markup = markup.into_string();
        assert!(markup.contains("gap &lt;1&gt;") && markup.contains(">a&amp;b</text>"));
        assert!(
            markup.contains("name ink1\""),
            "the seventh colour is the first"
        );
    }

    #[test]
    fn a_chart_without_lines_has_its_axes() {
        let markup = chart(Vec::new()).figure().into_string();
        assert!(markup.contains("class=\"axis\"") && markup.contains(">10s</text>"));
    }
}
