//! The record as text.

use std::io::{self, Write};

use super::figures::{Budget, Goal, Level, Ratio};
use super::record::Record;
use super::text::{self, grouped};
use crate::bare::Flood;

const HOW_TO_READ: &str = "\
ratio: Weir's figure to the bare one of the same round, median (min..max) over the rounds.
rate, throughput: 1.00 is all the kernel allows, more is better. CPU: user and system time of one process per event that it
moved, a server's from its start on, a client's in the measured time; 1.00 is the bare counterpart, less is better. user
time: what of the CPU is spent in the process's own code, as far as the kernel's ticks tell; the bare ones have next to none.
beside a sink as slow: the bare sink again, burning after each read what user time weir spent beyond it in that round. The
kernel charges a slower receiver more; where weir's CPU is above this one's, that is not why.
Both sides share this machine: compare ratios, not figures.
memory: what open streams without events add to a process that has one thread for them, over their number; what the kernel
keeps for their sockets is not in it. lag: from an event's instant until weir-server sent it, and beside it from a bare
timer's instant until its thread ran, for as many instants.";

pub(super) fn write(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let made = &record.provenance;
    let machine = &made.machine;
    let cpu = machine.cpu.as_deref().unwrap_or("unknown processor");
    writeln!(
        out,
        "{cpu}, {} cores, {}, revision {}",
        machine.cores, machine.kernel, made.revision
    )?;
    if record.settings.smoke {
        writeln!(out, "smoke test: whether everything runs, not how fast")?;
    }
    for ratios in record.ratios.chunk_by(|one, next| one.load == next.load) {
        let load = ratios[0].load;
        write_load(load, ratios, out)?;
        let of_load = |ratio: &&Ratio| ratio.load == load;
        write_slowed(record.ratios_to_slowed.iter().filter(of_load), out)?;
    }
    for levels in record.levels.chunk_by(|one, next| one.unit == next.unit) {
        write_levels(levels, out)?;
    }
    if let Some(budget) = &record.budget {
        write_budget(budget, out)?;
    }
    writeln!(out, "\n{HOW_TO_READ}")?;
    write_goals(&record.goals, out)
}

fn write_load(load: Flood, ratios: &[Ratio], out: &mut impl Write) -> io::Result<()> {
    let stamps = if load.stamped {
        "stamped"
    } else {
        "without stamps"
    };
    let title = format!("{}, {stamps}", text::load(load));
    writeln!(out, "\n{title:<48}{:>14}{:>14}   ratio", "bare", "weir")?;
    ratios.iter().try_for_each(|ratio| write_ratio(ratio, out))
}

fn write_slowed<'r>(
    ratios: impl Iterator<Item = &'r Ratio>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut ratios = ratios.peekable();
    if ratios.peek().is_some() {
        writeln!(out, "  {:<46}{:>14}", "beside a sink as slow", "slowed")?;
    }
    ratios.try_for_each(|ratio| write_ratio(ratio, out))
}

fn write_ratio(ratio: &Ratio, out: &mut impl Write) -> io::Result<()> {
    let Ratio {
        figure,
        unit,
        bare,
        weir,
        ratio,
        ..
    } = ratio;
    let ratio = ratio.as_ref().map_or_else(
        || "-".to_owned(),
        |ratio| format!("{:.2} ({:.2}..{:.2})", ratio.median, ratio.min, ratio.max),
    );
    writeln!(
        out,
        "  {figure:<24}{unit:>22}{:>14}{:>14}   {ratio}",
        grouped(*bare),
        grouped(*weir),
    )
}

fn write_levels(levels: &[Level], out: &mut impl Write) -> io::Result<()> {
    let streams = &levels[0].streams;
    writeln!(out, "\n{streams:<48}{:>14}{:>14}", "bare", "weir")?;
    for Level {
        figure,
        unit,
        bare,
        weir,
        ..
    } in levels
    {
        writeln!(
            out,
            "  {figure:<24}{unit:>22}{:>14.2}{:>14.2}   ({:.2}..{:.2})",
            bare.median, weir.median, weir.min, weir.max
        )?;
    }
    Ok(())
}

fn write_budget(budget: &Budget, out: &mut impl Write) -> io::Result<()> {
    let title = format!("what weir spends on an event, {}", text::load(budget.load));
    writeln!(
        out,
        "\n{title:<66}{:>8}{:>10}{:>8}{:>8}",
        "ns each", "times", "ns", "user"
    )?;
    for step in &budget.steps {
        writeln!(
            out,
            "  {:<64}{:>8.1}{:>10.4}{:>8.1}{:>8.1}",
            step.what, step.each_ns, step.times_per_event, step.ns, step.user_ns
        )?;
    }
    for (what, ns, user_ns) in [
        ("sum", budget.sum_ns, budget.sum_user_ns),
        ("measured", budget.measured_ns, budget.measured_user_ns),
        (
            "unexplained",
            budget.unexplained_ns,
            budget.unexplained_user_ns,
        ),
    ] {
        writeln!(out, "  {what:<82}{ns:>8.1}{user_ns:>8.1}")?;
    }
    Ok(())
}

fn write_goals(goals: &[Goal], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n{:<80}{:>8}   {:<9}", "goals", "median", "must be")?;
    for goal in goals {
        let verdict = goal.missed_by().map_or_else(
            || "reached".to_owned(),
            // Rounded up: what is missed is missed by something.
            |by| format!("missed by {:.2}", (by * 100.0).ceil() / 100.0),
        );
        writeln!(
            out,
            "  {:<78}{:>8.2}   {} {:<6} {verdict}",
            goal.what, goal.value.median, goal.relation, goal.must
        )?;
    }
    Ok(())
}
