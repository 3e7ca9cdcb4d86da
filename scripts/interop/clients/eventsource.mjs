// The npm package eventsource, on Node's fetch.
import { EventSource } from "eventsource";
import { watch } from "./watch.mjs";

const [url, type] = process.argv.slice(2);
globalThis.EventSource = EventSource;
globalThis.tell = (fact) => console.log(JSON.stringify(fact));
watch({ url, type });
