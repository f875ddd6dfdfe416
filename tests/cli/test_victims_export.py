"""`bench victims export` and `card`: what an exported victim has, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.two_victims import tables


@pytest.fixture
def exported(victims: Callable, tmp_path: Path) -> Path:
    said = victims("export", to=tmp_path / "new" / "folder", fold="1", defense="multi_condition", license="cc-by-4.0")
    assert said.code == 0, said.err
    assert f"exported:{tmp_path / 'new' / 'folder'}" in said.out
    return tmp_path / "new" / "folder"


def test_an_exported_victim_is_measured_as_it_was(told: Callable, exported: Path, tmp_path: Path) -> None:
    """From another folder, as on another machine."""
    moved = Path(shutil.move(exported, tmp_path / "moved"))
    was, now = (
        told("evaluate", fold="1", **options)["cells"][0]
        for options in ({"defense": "multi_condition"}, {"victim": f"ours:{moved}"})
    )
    figures = set(was) - {"victim", "defense", "rests_on"}
    assert {name: was[name] for name in figures} == {name: now[name] for name in figures}
    metrics = json.loads((moved / "victim.json").read_text())["metrics"]
    assert metrics == {name: was[name] for name in metrics}
    assert {"uar", "weighted_f1", "confusion", "rests_on"} <= set(metrics)


def test_what_is_in_the_folder(exported: Path, tmp_path: Path, tiny_corpus: Path) -> None:
    files = {str(file.relative_to(exported)) for file in exported.rglob("*") if file.is_file()}
    assert files == {"README.md", "victim.json", "fitted/config.json", "fitted/weights.safetensors"}
    about = json.loads((exported / "victim.json").read_text())
    assert set(about) == tables()["victim.json"]
    assert set(about["files"]) == {"config.json", "weights.safetensors"}
    assert about["parts"]["train"] == {
        "utterances": 48,
        "speakers": 6,
        "classes": dict.fromkeys(("anger", "happiness", "sadness", "neutral"), 12),
    }
    assert len(about["voices"]) == 8, "those trained with and those who chose the epoch"
    for file in ("README.md", "victim.json", "fitted/config.json"):
        text = (exported / file).read_text()
        for place in (tmp_path, tiny_corpus, Path.home(), Path.cwd()):
            assert str(place) not in text, file


def test_the_model_card_says_what_was_measured(exported: Path, bench_here: Callable) -> None:
    text = (exported / "README.md").read_text(encoding="utf-8")
    whole = re.fullmatch(r"---\n(.*?)\n---\n\n(.*)", text, flags=re.DOTALL)
    assert whole is not None
    found, body = yaml.safe_load(whole[1]), whole[2]
    about = json.loads((exported / "victim.json").read_text())
    assert found["license"] == "cc-by-4.0"
    assert found["library_name"] == "serbench"
    measured = {one["type"]: one["value"] for one in found["model-index"][0]["results"][0]["metrics"]}
    assert measured == {name: about["metrics"][name] for name in measured}
    assert set(measured) == {"uar", "war", "weighted_precision", "weighted_f1", "macro_f1"}
    for said in (
        f"`{about['corpus']['fingerprint']}`",
        "| train | 48 | 6 | 12 | 12 | 12 | 12 |",
        "| test | 16 | 2 | 4 | 4 | 4 | 4 |",
        about["training_noises"]["fingerprint"],
        "--victim exported:FOLDER --attack boundary --task ahsn --split k-fold --fold 1",
        "| defence | `multi_condition` |",
        f"| `torch` | `{about['fitting']['versions']['torch']}` |",
        f"| UAR (unweighted average recall) | {about['metrics']['uar']:.2f} [",
    ):
        assert said in body
    assert "{{" not in text
    assert "\n\n\n\n" not in body
    for line in re.findall(r"^\|.*$", body, flags=re.MULTILINE):
        assert line.endswith("|"), line
    printed = bench_here("victims", "card", exported)
    assert printed.code == 0
    assert printed.out == text
    assert json.loads(bench_here("victims", "card", exported, "--json=-").out) == about


def test_the_card_of_a_victim_that_is_not_exported(victims: Callable, exported: Path) -> None:
    said = victims("card", fold="1", defense="multi_condition", licence="cc-by-4.0")
    assert said.out == (exported / "README.md").read_text(encoding="utf-8")
    about = json.loads(victims("card", fold="1", json="-").out)
    assert about["defense"] == "none"
    assert about["training_noises"] is None


def test_an_empty_folder_will_do(victims: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert victims("export", to=tmp_path / "empty").code == 0
    assert (tmp_path / "empty" / "README.md").is_file()


@pytest.fixture
def refused(victims: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable) -> Callable:
    (tmp_path / "here" / "full").mkdir(parents=True)
    (tmp_path / "here" / "full" / "file").write_text("mine")
    (tmp_path / "here" / "full" / "file.py").write_text("def x(waveform, sampling_rate): ...")
    monkeypatch.chdir(tmp_path / "here")

    def run(command: str, *words: object, **options: object) -> str:
        before = tree(tmp_path / "here")
        said = victims(command, *words, **options)
        assert said.code == 2, said
        assert said.out == ""
        assert "Traceback" not in said.err
        last = str(said.err.splitlines()[-1])
        assert all(part in last for part in ("bench: ", ": found ", "; expected ")), said.err
        assert tree(tmp_path / "here") == before, "nothing is written"
        return last

    return run


@pytest.mark.parametrize(
    ("command", "options", "named"),
    [
        ("train", {"victim": "cnn_gruu"}, ["--victim", "did you mean 'cnn_gru'?"]),
        ("train", {"defense": "multi-condition"}, ["--defense", "did you mean 'multi_condition'?"]),
        ("train", {"task": "ashn"}, ["--task", "did you mean 'ahsn'?"]),
        ("train", {"fold": "9"}, ["--fold", "0 to 4"]),
        ("train", {"seeds": "x"}, ["--seeds"]),
        ("train", {"json": "none/x.json"}, ["--json", "no folder that can be written to"]),
        ("evaluate", {"test_corpus": "emo-db"}, ["--test-corpus: found 'emo-db'", "did you mean 'emodb'?"]),
        ("evaluate", {"test_corpus_root": "full"}, ["--test-corpus-root full", "no --test-corpus"]),
        ("evaluate", {"test_corpus": "emodb", "test_corpus_root": "full"}, ["full", "wav"]),
        ("export", {"to": "full"}, ["--to full", "a folder with something in it"]),
        ("export", {"to": "full/file"}, ["--to full/file", "is a file"]),
        ("export", {"to": "new", "victim": "cnn_gruu"}, ["--victim", "did you mean 'cnn_gru'?"]),
        ("export", {"to": "new", "fold": "all"}, ["--fold", "all", "one number"]),
        ("export", {"to": "new", "fold": "0,1"}, ["--fold", "0,1", "one number"]),
        ("export", {"to": "new", "seed": "0,1"}, ["--seed", "0,1", "one number"]),
        ("export", {"to": "new", "victim": "http:http://127.0.0.1:9/x"}, ["http", "leads to http://127.0.0.1:9/x"]),
        ("export", {"to": "new", "victim": "python:full/file.py:x"}, ["python", "'target' leads to full/file.py:x"]),
        ("export", {"to": "new", "victim": "noted"}, ["noted", "notes the path"]),
        ("export", {"to": "new", "victim": "noted:nothing"}, ["noted", "no weights of its own"]),
        ("export", {"to": "new", "victim": "noted:pickle"}, ["more.pt", "a file of kind '.pt'"]),
        ("card", {"victim": None}, ["neither a folder nor --victim"]),
    ],
)
def test_what_cannot_be_done(refused: Callable, command: str, options: dict[str, object], named: list[str]) -> None:
    said = refused(command, **options)
    for part in named:
        assert part in said


def test_a_card_is_of_a_folder_or_of_a_victim(refused: Callable) -> None:
    assert "a folder and --victim" in refused("card", "full")
    assert "no usable victim.json" in refused("card", "full", victim=None)
    assert "none: found no such folder" in refused("card", "none", victim=None)


def test_an_export_is_not_exported_again(victims: Callable, exported: Path, tmp_path: Path) -> None:
    said = victims("export", victim=f"ours:{exported}", fold="1", to=tmp_path / "twice")
    assert said.code == 2
    assert "leads to" in said.err
    assert not (tmp_path / "twice").exists()


def test_another_fold_and_another_task_are_refused(victims: Callable, exported: Path) -> None:
    said = victims("evaluate", victim=f"ours:{exported}", fold="0")
    assert said.code == 2
    assert "--split k-fold --fold 1" in said.err
    said = victims("evaluate", victim=f"ours:{exported}", fold="1", task="activation3")
    assert said.code == 2
    assert "task 'ahsn'" in said.err


def test_a_folder_whose_component_is_missing(victims: Callable, exported: Path) -> None:
    file = exported / "victim.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"victim": "tiny_net"}))
    said = victims("evaluate", victim=f"ours:{exported}", fold="1")
    assert said.code == 2
    assert "tiny_net" in said.err
    assert "Traceback" not in said.err
