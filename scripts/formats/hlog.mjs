// Reads an interval log with hdr-histogram-js, and prints as JSON, of each tag, the count, the quantiles and the maximum. That is the
// 100th percentile: `maxValue` of what was decoded is a step of the histogram too high.
import { readFileSync } from "node:fs";
import { HistogramLogReader, listTags } from "hdr-histogram-js";

const PERCENTILES = [50, 90, 99, 99.9, 99.99, 100];

const log = readFileSync(process.argv[2], "utf8");
const sums = {};
const reader = new HistogramLogReader(log);
for (let line; (line = reader.nextIntervalHistogram()) !== null; ) {
  if (line.tag in sums) sums[line.tag].add(line);
  else sums[line.tag] = line;
}

const figures = (sum) => [sum.totalCount, ...PERCENTILES.map((percentile) => sum.getValueAtPercentile(percentile))];
const found = Object.entries(sums).map(([tag, sum]) => [tag, figures(sum)]);
console.log(JSON.stringify({ tags: listTags(log), found: Object.fromEntries(found) }));
