//! Shapes as SVG elements that take their colours from the page's style sheet.

use std::convert::Infallible;
use std::fmt::Write as _;

use maud::{Markup, Render, html};
use plotters::style::{Color, RGBAColor, RGBColor};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::Stroke;

/// What a shape is, and whose. The plotting crate hands it on in the place of a colour; what it looks like, in light and in
/// dark, the style sheet says by its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) role: Role,
    /// Of which run, or of which thing among several.
    pub(super) ink: usize,
}

/// What a shape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Grid,
    Axis,
    /// The name of a tick.
    Tick,
    Stroke(Stroke),
    Dot,
    /// The name of a line.
    Name,
    Held,
    Broke,
    Unknown,
    Between,
    Knee,
}

/// All of them; the place of each stands for it in a colour.
const ROLES: [Role; 14] = [
    Role::Grid,
    Role::Axis,
    Role::Tick,
    Role::Stroke(Stroke::Solid),
    Role::Stroke(Stroke::Thin),
    Role::Stroke(Stroke::Uncertain),
    Role::Stroke(Stroke::Bound),
    Role::Dot,
    Role::Name,
    Role::Held,
    Role::Broke,
    Role::Unknown,
    Role::Between,
    Role::Knee,
];

impl Role {
    /// In the style sheet.
    fn class(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Axis => "axis",
            Self::Tick => "tick",
            Self::Stroke(stroke) => stroke.class(),
            Self::Dot => "dot",
            Self::Name => "name",
            Self::Held => "held",
            Self::Broke => "broke",
            Self::Unknown => "unknown",
            Self::Between => "between",
            Self::Knee => "knee",
        }
    }

    /// Whether it is one of several of its kind, told apart by colour.
    fn has_ink(self) -> bool {
        matches!(self, Self::Stroke(_) | Self::Dot | Self::Name)
    }
}

impl Stroke {
    /// In the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Solid => "solid",
            Self::Thin => "thin",
            Self::Uncertain => "uncertain",
            Self::Bound => "bound",
        }
    }
}

/// Colours in the style sheet; with more runs they come again, and the number at a line's end tells which is meant.
pub(super) const INKS: usize = 6;

impl Look {
    /// In the place of a colour.
    pub(super) fn colour(self) -> RGBAColor {
        let place = ROLES.iter().position(|role| *role == self.role);
        let place = place.expect("every role is listed") as u8;
        RGBColor(place, (self.ink % INKS) as u8, 0).to_rgba()
    }

    fn class(colour: BackendColor) -> String {
        let (place, ink, _) = colour.rgb;
        let role = ROLES[usize::from(place)];
        let class = role.class();
        if role.has_ink() {
            format!("{class} ink{ink}")
        } else {
            class.to_owned()
        }
    }
}

/// Collects the elements of a drawing.
pub(super) struct Svg<'a> {
    pub(super) elements: &'a mut String,
    pub(super) size: (u32, u32),
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl Svg<'_> {
    fn push(&mut self, element: &Markup) {
        element.render_to(self.elements);
    }
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        _: bool,
    ) -> Drawn {
        let class = Look::class(style.color());
        self.push(&html! {
            rect class=(class) x=(left) y=(top) width=(right - left) height=(bottom - top) {}
        });
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let (class, points) = (Look::class(style.color()), points(path));
        self.push(&html! { polyline class=(class) points=(points) {} });
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let (class, points) = (Look::class(style.color()), points(corners));
        self.push(&html! { polygon class=(class) points=(points) {} });
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        _: bool,
    ) -> Drawn {
        let class = Look::class(style.color());
        self.push(&html! { circle class=(class) cx=(x) cy=(y) r=(radius) {} });
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // The height of a capital above its base line is about 0.72 of the font's size.
        let dy = match style.anchor().v_pos {
            VPos::Top => "0.72em",
            VPos::Center => "0.36em",
            VPos::Bottom => "0",
        };
        let class = Look::class(style.color());
        self.push(&html! {
            text class=(class) x=(x) y=(y) dy=(dy) text-anchor=(anchor) { (text) }
        });
        Ok(())
    }
}

fn points(path: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut text = String::new();
    for (x, y) in path {
        let space = if text.is_empty() { "" } else { " " };
        write!(text, "{space}{x},{y}").expect("a string can be written to");
    }
    text
}
