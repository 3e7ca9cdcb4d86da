// Opens an EventSource and tells what it does. Runs in Node and inside a browser's page alike, so it stands alone:
// `EventSource` and `tell` are global there.
export function watch({ url, type }) {
  const source = new EventSource(url);
  source.onopen = () => tell({ opened: true });
  source.addEventListener(type, (event) => {
    tell({ type: event.type, id: event.lastEventId, data: event.data });
  });
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) tell({ closed: true });
  };
}
