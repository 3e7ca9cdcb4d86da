//! The shapes of a chart.

use std::convert::Infallible;

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, Cross, EmptyElement, PathElement, Rectangle, Text};
use plotters::prelude::{ChartBuilder, IntoFont, LineSeries};
use plotters::style::TextStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::names::{self, Name};
use super::svg::{Look, Role, Svg};
use super::{Axis, Chart, Line, Mark};

/// Drawn in quarters of a pixel, since the plotting crate rounds to whole ones.
const PIXEL: u32 = 4;

/// A column of the page at its usual width; in others it is scaled.
pub(super) const SIZE: (u32, u32) = (400 * PIXEL, 220 * PIXEL);

/// Room for `250 kB`, for the names of ticks below, and for half of one above.
const LEFT: u32 = 54 * PIXEL;
const BOTTOM: u32 = 24 * PIXEL;
const TOP: u32 = 8 * PIXEL;

/// Room for the right half of `99.999%`.
const RIGHT: u32 = 28 * PIXEL;

/// The width of a letter, the height of a line, and what stands between a line's end and its name.
const LETTER: u32 = 9 * PIXEL;
const TEXT_HEIGHT: u32 = 13 * PIXEL;
const NAME_GAP: u32 = 5 * PIXEL;

const DOT_RADIUS: u32 = 5 * PIXEL / 2;
const MARK_RADIUS: u32 = 4 * PIXEL;
const TICK: u32 = 3 * PIXEL;

type Failed = DrawingAreaErrorKind<Infallible>;
type Plot<'a, 'b> = ChartContext<'a, Svg<'b>, Cartesian2d<Axis, Axis>>;

/// As SVG, without the element around them.
pub(super) fn elements(chart: &Chart) -> String {
    let mut elements = String::new();
    let svg = Svg {
        elements: &mut elements,
        size: SIZE,
    };
    draw(chart, &svg.into_drawing_area())
        .expect("elements are collected in memory, and their sizes are fixed");
    elements
}

fn draw(chart: &Chart, area: &DrawingArea<Svg<'_>, Shift>) -> Result<(), Failed> {
    let mut plot = ChartBuilder::on(area)
        .margin_top(TOP)
        .margin_right(right(chart))
        .x_label_area_size(BOTTOM)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(chart.x.clone(), chart.y.clone())?;
    mesh(&mut plot)?;
    for mark in &chart.marks {
        draw_mark(&mut plot, chart, *mark)?;
    }
    for line in &chart.lines {
        draw_line(&mut plot, line)?;
    }
    draw_names(&mut plot, chart)
}

fn right(chart: &Chart) -> u32 {
    let names = chart.lines.iter().filter_map(|line| line.name.as_ref());
    let longest = names.map(|name| name.chars().count() as u32).max();
    let names = longest.map_or(0, |letters| NAME_GAP + letters * LETTER);
    names.max(RIGHT)
}

fn mesh(plot: &mut Plot<'_, '_>) -> Result<(), Failed> {
    let colour = |role| Look { role, ink: 0 }.colour();
    plot.configure_mesh()
        .axis_style(colour(Role::Axis))
        .bold_line_style(colour(Role::Grid))
        .label_style(text(Look {
            role: Role::Tick,
            ink: 0,
        }))
        .set_all_tick_mark_size(TICK)
        .draw()
}

fn draw_line(plot: &mut Plot<'_, '_>, line: &Line) -> Result<(), Failed> {
    let colour = |role| {
        Look {
            role,
            ink: line.ink,
        }
        .colour()
    };
    match line.points[..] {
        [point] => {
            let dot = Circle::new(point, DOT_RADIUS, colour(Role::Dot));
            plot.draw_series([dot]).map(drop)
        }
        _ => {
            let points = line.points.iter().copied();
            let role = Role::Stroke(line.stroke);
            plot.draw_series(LineSeries::new(points, colour(role)))
                .map(drop)
        }
    }
}

fn draw_mark(plot: &mut Plot<'_, '_>, chart: &Chart, mark: Mark) -> Result<(), Failed> {
    let colour = |role| Look { role, ink: 0 }.colour();
    let (foot, head) = (chart.y.at(0.0), chart.y.at(1.0));
    match mark {
        Mark::Held(at) => {
            let dot = Circle::new(at, MARK_RADIUS, colour(Role::Held));
            plot.draw_series([dot]).map(drop)
        }
        Mark::Broke(at) => {
            let cross = Cross::new(at, MARK_RADIUS, colour(Role::Broke));
            plot.draw_series([cross]).map(drop)
        }
        Mark::Unknown(at) => {
            let ring = Circle::new(at, MARK_RADIUS, colour(Role::Unknown));
            plot.draw_series([ring]).map(drop)
        }
        Mark::Between(from, to) => {
            let band = Rectangle::new([(from, head), (to, foot)], colour(Role::Between));
            plot.draw_series([band]).map(drop)
        }
        Mark::Knee(at) => {
            let line = PathElement::new([(at, foot), (at, head)], colour(Role::Knee));
            plot.draw_series([line]).map(drop)
        }
    }
}

fn draw_names(plot: &mut Plot<'_, '_>, chart: &Chart) -> Result<(), Failed> {
    let height = SIZE.1 - TOP - BOTTOM;
    let apart = f64::from(TEXT_HEIGHT) / f64::from(height);
    let names = names::spread(names::of(chart), apart);
    let end = chart.x.at(1.0);
    plot.draw_series(names.iter().map(
        |Name {
             share,
             text: name,
             ink,
         }| {
            let style = text(Look {
                role: Role::Name,
                ink: *ink,
            });
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            let place = (NAME_GAP.cast_signed(), 0);
            EmptyElement::at((end, chart.y.at(*share))) + Text::new(name.clone(), place, style)
        },
    ))
    .map(drop)
}

/// The family and the size are the style sheet's; the size is said here for what is laid out by it.
fn text(look: Look) -> TextStyle<'static> {
    ("sans-serif", TEXT_HEIGHT)
        .into_font()
        .color(&look.colour())
}
