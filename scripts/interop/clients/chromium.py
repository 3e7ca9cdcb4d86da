"""Chromium's own EventSource, in a page of another origin."""

from clients import base


class Chromium(base.EventSourcePeer):
    client = ("node", "clients/chromium.mjs")
