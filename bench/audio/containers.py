"""Whether a sound file ends where its own container says it does.

libsndfile reads a WAV, AIFF or OGG file that was cut off in mid-copy without a word, as a shorter sound. This looks at
the container alone: RIFF and RIFX (WAV), RF64, FORM (AIFF), and Ogg pages. Other formats are left to the decoder, which
tells by itself (FLAC), or carry no length (MP3).

References: RIFF, Multimedia Programming Interface 1.0 (IBM and Microsoft, 1991); AIFF 1.3 (Apple, 1989); EBU Tech 3306
(RF64); RFC 3533 (Ogg).
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

STREAMED = 0x7FFF_F000
"""A chunk of at least so many bytes was written by a program that could not go back to fill in its length (ffmpeg
writes 0xFFFFFFFF into a pipe, SoX 0x7FFFF000): it reaches to the end of the file, and the file cannot be checked."""

_END_OF_STREAM = 0x04


def missing_end(handle: BinaryIO) -> str | None:
    """Say what is missing at the end of an open sound file, in words, or None where nothing can be told to be missing.

    Raises:
        OSError: the file cannot be read.
    """
    size = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    head = handle.read(12)
    magic, form = head[:4], head[8:12]
    if magic in (b"RIFF", b"RIFX", b"RF64") and form == b"WAVE":
        return _short_chunk(handle, size, "<" if magic != b"RIFX" else ">", b"data")
    if magic == b"FORM" and form in (b"AIFF", b"AIFC"):
        return _short_chunk(handle, size, ">", b"SSND")
    if magic == b"OggS":
        return _unended_ogg(handle, size)
    return None


def doubtful_length(handle: BinaryIO) -> str | None:
    """Say why the length of the sound in an open WAV file is doubtful, in words, or None where it is not.

    A recorder that was killed leaves a length of 0; a wrong one leaves sound behind the end that the header gives.
    What follows there and is made of chunks, a tag of MP3's, or zeros, is no sound.

    Raises:
        OSError: the file cannot be read.
    """
    size, chunk = handle.seek(0, os.SEEK_END), _wav_data(handle)
    if chunk is None:
        return None
    position, length, order = chunk
    there = size - position - 8
    if length == 0 and there > 0:
        return f"a header that says 0 bytes of sound where {there} follow: all of them are read"
    handle.seek(position + 8 + length + length % 2)
    rest = handle.read()
    if len(rest) < 8 or not any(rest) or (rest[:3] == b"TAG" and len(rest) == 128) or _are_chunks(rest, order):
        return None
    return f"{len(rest)} bytes behind the {length} bytes of sound that its header gives: they are not read"


def finished(handle: BinaryIO) -> bytes | None:
    """Give the bytes of an open WAV file whose header says that it has no sound, with the length that it has.

    Returns:
        The file with its lengths filled in; None where nothing is missing, or the file's own lengths hold.

    Raises:
        OSError: the file cannot be read.
    """
    size, chunk = handle.seek(0, os.SEEK_END), _wav_data(handle)
    if chunk is None or chunk[1] != 0 or not 0 < size - chunk[0] - 8 < STREAMED:
        return None
    handle.seek(0)
    whole = bytearray(handle.read())
    struct.pack_into(f"{chunk[2]}I", whole, 4, len(whole) - 8)
    struct.pack_into(f"{chunk[2]}I", whole, chunk[0] + 4, len(whole) - chunk[0] - 8)
    return bytes(whole)


def _wav_data(handle: BinaryIO) -> tuple[int, int, str] | None:
    """Where the sound of a WAV file begins, its length, and the byte order; None for a streamed or other file."""
    size = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    head = handle.read(12)
    if head[:4] not in (b"RIFF", b"RIFX") or head[8:12] != b"WAVE":
        return None
    order, position = "<" if head[:4] == b"RIFF" else ">", 12
    while position + 8 <= size:
        handle.seek(position)
        name, length = struct.unpack(f"{order}4sI", handle.read(8))
        if name == b"data":
            return (position, length, order) if length < STREAMED else None
        position += 8 + length + length % 2
    return None


def _are_chunks(rest: bytes, order: str) -> bool:
    """Whether bytes are chunks, one after the other; the last may be cut off."""
    position = 0
    while position + 8 <= len(rest):
        name, length = struct.unpack_from(f"{order}4sI", rest, position)
        if not all(32 <= letter < 127 for letter in name):
            return not any(rest[position:])
        position += 8 + length + length % 2
    return True


def _short_chunk(handle: BinaryIO, size: int, order: str, wanted: bytes) -> str | None:
    """Walk the chunks up to the one with the samples and compare its length with what is there."""
    position, long_length = 12, None
    while position + 8 <= size:
        handle.seek(position)
        name, length = struct.unpack(f"{order}4sI", handle.read(8))
        if name == b"ds64" and length >= 16:
            long_length = struct.unpack("<QQ", handle.read(16).ljust(16, b"\0"))[1]
        if name == wanted:
            length = long_length if long_length is not None and length == 0xFFFF_FFFF else length
            there = size - position - 8
            if there < length and (long_length is not None or length < STREAMED):
                return f"{there} bytes of sound where its header promises {length}"
            return None
        position += 8 + length + length % 2
    return f"no {wanted.decode()} chunk, which holds the sound"


def _unended_ogg(handle: BinaryIO, size: int) -> str | None:
    """Walk the pages; the last one must be whole and carry the end-of-stream mark."""
    position, flags = 0, 0
    while position < size:
        handle.seek(position)
        header = handle.read(27)
        if len(header) < 27:
            return "an Ogg page that is cut off"
        if header[:4] != b"OggS":
            return None if flags & _END_OF_STREAM else "Ogg pages that do not follow one another"
        flags, segments = header[5], header[26]
        lengths = handle.read(segments)
        position += 27 + segments + sum(lengths)
        if len(lengths) < segments or position > size:
            return "an Ogg page that is cut off"
    return None if flags & _END_OF_STREAM else "an Ogg stream without its last page"
