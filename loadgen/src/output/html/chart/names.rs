//! Names at the ends of lines, so that they can be told apart without their colours.

use super::Chart;

/// Where on the vertical axis, from 0 at its foot to 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Name {
    pub(super) share: f64,
    pub(super) text: String,
    pub(super) ink: usize,
}

/// Those of a chart's lines, each where its line ends.
pub(super) fn of(chart: &Chart) -> Vec<Name> {
    let name = |line: &super::Line| {
        Some(Name {
            share: chart.y.share(line.points.last()?.1),
            text: line.name.clone()?,
            ink: line.ink,
        })
    };
    chart.lines.iter().filter_map(name).collect()
}

/// Moves them `apart` from each other at least, as little as that takes from below, and down again where they would leave
/// the chart.
pub(super) fn spread(mut names: Vec<Name>, apart: f64) -> Vec<Name> {
    names.sort_by(|one, other| one.share.total_cmp(&other.share));
    for upper in 1..names.len() {
        names[upper].share = names[upper].share.max(names[upper - 1].share + apart);
    }
    let mut ceiling = 1.0;
    for name in names.iter_mut().rev() {
        name.share = name.share.min(ceiling);
        ceiling = name.share - apart;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_shares(shares: &[f64]) -> Vec<f64> {
        let names = shares.iter().map(|&share| Name {
            share,
            text: String::new(),
            ink: 0,
        });
        let names = spread(names.collect(), 0.1);
        names
            .iter()
            .map(|name| (name.share * 100.0).round() / 100.0)
            .collect()
    }

    #[test]
    fn names_that_are_apart_stay_where_they_are() {
        assert_eq!(spread_shares(&[0.9, 0.2, 0.5]), [0.2, 0.5, 0.9]);
    }

    #[test]
    fn names_at_one_height_stand_one_above_the_other_inside_the_chart() {
        assert_eq!(spread_shares(&[0.2, 0.2, 0.25]), [0.2, 0.3, 0.4]);
        assert_eq!(spread_shares(&[1.0, 1.0, 0.95]), [0.8, 0.9, 1.0]);
    }
}
