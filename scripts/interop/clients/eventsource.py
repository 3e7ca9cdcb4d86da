"""The npm package eventsource, on Node's fetch."""

from clients import base


class EventSource(base.EventSourcePeer):
    client = ("node", "clients/eventsource.mjs")
