"""Sessions of ONNX Runtime's on a file that somebody else made: nothing from elsewhere is loaded, and answers end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.core.errors import BenchError, ComponentError, DataError
from bench.core.types import SAMPLE_RATE
from bench.modelling.pretrained.borrowed import digest_of, module_for
from bench.modelling.pretrained.onnx_files import external_files

_FATAL = 4
_PATIENCE_S = 10.0
_TIMES_REAL = 5.0
_SHOWN = 300


def open_session(where: str, file: Path, device: torch.device) -> Any:
    """Load a model into a session of ONNX Runtime's, on one thread: the referee has one for each core.

    Args:
        where: who needs it: "victim 'onnx'".
        file: the model.
        device: where it computes.

    Raises:
        UsageError: ONNX Runtime or a file is not there.
        DataError: the file is no model, or names weights outside its folder.
    """
    digest_of(where, [file, *external_files(file)])
    runtime = module_for(where, "onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = 1
    wanted = ["CUDAExecutionProvider"] * (device.type == "cuda") + ["CPUExecutionProvider"]
    providers = [name for name in wanted if name in runtime.get_available_providers()]
    try:
        return runtime.InferenceSession(str(file), options, providers=providers)
    except BenchError:
        raise
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise DataError(file, told(error), "a model in the ONNX format", "export it anew") from error


def answer_of(where: str, session: Any, output: str, given: Mapping[str, NDArray[Any]], samples: int) -> NDArray[Any]:
    """Run a model, and stop it where it does not end: a graph may count to 2⁶².

    Args:
        where: whose it is, for messages.
        session: ONNX Runtime's.
        output: the name of the one that is read.
        given: inputs by name.
        samples: of sound in all; an answer has ten seconds, and five times as long as the sound is.

    Raises:
        ComponentError: it fails, or does not end in time.
    """
    limit_s = _PATIENCE_S + _TIMES_REAL * samples / SAMPLE_RATE
    options = module_for(where, "onnxruntime", "onnx").RunOptions()
    options.log_severity_level = _FATAL
    late = threading.Event()

    def stop() -> None:
        late.set()
        options.terminate = True

    timer = threading.Timer(limit_s, stop)
    timer.daemon = True
    timer.start()
    try:
        return np.asarray(session.run([output], dict(given), options)[0])
    except Exception as error:  # ONNX Runtime's errors have no common base
        if late.is_set():
            found = f"no answer after {limit_s:.0f} s about {samples / SAMPLE_RATE:.1f} s of sound"
            raise ComponentError(where, found, "a model whose loops end", "export a faster one") from error
        found = f"{type(error).__name__}: {told(error)}"
        raise ComponentError(where, found, "a model that runs", "export it anew") from error
    finally:
        timer.cancel()


def told(error: Exception) -> str:
    """Say what ONNX Runtime says, without the place in its own source: its last sentences where it says much."""
    text = " ".join(str(error).split())
    before, source, rest = text.partition("/onnxruntime_src/")
    if source and ") " in rest:
        text = before + rest.rpartition("&")[2].partition(") ")[2]
    return text[:_SHOWN]
