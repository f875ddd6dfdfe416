"""The process that speaks: loads eSpeak NG's shared library, and forks one child for each request.

Run by [`bench.data.speech.espeak`][] as `python -I -S espeak_child.py LIBRARY DATA`. It uses the standard library alone
and has one thread, because it forks: what eSpeak NG says depends on everything that the process has said before, and
only a child that has said nothing gives the same samples every time. Where the platform cannot fork,
`bench.data.speech.espeak` starts one such process for each request.

Protocol: one JSON request a line on standard input; for each, on standard output, one line of JSON
`{"samples": n, "events": [[kind, text position, sample, phoneme], ...]}` or `{"error": text}`, then n samples, int16,
in the machine's byte order.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

SYNCHRONOUS = 2
PHONEME_EVENTS, DO_NOT_EXIT = 0x0001, 0x8000
UTF8 = 1
PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "range": 4, "word_gap": 7}
"""By `espeak_PARAMETER` of espeak-ng/speak_lib.h."""
WORD, PHONEME = 1, 7
SEED = 1
"""Any constant: the library seeds its own generator with the time of day, and breathy voices draw from it."""


class Event(ctypes.Structure):
    """`espeak_EVENT` of espeak-ng/speak_lib.h, version 1.52."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("phoneme", ctypes.c_char * 8),
    )


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


def load(library: str, data: str) -> ctypes.CDLL:
    """Load eSpeak NG's library, ready to speak, and enter the folder of its data, for its limit on the length of a
    path.

    Args:
        library: the shared library's path.
        data: the path of the folder `espeak-ng-data`.

    Raises:
        OSError: it cannot be loaded, or does not find its data.
    """
    os.chdir(Path(data).parent)
    espeak = ctypes.CDLL(library)
    rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, b".", PHONEME_EVENTS | DO_NOT_EXIT)
    if rate != 22_050:
        raise OSError(f"eSpeak NG did not find its data in {data} (espeak_Initialize gave {rate})")
    espeak.espeak_ListVoices(None)
    return espeak


def speak(espeak: ctypes.CDLL, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Speak one request.

    Args:
        espeak: the loaded library.
        request: "text", "voice" and the names of `PARAMETERS`.

    Returns:
        What goes out as JSON, {"samples": n, "events": [...]} or {"error": text}, and the samples, int16.
    """
    audio = bytearray()
    events: list[tuple[int, int, int, str]] = []

    def collect(samples: int | None, count: int, event: Any) -> int:
        if samples and count:
            audio.extend(ctypes.string_at(samples, 2 * count))
        i = 0
        while event[i].type:
            one = event[i]
            if one.type in (WORD, PHONEME):
                name = one.phoneme.decode("utf-8", "replace") if one.type == PHONEME else ""
                events.append((one.type, one.text_position, one.sample, name))
            i += 1
        return 0

    callback = Callback(collect)
    espeak.espeak_SetSynthCallback(callback)
    if espeak.espeak_SetVoiceByName(request["voice"].encode()):
        return {"error": f"eSpeak NG has no voice {request['voice']!r}"}, b""
    if hasattr(espeak, "espeak_ng_SetRandSeed"):
        espeak.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
    for name, parameter in PARAMETERS.items():
        espeak.espeak_SetParameter(parameter, request[name], 0)
    text = request["text"].encode()
    status = espeak.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, 1, 0, UTF8, None, None)
    if status:
        return {"error": f"espeak_Synth gave {status}"}, b""
    return {"samples": len(audio) // 2, "events": events}, bytes(audio)


def answer(espeak: ctypes.CDLL, line: bytes) -> None:
    """Write the answer to one request to standard output.

    Args:
        espeak: the loaded library.
        line: the request, JSON.
    """
    try:
        head, audio = speak(espeak, json.loads(line))
    except Exception as error:
        head, audio = {"error": f"{type(error).__name__}: {error}"}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + audio)
    sys.stdout.buffer.flush()


def answer_in_child(espeak: ctypes.CDLL, line: bytes) -> None:
    """Write the answer to one request from a forked child, so that this process never has said anything.

    Args:
        espeak: the loaded library.
        line: the request, JSON.

    Raises:
        OSError: the child ended badly.
    """
    child = os.fork()
    if child == 0:
        try:
            answer(espeak, line)
        finally:
            os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status:
        raise OSError(f"the process that spoke ended with status {status}")


def main(library: str, data: str) -> None:
    """Answer requests until standard input ends.

    Args:
        library: the shared library's path.
        data: the path of the folder `espeak-ng-data`.
    """
    espeak = load(library, data)
    for line in iter(sys.stdin.buffer.readline, b""):
        (answer_in_child if hasattr(os, "fork") else answer)(espeak, line)


if __name__ == "__main__":
    main(*sys.argv[1:])
