"""IEMOCAP's own files: turns with their labels and ratings, transcripts, and the times of words and sounds.

Every reader takes one published file and gives plain data, or a [`bench.core.errors.DataError`][] that names the file
and the line. Formats: Busso, Bulut, Lee and others: IEMOCAP: interactive emotional dyadic motion capture database,
Language Resources and Evaluation 42 (2008), and the comments in the files; alignments are as Sphinx-3 writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from bench.core.errors import DataError
from bench.core.types import Phone, Word

RATINGS = (0.5, 5.5)
"""The lowest and highest rating that is believed. Ratings are means of marks from 1 to 5; a few of the published ones
lie half a mark outside."""

FRAME_S = 0.01
"""Seconds a frame of the alignments."""

OVERHANG_S = 0.1
"""Seconds by which an alignment may end after its sound; a longer one is of some other sound."""

_NUMBER = r"\s*(-?\d+(?:\.\d*)?)\s*"
_TURN = re.compile(rf"\[{_NUMBER}-{_NUMBER}\]\s+(\S+)\s+(\w+)\s+\[{_NUMBER},{_NUMBER},{_NUMBER}\]")
_TURN_EXAMPLE = r"[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000] (\t is a tab)"
_ANNOTATOR = re.compile(r"([CA]-\w+)\s*:(.*)")
_SAID = re.compile(r"(\S+)\s+\[[\d.]+\s*-\s*[\d.]+\]\s*:(.*)")
_FRAME = re.compile(r"\d{1,9}")
_VARIANT = re.compile(r"\(\d+\)$")
_NO_WORD = re.compile(r"<.*>|\+\+.*\+\+|SIL|\+.*\+")
_RESTORE = "restore the published file"


@dataclass(frozen=True)
class Turn:
    """What the annotators said of one turn.

    Args:
        where: the file and line, for messages.
        id: of the utterance.
        label: the emotion's code on which most of them agreed ("neu"), or "xxx".
        valence: mean rating.
        activation: mean rating.
        dominance: mean rating.
        annotators: each one's own answer, by the name of its line ("C-E2": "Neutral; Frustration").
    """

    where: str
    id: str
    label: str
    valence: float
    activation: float
    dominance: float
    annotators: Mapping[str, str]


def read_turns(file: Path) -> list[Turn]:
    """Read the turns of a dialogue, from `dialog/EmoEvaluation`, in the file's order.

    Raises:
        DataError: the file cannot be read, a line is not of the published form, or a rating is outside
            [`RATINGS`][bench.data.corpora.iemocap_files.RATINGS].
    """
    turns: list[Turn] = []
    answers: dict[str, str] = {}
    name = ""
    for number, line in numbered_lines(file):
        where = f"{file}, line {number}"
        answer = _ANNOTATOR.fullmatch(line)
        if line.startswith("%"):
            continue
        if line.startswith("["):
            answers, name = {}, ""
            turns.append(_turn(where, line, answers))
        elif turns and answer:
            name, text = answer[1], _tidy(answer[2])
            answers[name] = f"{answers[name]} / {text}" if name in answers else text
        elif name and answers[name].count("(") > answers[name].count(")"):  # a remark goes on
            answers[name] = _tidy(f"{answers[name]} {line}")
        else:
            expected = f"a turn, {_TURN_EXAMPLE}, an annotator's line (C-E2: or A-E3:), or a comment (%)"
            raise DataError(where, repr(line), expected, _RESTORE)
    return turns


def read_transcripts(file: Path) -> dict[str, str]:
    """Read what was said, by utterance, from `dialog/transcriptions`; nothing where the file is absent.

    Lines without an utterance's name and times (the other speaker's laughter, remarks) are passed over.

    Raises:
        DataError: the file cannot be read, or has two texts for one utterance.
    """
    said: dict[str, str] = {}
    for number, line in numbered_lines(file, optional=True):
        match = _SAID.fullmatch(line)
        if match is None:
            continue
        text = match[2].strip()
        if said.setdefault(match[1], text) != text:
            raise DataError(f"{file}, line {number}", f"a second text for {match[1]}", "one", "remove one of them")
    return said


def read_words(folder: Path, utterance: str) -> tuple[Word, ...] | None:
    """Read the words of an utterance with their times and sounds, from `sentences/ForcedAlignment/DIALOGUE`.

    Silence, breathing, laughter and other noises are left out; the mark of a pronunciation, as in `EXCUSE(2)`, is
    taken off. Of a triphone its first symbol, which is the sound itself, is kept. Times are in seconds from the
    utterance's start; a frame counts to its end.

    Args:
        folder: of the dialogue.
        utterance: its name, "Ses01F_impro01_F000".

    Returns:
        None where there is no `.wdseg`, or an empty one; words without sounds where there is no `.phseg`.

    Raises:
        DataError: a file cannot be read or is not of the published form.
    """
    segments = _segments(folder / f"{utterance}.wdseg")
    if not segments:
        return None
    sounds = [Phone(*sound) for sound in _segments(folder / f"{utterance}.phseg") if not _NO_WORD.fullmatch(sound[0])]
    return tuple(
        Word(_VARIANT.sub("", text), start_s, end_s, _within(sounds, start_s, end_s))
        for text, start_s, end_s in segments
        if not _NO_WORD.fullmatch(text)
    )


def fitted(words: tuple[Word, ...], duration_s: float) -> tuple[Word, ...] | None:
    """Cut the last frames of words to a sound's length.

    Args:
        words: in the order of their times.
        duration_s: the sound's length in seconds.

    Returns:
        The words. None where they go on for more than [`OVERHANG_S`][bench.data.corpora.iemocap_files.OVERHANG_S] after
        its end.

    >>> fitted((Word("ME", 0.2, 0.51),), 0.5), fitted((Word("ME", 0.2, 0.7),), 0.5)
    ((Word(text='ME', start_s=0.2, end_s=0.5, phones=()),), None)
    """
    if words and (words[-1].end_s > duration_s + OVERHANG_S or words[-1].start_s >= duration_s):
        return None
    return tuple(word if word.end_s <= duration_s else _cut(word, duration_s) for word in words)


def numbered_lines(file: Path, optional: bool = False) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file that are not blank, without white space around them, counted from 1.

    UTF-8 where the bytes are valid UTF-8, otherwise Windows-1252 or Latin-1; lines may end in CR, LF or both.

    Args:
        file: the text file.
        optional: whether it may be absent; it then has no lines.

    Raises:
        DataError: the file cannot be read, or is absent and not optional.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        if optional and isinstance(error, FileNotFoundError):
            return
        reason = (error.strerror or "an error").lower()
        raise DataError(file, reason, "a file that can be read", "check the path and its permissions") from error
    for number, line in enumerate(re.split(r"\r\n|\n|\r", _decoded(content)), start=1):
        if line.strip():
            yield number, line.strip()


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _turn(where: str, line: str, answers: dict[str, str]) -> Turn:
    match = _TURN.fullmatch(line)
    if match is None:
        raise DataError(where, repr(line), _TURN_EXAMPLE, _RESTORE)
    _, _, id, label, *marks = match.groups()
    ratings = dict(zip(("valence", "activation", "dominance"), map(float, marks), strict=True))
    for name, value in ratings.items():
        if not RATINGS[0] <= value <= RATINGS[1]:
            raise DataError(where, f"{name} {value:g}", f"{RATINGS[0]} to {RATINGS[1]}", _RESTORE)
    return Turn(where, id, label.lower(), **ratings, annotators=MappingProxyType(answers))


def _tidy(answer: str) -> str:
    """An answer without its empty remark, and with single spaces.

    >>> _tidy(" val 3; act 2; dom  2;  ()"), _tidy("Neutral;  (curious)")
    ('val 3; act 2; dom 2', 'Neutral; (curious)')
    """
    return " ".join(answer.split()).removesuffix("()").rstrip("; ")


def _segments(file: Path) -> list[tuple[str, float, float]]:
    """Label, start and end in seconds of every segment of an alignment; nothing where the file is absent."""
    found: list[tuple[str, float, float]] = []
    after = 0
    for number, line in numbered_lines(file, optional=True):
        columns = line.split()
        if columns[0] == "SFrm" or line.startswith("Total score"):
            continue
        numeric = len(columns) >= 4 and all(_FRAME.fullmatch(column) for column in columns[:2])
        if not numeric or not after <= int(columns[0]) <= int(columns[1]):
            expected = f"first frame (from {after}), last frame, score, and a word or sound"
            raise DataError(f"{file}, line {number}", repr(line), expected, f"{_RESTORE}, or remove it: it is optional")
        after = int(columns[1]) + 1
        found.append((columns[3], round(int(columns[0]) * FRAME_S, 2), round(after * FRAME_S, 2)))
    return found


def _within(sounds: list[Phone], start_s: float, end_s: float) -> tuple[Phone, ...]:
    return tuple(sound for sound in sounds if start_s <= sound.start_s and sound.end_s <= end_s)


def _cut(word: Word, duration_s: float) -> Word:
    sounds = (replace(one, end_s=min(one.end_s, duration_s)) for one in word.phones if one.start_s < duration_s)
    return replace(word, end_s=duration_s, phones=tuple(sounds))
