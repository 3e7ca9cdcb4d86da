//! The record as text.

use std::io::{self, Write};

use super::record::Record;
use super::summary::Ratio;

const HOW_TO_READ: &str = "\
ratio: Weir's figure to the bare one of the same round, median (min..max) over the rounds.
rate: 1.00 is all the kernel allows, more is better. CPU: user and system time of one process per event that it moved;
1.00 is the bare counterpart, less is better. Both sides share this machine: compare ratios, not figures.";

pub(super) fn write(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let machine = &record.machine;
    let cpu = machine.cpu.as_deref().unwrap_or("unknown processor");
    writeln!(
        out,
        "{cpu}, {} cores, {}, revision {}",
        machine.cores, machine.kernel, record.revision
    )?;
    for ratios in record.ratios.chunk_by(|one, next| one.load == next.load) {
        write_load(ratios, out)?;
    }
    let costs = &record.costs;
    writeln!(
        out,
        "\none step, in a loop: clock read {:.1} ns, histogram record {:.1} ns, stamp decode {:.1} ns\n\n{HOW_TO_READ}",
        costs.clock_read_ns, costs.histogram_record_ns, costs.stamp_decode_ns
    )
}

fn write_load(ratios: &[Ratio], out: &mut impl Write) -> io::Result<()> {
    let flood = ratios[0].load.flood;
    let stamps = if flood.stamped {
        "stamped"
    } else {
        "without stamps"
    };
    let title = format!(
        "{} streams, {} events per write, {stamps}",
        flood.streams, flood.batch
    );
    writeln!(out, "\n{title:<48}{:>14}{:>14}   ratio", "bare", "weir")?;
    for Ratio {
        figure,
        unit,
        bare,
        weir,
        ratio,
        ..
    } in ratios
    {
        writeln!(
            out,
            "  {figure:<24}{unit:>22}{:>14}{:>14}   {:.2} ({:.2}..{:.2})",
            grouped(*bare),
            grouped(*weir),
            ratio.median,
            ratio.min,
            ratio.max
        )?;
    }
    Ok(())
}

/// Three significant digits are there at least; thousands are set apart.
fn grouped(value: f64) -> String {
    if value < 1_000.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let head = (!head.is_empty()).then_some(head.into());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (value, text) in [
            (7.46, "7.5"),
            (999.94, "999.9"),
            (1_000.0, "1,000"),
            (12_345.6, "12,346"),
            (123_456.0, "123,456"),
            (12_345_678.0, "12,345,678"),
        ] {
            assert_eq!(grouped(value), text);
        }
    }
}
