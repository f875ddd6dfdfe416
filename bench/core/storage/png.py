"""Small pictures as PNG files, with the standard library alone: the same picture gives the same bytes."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def png(shades: NDArray[np.uint8], palette: bytes) -> bytes:
    """Write an image as a PNG file (ISO/IEC 15948) with a palette.

    Args:
        shades: shape (height, width): of each pixel the place of its colour in the palette.
        palette: 256 colours, red, green and blue of each, as bytes.

    >>> import numpy as np
    >>> png(np.zeros((2, 3), dtype=np.uint8), bytes(768))[1:4]
    b'PNG'
    """
    height, width = shades.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # eight bits, an index into the palette
    rows = b"".join(b"\0" + row.tobytes() for row in shades)  # each row is preceded by its filter: 0, none
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
