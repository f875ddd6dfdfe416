"""Records and notes of runs, models' files and services' answers that are wrong."""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.children import called, command
from benchmarks.fuzzing.kinds import Lay
from benchmarks.fuzzing.mutations import BYTES, JSON, mutated
from benchmarks.made_records import MadeUp

_SCORES = {"result": {"label": "ang", "scores": [{"label": n, "score": 0.25} for n in ("ang", "hap", "sad", "neu")]}}
_CHAT = {"choices": [{"message": {"role": "assistant", "content": "anger"}}], "usage": {"total_tokens": 3}}
_RAW = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n" + b'{"result":{"label":"ang"}}'
)


def records(base: Path) -> Lay:
    """Wrong files in the folder of a run, which is shown, scored and ranked."""
    run = MadeUp({"v": 0.8, "w": 0.6}, {"none": 0.0}, ("boundary", "reverb"), folds=2).write(base / "run")
    failed = {"cell": "c", "error": "no luck", "exit_code": 1, "traceback": "Traceback ...", "about": {"victim": "v"}}
    whole = {str(path.relative_to(run)): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    whole["failed/0123456789abcdef.json"] = json.dumps(failed).encode()
    whole["planned.json"] = json.dumps({"0123456789abcdef": "a cell"}).encode()

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        shutil.copytree(run, folder / "run")
        name = rng.choice(list(whole))
        (folder / "run" / name).parent.mkdir(exist_ok=True)
        how = BYTES if name.endswith(".parquet") else JSON
        (folder / "run" / name).write_bytes(mutated(whole[name], how, rng))
        asked = (("show", "run"), ("score", "run", "--k", "1,3"), ("status", "run"), ("attack-report", "run"))
        more = (("leaderboard", "run", "--out", "board"), ("report", "run", "--out", "report.html"))
        return command(*rng.choice((*asked, *more)))

    return lay


def models(base: Path) -> Lay:
    """Wrong files of models: ONNX graphs, and folders of transformers'."""
    graph, folder_of = base / "model.onnx", base / "hf"
    _onnx(graph)
    _wav2vec2(folder_of)

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        if rng.random() < 0.5:
            (folder / "x.onnx").write_bytes(mutated(graph.read_bytes(), BYTES, rng))
            return called(lambda: _fitted("onnx", str(folder / "x.onnx")))
        shutil.copytree(folder_of, folder / "hf")
        file = rng.choice([path for path in sorted((folder / "hf").iterdir()) if path.is_file()])
        file.write_bytes(mutated(file.read_bytes(), BYTES if file.suffix == ".safetensors" else JSON, rng))
        return called(lambda: _fitted("hf", str(folder / "hf")))

    return lay


def services(_base: Path) -> Lay:
    """Wrong answers of a service: its JSON, or all that it sends."""

    def lay(rng: random.Random, _folder: Path) -> Callable[[], None]:
        kind = rng.random()
        if kind < 0.4:
            name, sent, more = (
                "http",
                _answer(mutated(json.dumps(_SCORES).encode(), JSON, rng)),
                "label_path=result.label",
            )
        elif kind < 0.6:
            name, sent, more = (
                "http",
                _answer(mutated(json.dumps(_SCORES).encode(), JSON, rng)),
                "scores_path=result.scores",
            )
        elif kind < 0.8:
            name, sent, more = "chat", _answer(mutated(json.dumps(_CHAT).encode(), JSON, rng)), "model=m"
        else:
            name, sent, more = "http", mutated(_RAW, BYTES, rng), "label_path=result.label"
        return called(lambda: _asked(name, sent, more))

    return lay


def _answer(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content


def _asked(name: str, sent: bytes, more: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(sent)
            self.close_connection = True

        def log_message(self, *words: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/x"
    _fitted(name, f"{url},{more},retries=1,pause_s=0.01,timeout_s=2")


def _fitted(name: str, parameters: str) -> None:
    from bench.contracts.registry import Registry
    from bench.testing import sample_context, sample_utterances

    train = sample_utterances(key="train")
    Registry.discover().build("victims", f"{name}:{parameters}").fit(train, train, sample_context())


def _onnx(file: Path) -> None:
    """Write a model that tells classes by loudness."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Mul", ["waveform", "waveform"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["power"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["power", "weights"], ["scores"]),
    ]
    weights = numpy_helper.from_array(np.array([[3.0, 1.0, -1.0, -3.0]], dtype=np.float32), "weights")
    inputs = [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["b", "t"])]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["b", 4])]
    made = helper.make_graph(nodes, "loudness", inputs, outputs, [weights])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"labels": json.dumps(["ang", "hap", "sad", "neu"])})
    onnx.save(model, str(file))


def _wav2vec2(folder: Path) -> None:
    """Write a wav2vec 2.0 of a few thousand weights."""
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    labels = {0: "ang", 1: "hap", 2: "sad", 3: "neu"}
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    front = {"conv_dim": (8, 8), "conv_kernel": (10, 8), "conv_stride": (5, 4), "num_conv_pos_embeddings": 4}
    groups = {"num_conv_pos_embedding_groups": 2, "classifier_proj_size": 8, "feat_extract_norm": "layer"}
    config = Wav2Vec2Config(
        **sizes,
        **front,
        **groups,
        do_stable_layer_norm=True,
        id2label=labels,
        label2id={n: i for i, n in labels.items()},
    )
    Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
