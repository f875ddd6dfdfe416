"""A chat that listens, behind a real server on the loopback."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench import Batch, ComponentError, UsageError, cache_dir
from bench.modelling.remote.sending import wav_bytes
from bench.testing import check_victim, sample_context, sample_utterances
from tests.victims.deployed import serving
from victims.chat import PROMPTS, Chat, FittedChat, text_of

BRIEF = None
"""The checks that all victims pass are run here, against a server that the test starts."""

SAID = sample_utterances(2, 1)
KEY = "sk-very-secret-key"


class Server(ThreadingHTTPServer):
    """Answers by loudness; what it says in place of that stands in `script`, in the order of the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Any] = []
        self.seen: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.spelt: Callable[[str], Any] = lambda label: label


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)
        self.server.keys.add(self.headers["Authorization"])
        turn = self.server.script.pop(0) if self.server.script else None
        if turn == "reset":
            self.connection.close()
            return
        status, told = turn if isinstance(turn, tuple) else (200, turn or said_by(self.server.spelt(heard(body))))
        text = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        if status == 429:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words: Any) -> None:
        """Says nothing."""


def said_by(content: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": content, **more}}], "model": "m"}


def heard(body: dict[str, Any]) -> str:
    text, sound = body["messages"][0]["content"]
    assert (text["type"], sound["type"], sound["input_audio"]["format"]) == ("text", "input_audio", "wav")
    with wave.open(io.BytesIO(base64.b64decode(sound["input_audio"]["data"]))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768
    level = 20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-6)
    return ("anger", "happiness", "sadness", "neutral")[int(np.abs(np.array([-28, -22, -18, -15]) - level).argmin())]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CHAT_KEY", KEY)
    yield from serving(Server(), monkeypatch)


def recipe(server: Server, **parameters: Any) -> Chat:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1/chat/completions"
    return Chat(url, "listener", **{"pause_s": 0.01, "timeout_s": 5.0, **parameters})


def loaded(server: Server, **parameters: Any) -> FittedChat:
    return recipe(server, **parameters).loaded(sample_context())


def expected() -> list[int]:
    names = ("anger", "happiness", "sadness", "neutral")
    sent = [{"data": base64.b64encode(wav_bytes(one.waveform)).decode(), "format": "wav"} for one in SAID]
    parts = [[{"type": "text"}, {"type": "input_audio", "input_audio": sound}] for sound in sent]
    return [names.index(heard({"messages": [{"content": part}]})) for part in parts]


def test_it_conforms(server: Server) -> None:
    check_victim(recipe(server))


SPELLINGS: dict[str, Callable[[str], Any]] = {
    "label": lambda label: label,
    "prose": lambda label: f"The speaker expresses {label}.",
    "json": lambda label: json.dumps({"emotion": label}),
    "parts": lambda label: [{"type": "text", "text": f"**{label.upper()}**"}],
}


@pytest.mark.filterwarnings("ignore:victim 'chat'")
@pytest.mark.parametrize("spelt", SPELLINGS)
def test_what_it_says_is_read(server: Server, spelt: str) -> None:
    server.spelt = SPELLINGS[spelt]
    rows, refused = loaded(server, key_env="CHAT_KEY").answer_or_refuse(Batch.of(SAID))
    assert rows.argmax(dim=1).tolist() == expected()
    assert not bool(refused.any())
    assert server.keys == {f"Bearer {KEY}"}
    assert server.seen[0]["messages"][0]["content"][0]["text"] == PROMPTS[0].replace(
        "{classes}", "anger, happiness, sadness, neutral"
    )


def test_nothing_is_asked_twice(server: Server) -> None:
    first = loaded(server).log_probs(Batch.of(SAID))
    again, refused = loaded(server).answer_or_refuse(Batch.of(SAID[::-1]))
    assert torch.equal(first, again.flip(0))
    assert len(server.seen) == len(SAID)
    assert not bool(refused.any())
    loaded(server, version="2").log_probs(Batch.of(SAID))
    assert len(server.seen) == 2 * len(SAID)


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (said_by(None, refusal="I cannot judge people."), "refusals"),
        (said_by(None), "refusals"),
        (said_by("I'm sorry, I cannot tell whether this is sad."), "answers without a class"),
        (said_by("cheese"), "answers without a class"),
    ],
)
def test_refusals_and_prose_without_a_class_are_counted(server: Server, turn: Any, kind: str) -> None:
    server.script = [turn]
    victim = loaded(server)
    _, refused = victim.answer_or_refuse(Batch.of(SAID))
    assert refused.tolist() == [True] + [False] * (len(SAID) - 1)
    assert dict(victim.silences.counts) == {kind: 1}
    assert len(server.seen) == len(SAID), "a refusal is an answer: it is not asked for again"


def test_several_prompts_vote(server: Server) -> None:
    server.script = [said_by("sadness"), said_by("sadness"), said_by("no idea")]
    victim = loaded(server, prompts=3)
    rows, refused = victim.answer_or_refuse(Batch.of(SAID[:1]))
    assert rows.argmax(dim=1).tolist() == [2]
    assert not bool(refused.any())
    assert len({one["messages"][0]["content"][0]["text"] for one in server.seen}) == 3


def test_prompts_of_ones_own(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Pick one of {classes}!\n")
    loaded(server, prompt_files=(tmp_path / "mine.txt",)).log_probs(Batch.of(SAID[:1]))
    asked = server.seen[0]["messages"][0]["content"][0]["text"]
    assert asked == "Pick one of anger, happiness, sadness, neutral!"
    (tmp_path / "mine.txt").write_text("Which?")
    with pytest.raises(UsageError, match=r"a prompt without \{classes\}"):
        recipe(server, prompt_files=(tmp_path / "mine.txt",)).fingerprint()


@pytest.mark.parametrize("trouble", [(429, {}), (503, {}), (200, b"no JSON"), "reset"])
def test_trouble_that_passes_loses_nothing(server: Server, trouble: Any) -> None:
    server.script = [trouble]
    assert loaded(server).log_probs(Batch.of(SAID)).argmax(dim=1).tolist() == expected()
    assert len(server.seen) == len(SAID) + 1


def test_what_is_no_chat_is_named(server: Server) -> None:
    server.script = [{"answer": "sad"}] * 9
    with pytest.raises(ComponentError, match=r"no 'choices' of the path"):
        loaded(server).log_probs(Batch.of(SAID[:1]))
    with pytest.raises(ComponentError, match="a content 3"):
        text_of("it", said_by(3))


def test_the_ceiling_holds_and_the_key_is_nowhere(server: Server) -> None:
    server.script = [(200, said_by(f"sad, {KEY}"))]
    victim = loaded(server, max_requests=1, key_env="CHAT_KEY")
    with pytest.raises(UsageError, match="max_requests") as raised:
        victim.log_probs(Batch.of(SAID))
    assert len(server.seen) == 1
    assert KEY not in str(raised.value)
    kept = b"".join(file.read_bytes() for file in cache_dir().rglob("*") if file.is_file())
    assert KEY.encode() not in kept
    assert KEY not in repr(victim)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [({"prompts": 9}, "'prompts'"), ({"temperature": 3.0}, "'temperature'"), ({"max_requests": 0}, "'max_requests'")],
)
def test_what_cannot_be_asked(server: Server, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        recipe(server, **parameters)
