"""What is sent to a service about a sound: a WAV file, by a form, as it is, or as base64 in JSON."""

from __future__ import annotations

import base64
import io
import json
import os
import wave
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from bench.core.errors import UsageError
from bench.core.types import SAMPLE_RATE

if TYPE_CHECKING:
    from torch import Tensor

Form: TypeAlias = Literal["multipart", "raw", "json"]

_SECRETS = ("key", "token", "secret", "password", "auth", "sig")
_SHORTEST_KEY = 8


def wav_bytes(waveform: Tensor) -> bytes:
    """Write a waveform of shape (t,), in [-1, 1], as a WAV file: 16-bit, 16 kHz, mono. The same samples, the same
    bytes.

    >>> import torch
    >>> len(wav_bytes(torch.tensor([0.0, 1.0])))
    48
    """
    file = io.BytesIO()
    samples = (waveform.detach().cpu().double().clamp(-1, 1) * 32767).round().numpy().astype("<i2")
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def body(form: Form, field: str, extra: Mapping[str, str], wav: bytes, digest: str) -> tuple[bytes, str]:
    """Build a request's body and its content type: the same bytes for the same sound.

    Args:
        form: how the file is sent: in a form, as it is, or as base64 in a JSON object.
        field: the file's name in a form, or its path with dots in an object.
        extra: further fields, of a form or an object.
        wav: the file.
        digest: of the file: what separates a form's parts, so that it does not stand in them.

    >>> body("json", "input.audio", {"lang": "de"}, b"RIFF", "00")
    (b'{"lang": "de", "input": {"audio": "UklGRg=="}}', 'application/json')
    """
    if form == "raw":
        return wav, "audio/wav"
    if form == "json":
        content: Any = base64.b64encode(wav).decode()
        for step in reversed(field.split(".")):
            content = {step: content}
        return json.dumps({**extra, **content}).encode(), "application/json"
    mark = f"serbench-{digest}"
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in extra.items()]
    file = f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="audio.wav"\r\n'
    head = "".join(parts) + file + "Content-Type: audio/wav\r\n\r\n"
    return head.encode() + wav + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def check_url(where: str, url: str) -> None:
    """Refuse what is no web address, and one with a password: addresses stand in records.

    Args:
        where: whose address it is, for the message: "victim 'http'".
        url: the address.

    Raises:
        UsageError: it is one of these. The message does not repeat a password.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        parts, good = urlsplit(""), False
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if "@" in parts.netloc or any(secret in name for name in names for secret in _SECRETS):
        found, expected = "an address with a key or password in it", "one without: addresses stand in records"
        raise UsageError(f"{where}, parameter 'url'", found, expected, "put it into a variable: key_env=NAME")
    if not good or not url.isascii() or not url.isprintable() or " " in url:
        expected = "http://... or https://..., or settings=FILE.json with a url"
        remedy = "for example http:http://127.0.0.1:8000/predict"
        raise UsageError(f"{where}, parameter 'url'", repr(url), expected, remedy)


def key_from(where: str, variable: str) -> str:
    """Read a key from an environment variable.

    Args:
        where: who needs it, for the message: "victim 'http'".
        variable: its name.

    Raises:
        UsageError: there is none. The message does not repeat what there is.
    """
    key = os.environ.get(variable, "").strip()
    if len(key) < _SHORTEST_KEY or not key.isascii() or not key.isprintable():
        found = "no key in it" if not key else "what is no key"
        expected = f"a key of at least {_SHORTEST_KEY} printable ASCII characters"
        raise UsageError(f"{where}, environment variable {variable}", found, expected, f"export {variable}=...")
    return key
