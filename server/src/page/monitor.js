const SAMPLES_MAX = 60;
const CHART_WIDTH = 240;
const CHART_HEIGHT = 64;
/** What is drawn, and how its values read. */
const CHARTS = [
  { key: "streams", field: "streams", format: number },
  { key: "eventsPerS", field: "events_per_s", format: number },
  { key: "cpu", field: "cpu_percent", format: percent },
  { key: "memory", field: "memory_bytes", format: bytes },
];
/** What is only told. */
const FIGURES = [
  { key: "bytesPerS", tell: (sample) => known(bytes, sample.bytes_per_s) },
  { key: "hostCpu", tell: (sample) => known(percent, sample.host_cpu_percent) },
  {
    key: "hostMemory",
    tell: ({ host_memory_used_bytes: used, host_memory_total_bytes: total }) =>
      words("ofTotal", { used: known(bytes, used), total: known(bytes, total) }),
  },
];
const UNKNOWN = "–";

/** The server gives null for what its host does not tell. */
function known(format, value) {
  return typeof value === "number" ? format(value) : UNKNOWN;
}

function monitor(section) {
  const { stop, reconnect } = section.querySelector(".bar .buttons").children;
  const lamp = new Lamp(section.querySelector(".lamp"));
  const charts = CHARTS.map((chart) => drawChart(section.querySelector(".charts"), chart));
  const figures = FIGURES.map((figure) => writeFigure(section.querySelector(".figures"), figure));
  const samples = [];
  let isWanted = true;
  const show = (state, detail) => {
    lamp.show(state, detail);
    stop.disabled = !stream.isOpen;
    reconnect.disabled = stream.isOpen;
  };
  const take = ({ data }) => {
    samples.push(JSON.parse(data));
    if (samples.length > SAMPLES_MAX) samples.shift();
    for (const draw of charts) draw(samples);
    for (const write of figures) write(samples.at(-1));
  };
  const stream = new Stream("api/monitor?interval=1000", take, show);

  stop.addEventListener("click", () => {
    isWanted = false;
    stream.close();
    reconnect.focus();
  });
  reconnect.addEventListener("click", () => {
    isWanted = true;
    stream.open();
    stop.focus();
  });
  show("idle");
  return { enter: () => isWanted && stream.open(), leave: () => stream.close() };
}

/** Gives what draws the samples. */
function drawChart(charts, { key, field, format }) {
  const figure = make("figure", "card");
  const name = make("figcaption");
  const value = make("output");
  const most = make("span", "most");
  const svg = svgElement("svg", { viewBox: `0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const area = svg.appendChild(svgElement("path", { class: "area" }));
  const line = svg.appendChild(svgElement("path", { class: "line" }));
  // A live region, as `output` is by itself, would speak every second.
  value.setAttribute("aria-live", "off");
  value.textContent = UNKNOWN;
  say(name, key);
  figure.append(name, value, svg, most);
  charts.append(figure);
  return (samples) => {
    const values = samples.map((sample) => sample[field] ?? 0);
    const top = roundUp(Math.max(...values));
    const path = curve(values, top);
    line.setAttribute("d", path);
    area.setAttribute("d", `${path}V${CHART_HEIGHT}H${xOf(0, values.length)}Z`);
    say(value, "asIs", { text: () => known(format, samples.at(-1)[field]) });
    say(most, "asIs", { text: () => format(top) });
    const told = { name: words(key), now: format(values.at(-1)), most: format(Math.max(...values)), samples: values.length };
    svg.setAttribute("aria-label", words("chart", told));
  };
}

function writeFigure(list, { key, tell }) {
  const name = make("dt");
  const value = make("dd");
  value.textContent = UNKNOWN;
  say(name, key);
  const pair = make("div");
  pair.append(name, value);
  list.append(pair);
  return (sample) => say(value, "asIs", { text: () => tell(sample) });
}

/** The newest sample is at the right edge, and the first ones begin there. */
function xOf(index, count) {
  return CHART_WIDTH * (1 - (count - 1 - index) / (SAMPLES_MAX - 1));
}

function curve(values, top) {
  const points = values.map((value, index) => {
    const y = CHART_HEIGHT - 1 - (CHART_HEIGHT - 2) * (value / top);
    return `${xOf(index, values.length).toFixed(1)},${y.toFixed(1)}`;
  });
  return `M${points.join("L")}`;
}

/** 1, 2 or 5 times a power of ten: a scale that does not jump with every sample. */
function roundUp(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}

function svgElement(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
