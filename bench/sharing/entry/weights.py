"""The weights in an entry: what fitted victims saved, looked at before anybody loads it. A pickle is never read."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from bench.core.code.keys import key_of_json
from bench.core.errors import DataError
from bench.core.specs import bare
from bench.core.storage.json_objects import loaded
from bench.core.storage.regular import read_regular
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.record_files.descriptions import Description

WEIGHTS = "weights"
FORMATS = (".safetensors", ".json", ".onnx")
_MOST_JSON = 2**24
_REMEDY = "save weights as safetensors or ONNX, and what they are as JSON"
_PICKLES = (b"\x80", b"PK\x03\x04")
"""What a pickle, and a torch.save of one, begin with."""


def weights_of(about: Description) -> str:
    """Name the folder of a cell's fitted victim: as it lies in the cache that it was trained into.

    Args:
        about: the cell's description.
    """
    fitting = loaded(about.text)["fitting"]
    name = bare(about.names.victim).partition(":")[0]
    return f"{name}-{key_of_json(fitting)}"


def check_weights(file: Path) -> None:
    """Refuse a file that is neither safetensors nor JSON nor ONNX, whatever it is called.

    Args:
        file: as it was unpacked.

    Raises:
        DataError: it is none.
    """
    expected = " or ".join(FORMATS)
    if file.suffix not in FORMATS:
        raise DataError(file, f"a file {file.suffix or 'without a suffix'!r}, such as a pickle", expected, _REMEDY)
    try:
        if file.suffix == ".json":
            loaded(read_regular(file, _MOST_JSON, _REMEDY).decode())
        elif file.suffix == ".safetensors":
            with safe_open(file, "pt") as opened:
                opened.keys()
        else:
            with file.open("rb") as opened:
                if (beginning := opened.read(4)).startswith(_PICKLES) or not beginning:
                    raise ValueError("it begins as a pickle, or not at all")
    except (ValueError, RecursionError, SafetensorError, OSError) as error:
        raise DataError(file, f"no {file.suffix} ({error})", "what its name says", _REMEDY) from error


def needed_weights(cells: list[CellRecords]) -> tuple[str, ...]:
    """List the folders of all fitted victims of some cells, each once.

    Args:
        cells: finished ones.
    """
    return tuple(dict.fromkeys(weights_of(cell.description) for cell in cells))
