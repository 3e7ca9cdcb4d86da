"""The PyPI package anthropic: the official client of Anthropic."""

from contextlib import contextmanager

import anthropic

import weir
from harness import Peer

TOKENS = 64
CUT = 16
PROMPT = "How deep is the river at the weir?"
SYSTEM = "Be brief."
PROMPT_TOKENS = len(f"{SYSTEM} {PROMPT}".split())
# Options of weir-server: as a member of the body, and so through the client as it is.
WEIR = {"tokens": TOKENS, "ttft": 1, "itl": 0.1, "seed": 7}


class Anthropic(Peer):
    def test_messages(self):
        with _client() as client:
            whole = _checked(client.messages.create(**_asked()))
            text = whole.content[0].text
            self.assertEqual(("end_turn", TOKENS), (whole.stop_reason, len(text.split(" "))))
            self.assertEqual((PROMPT_TOKENS, TOKENS), (whole.usage.input_tokens, whole.usage.output_tokens))
            for headers in ({}, {"weir-stamp": "1"}):
                # The client's own reader puts the message together again.
                with client.messages.stream(extra_headers=headers, **_asked()) as stream:
                    self.assertEqual(text, "".join(stream.text_stream))
                    self.assertEqual(_said(whole), _said(stream.get_final_message()))
            with client.messages.stream(**_asked(max_tokens=CUT)) as stream:
                cut = stream.get_final_message()
            self.assertEqual(("max_tokens", CUT), (cut.stop_reason, cut.usage.output_tokens))
            self.assertEqual(" ".join(text.split(" ")[:CUT]), cut.content[0].text)
        self.proved = "4 messages, streamed as whole, with and without stamps; usage, end_turn and max_tokens"

    def test_events(self):
        with _client() as client:
            events = [_checked(event).type for event in client.messages.create(stream=True, **_asked())]
        opening, closing = ["message_start", "content_block_start"], ["content_block_stop", "message_delta", "message_stop"]
        self.assertEqual([*opening, *["content_block_delta"] * TOKENS, *closing], events)
        self.proved = f"{len(events)} events"

    def test_errors(self):
        with _client() as client:
            with self.assertRaises(anthropic.APIStatusError) as raised:
                for _ in client.messages.create(stream=True, **_asked(fail_at=3)):
                    pass
            self.assertEqual("overloaded_error", raised.exception.type)
            with self.assertRaises(anthropic.APIStatusError) as raised:
                client.messages.create(**_asked(fail_at=3))
            self.assertEqual((529, "overloaded_error"), (raised.exception.status_code, raised.exception.type))
            with self.assertRaises(anthropic.BadRequestError) as raised:
                client.messages.create(**_asked(tokenz=3))
            self.assertEqual("invalid_request_error", raised.exception.type)
            self.assertIn('no parameter "tokenz"', raised.exception.api_message)
        self.proved = "3 errors: a stream that fails, a message that fails, a bad request"

    def test_models(self):
        with _client() as client:
            self.assertEqual(["weir"], [_checked(model).id for model in client.models.list()])
        self.proved = "1 model"


@contextmanager
def _client():
    """A client of a running weir-server."""
    with weir.server() as (_, url):
        with anthropic.Anthropic(base_url=url, api_key="none", max_retries=0, timeout=20) as client:
            yield client


def _asked(max_tokens=1000, **options):
    return {
        "model": "m",
        "max_tokens": max_tokens,
        "system": SYSTEM,
        "messages": [{"role": "user", "content": PROMPT}],
        "extra_body": {"weir": WEIR | options},
    }


def _said(message):
    """What of `message` there is: reading a stream, the client adds members that are null."""
    return _checked(message).to_dict(exclude_none=True)


def _checked(model):
    """`model`, held against its own schema: the client takes whatever comes."""
    return type(model).model_validate(model.to_dict())
