"""The PyPI package openai: the official client of OpenAI."""

from contextlib import contextmanager

import openai

import weir
from harness import Peer

TOKENS = 64
CUT = 16
PROMPT = "How deep is the river at the weir?"
PROMPT_TOKENS = len(PROMPT.split())
MESSAGES = [{"role": "user", "content": PROMPT}]
# Options of weir-server: as a member of the body, and so through the client as it is.
WEIR = {"tokens": TOKENS, "ttft": 1, "itl": 0.1, "seed": 7}
STAMPED = {"weir-stamp": "1"}


class OpenAi(Peer):
    def test_chat(self):
        with _client() as client:
            whole = client.chat.completions.create(model="m", messages=MESSAGES, extra_body=_weir())
            text = _checked(whole).choices[0].message.content
            self.assertEqual(("stop", TOKENS), (whole.choices[0].finish_reason, len(text.split(" "))))
            self.assert_usage(TOKENS, whole.usage)
            for headers in ({}, STAMPED):
                self.assertEqual((text, "stop", TOKENS), self.stream_chat(client, headers))
            cut = " ".join(text.split(" ")[:CUT])
            self.assertEqual((cut, "length", CUT), self.stream_chat(client, {}, max_completion_tokens=CUT))
        self.proved = "chat: 4 answers, text streamed as whole, with and without stamps; usage, stop and length"

    def stream_chat(self, client, headers, **limits):
        """The text, why it ended, and how many tokens it has."""
        asked = {"model": "m", "messages": MESSAGES, "stream_options": {"include_usage": True}, "extra_body": _weir()}
        stream = client.chat.completions.create(stream=True, extra_headers=headers, **asked, **limits)
        first, *chunks, usage = map(_checked, stream)
        self.assertEqual(("assistant", ""), (first.choices[0].delta.role, first.choices[0].delta.content))
        self.assertEqual([], usage.choices)
        self.assertEqual({(first.id, first.created, "m", None)}, {(c.id, c.created, c.model, c.usage) for c in chunks})
        *contents, last = [chunk.choices[0] for chunk in chunks]
        self.assert_usage(len(contents), usage.usage)
        return "".join(choice.delta.content for choice in contents), last.finish_reason, len(contents)

    def test_completions(self):
        with _client() as client:
            asked = {"model": "m", "prompt": PROMPT, "max_tokens": CUT, "extra_body": _weir()}
            whole = _checked(client.completions.create(**asked))
            self.assert_usage(CUT, whole.usage)
            *chunks, last = client.completions.create(stream=True, extra_headers=STAMPED, **asked)
            self.assertEqual(whole.choices[0].text, "".join(chunk.choices[0].text for chunk in chunks))
            self.assertEqual(["length"] * 2, [whole.choices[0].finish_reason, last.choices[0].finish_reason])
        self.proved = "completions: 2 answers, text streamed as whole; usage, length"

    def test_responses(self):
        with _client() as client:
            asked = {"model": "m", "input": PROMPT, "extra_body": _weir()}
            whole = _checked(client.responses.create(**asked))
            self.assertEqual(("completed", TOKENS), (whole.status, len(whole.output_text.split(" "))))
            events = list(map(_checked, client.responses.create(stream=True, extra_headers=STAMPED, **asked)))
            self.assertEqual(list(range(len(events))), [event.sequence_number for event in events])
            deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
            self.assertEqual((whole.output_text, TOKENS), ("".join(deltas), len(deltas)))
            self.assertEqual(whole, events[-1].response)
            self.assertEqual((PROMPT_TOKENS, TOKENS), (whole.usage.input_tokens, whole.usage.output_tokens))
            # The client's own reader holds each event against those before it.
            with client.responses.stream(max_output_tokens=CUT, **asked) as stream:
                *_, last = stream
            self.assertEqual("response.incomplete", last.type)
            self.assertEqual("max_output_tokens", last.response.incomplete_details.reason)
            self.assertEqual(" ".join(whole.output_text.split(" ")[:CUT]), last.response.output_text)
        self.proved = "responses: 3 answers, text streamed as whole; numbers, usage, completed and incomplete"

    def test_errors(self):
        with _client() as client:
            for create, asked in _each(client):
                with self.assertRaises(openai.APIError) as raised:
                    for _ in create(model="m", stream=True, extra_body=_weir(fail_at=3), **asked):
                        pass
                self.assertIn("ends here", raised.exception.message)
                with self.assertRaises(openai.InternalServerError):
                    create(model="m", extra_body=_weir(fail_at=3), **asked)
                with self.assertRaises(openai.BadRequestError) as raised:
                    create(model="m", extra_body=_weir(tokenz=3), **asked)
                refused = raised.exception
                self.assertEqual(("invalid_request_error", "tokenz"), (refused.type, refused.param))
                self.assertEqual("unknown_parameter", refused.code)
        self.proved = "9 errors: streams that fail, answers that fail, bad requests"

    def test_models(self):
        with _client() as client:
            self.assertEqual(["weir"], [_checked(model).id for model in client.models.list()])
        self.proved = "1 model"

    def assert_usage(self, tokens, usage):
        counted = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
        self.assertEqual((PROMPT_TOKENS, tokens, PROMPT_TOKENS + tokens), counted)


@contextmanager
def _client():
    """A client of a running weir-server."""
    with weir.server() as (_, url):
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=20) as client:
            yield client


def _weir(**options):
    return {"weir": WEIR | options}


def _each(client):
    """The method of each format, and what it must be asked."""
    yield client.chat.completions.create, {"messages": MESSAGES}
    yield client.completions.create, {"prompt": PROMPT}
    yield client.responses.create, {"input": PROMPT}


def _checked(model):
    """`model`, held against its own schema: the client takes whatever comes."""
    return type(model).model_validate(model.to_dict())
