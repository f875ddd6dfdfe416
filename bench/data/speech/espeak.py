"""Speech from text, with the times of its words and sounds: eSpeak NG, made repeatable.

A request's samples depend on its text and voice alone, not on the order of the requests, the number of workers, or
what else the calling process does: each is spoken by a process of its own that has said nothing before (see
[`bench.data.speech.espeak_child`][]). eSpeak NG itself is GPL-3.0-or-later; this module runs it, from the
`espeakng-loader` wheel, as a separate program.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from bench.core.errors import UsageError
from bench.core.specs import values_of
from bench.core.types import SAMPLE_RATE, Word
from bench.data.speech.arpabet import timed_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ESPEAK_RATE = 22_050
"""Hertz. What eSpeak NG speaks at."""
SCALE_STEPS = 441
"""`Voice.scale` is rounded to 1/441, so that resampling is by a ratio of small whole numbers."""
_LIMITS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("pitch", "range", "word_gap"), (0, 100)),
    "rate_wpm": (80, 450),
    "volume": (0, 200),
    "scale": (0.7, 1.4),
}


@dataclass(frozen=True)
class Voice:
    """How something is said, in eSpeak NG's own units.

    Args:
        variant: a voice variant that comes with eSpeak NG: "f1".."f5", "m1".."m8", or a name; [`variants`][] has all.
            "" is the plain voice.
        pitch: 0-100; 50 is the variant's own.
        range: 0-100, how far pitch moves around it; 50 is the variant's own, 0 a monotone.
        rate_wpm: words a minute, 80-450.
        volume: 0-200; 100 is usual, and above it some voices clip.
        word_gap: 0-100, extra pause between words, in units of 10 ms at the usual rate.
        scale: every frequency is multiplied by it and every time divided, as when a tape runs faster: a shorter
            vocal tract. 0.7-1.4, rounded to 1/441.
        language: an eSpeak NG language; the sounds' labels are made for American English.

    Raises:
        UsageError: a setting is out of its range.
    """

    variant: str = ""
    pitch: int = 50
    range: int = 50
    rate_wpm: int = 175
    volume: int = 100
    word_gap: int = 0
    scale: float = 1.0
    language: str = "en-us"

    def __post_init__(self) -> None:
        values = values_of(self)
        for name, (low, high) in _LIMITS.items():
            if not low <= values[name] <= high:
                raise UsageError(f"Voice.{name}", str(values[name]), f"{low} to {high}", "choose one in between")


_Answer = tuple[list[tuple[int, int, int, str]], bytes]
"""Events and samples, as [`bench.data.speech.espeak_child`][] writes them."""
_Speaker = Callable[[str, Voice], _Answer]


@dataclass(frozen=True)
class Spoken:
    """What was said.

    Args:
        samples: shape (t,), float64, in [-1, 1], at 16 kHz.
        words: each with its time and its sounds' times in seconds; sounds are labelled in ARPAbet without stress
            ("HH", "AE", "NG"), as IEMOCAP's alignments are. The words are those of the text, split at white space,
            without the punctuation around them.
    """

    samples: NDArray[np.float64]
    words: tuple[Word, ...]


def variants() -> frozenset[str]:
    """List the voice variants that can be asked for.

    Raises:
        UsageError: eSpeak NG is not installed.
    """
    return frozenset(file.name for file in (_library()[1] / "voices" / "!v").iterdir())


def speak_all(
    requests: Sequence[tuple[str, Voice]], workers: int | None = None, on_done: Callable[[int], None] | None = None
) -> list[Spoken]:
    """Say each text with its voice.

    Args:
        requests: texts and voices; a text is one or more English sentences, and has at least one word.
        workers: how many speak at once; by default, one a core.
        on_done: called with 1 as each request is done, in the calling thread, in no fixed order.

    Returns:
        One for each request, in their order. 16 kHz. The same request gives the same samples.

    Raises:
        UsageError: eSpeak NG is not installed or cannot be loaded, or has no such voice.
    """
    if not requests:
        return []
    _check_voices(requests)
    count = min(workers or os.cpu_count() or 1, len(requests))
    with ExitStack() as stack:
        free: SimpleQueue[_Speaker] = SimpleQueue()
        for _ in range(count):
            free.put(stack.enter_context(_speaker()))
        pool = ThreadPoolExecutor(count)
        stack.callback(pool.shutdown, cancel_futures=True)
        futures = [pool.submit(_say, free, text, voice) for text, voice in requests]
        for future in as_completed(futures):
            future.result()
            if on_done is not None:
                on_done(1)
        return [future.result() for future in futures]


def _say(free: SimpleQueue[_Speaker], text: str, voice: Voice) -> Spoken:
    speaker = free.get()
    try:
        events, raw = speaker(text, voice)
    finally:
        free.put(speaker)
    return _spoken(text, voice, events, raw)


@contextmanager
def _speaker() -> Iterator[_Speaker]:
    """Somebody to ask, one request at a time; on a platform that cannot fork, a fresh process for each."""
    if not hasattr(os, "fork"):
        yield _ask_once
        return
    with _process() as process:
        yield lambda text, voice: _ask(process, text, voice)


def _ask_once(text: str, voice: Voice) -> _Answer:
    with _process() as process:
        return _ask(process, text, voice)


@contextmanager
def _process() -> Iterator[subprocess.Popen[bytes]]:
    library, data = _library()
    command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("espeak_child.py")), str(library), str(data)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def _ask(process: subprocess.Popen[bytes], text: str, voice: Voice) -> _Answer:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("the process that speaks was started without pipes")
    try:
        process.stdin.write(_request(text, voice))
        process.stdin.flush()
        head: dict[str, Any] = json.loads(process.stdout.readline() or b"{}")
        raw = process.stdout.read(2 * head.get("samples", 0))
    except (OSError, ValueError) as error:
        head, raw = {"error": str(error)}, b""
    if "samples" not in head or len(raw) != 2 * head["samples"]:
        process.kill()
        said = process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2] or head.get("error")
        remedy = "check the voice, and the installation of espeakng-loader on this platform"
        raise UsageError("eSpeak NG", said or "no answer", "speech", remedy)
    return head["events"], raw


def _request(text: str, voice: Voice) -> bytes:
    name = f"{voice.language}+{voice.variant}" if voice.variant else voice.language
    values = values_of(voice)
    settings = {name: values[name] for name in ("pitch", "range", "volume", "word_gap")}
    return json.dumps({"text": text, "voice": name, "rate": voice.rate_wpm, **settings}).encode() + b"\n"


def _spoken(text: str, voice: Voice, events: list[tuple[int, int, int, str]], raw: bytes) -> Spoken:
    import numpy as np
    from scipy.signal import resample_poly

    steps = round(SCALE_STEPS * voice.scale)
    samples = resample_poly(np.frombuffer(raw, dtype=np.int16) / 32768.0, 320, steps)
    to_seconds = SCALE_STEPS / (ESPEAK_RATE * steps)
    return Spoken(np.clip(samples, -1.0, 1.0), timed_words(text, events, to_seconds, len(samples) / SAMPLE_RATE))


def _check_voices(requests: Sequence[tuple[str, Voice]]) -> None:
    """An unknown variant would be spoken, without a word, by the plain voice."""
    known = variants()
    advice = "bench.data.speech.espeak.variants() has all"
    for wanted in sorted({voice.variant for _, voice in requests} - known - {""}):
        raise UsageError("Voice.variant", repr(wanted), "a voice variant of eSpeak NG", advice)


def _library() -> tuple[Path, Path]:
    try:
        import espeakng_loader
    except ImportError as error:
        advice = "pip install espeakng-loader"
        raise UsageError("eSpeak NG", "nothing", "the package espeakng-loader", advice) from error
    library, data = Path(espeakng_loader.get_library_path()), Path(espeakng_loader.get_data_path())
    for needed in (library, data / "voices" / "!v"):
        if not needed.exists():
            raise UsageError(needed, "nothing", "a part of eSpeak NG", "reinstall the package espeakng-loader")
    return library, data
