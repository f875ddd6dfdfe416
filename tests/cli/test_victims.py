"""`bench victims` on real sound files: trained once, measured, handed on."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
PLUGIN = '''
from dataclasses import dataclass
from pathlib import Path

import torch

from bench.modelling.weights import save_weights
from victims.cnn_gru import CnnGru
from victims.exported import Exported


@dataclass(frozen=True)
class Broken(CnnGru):
    """Cannot be trained on the fold that tests speakers 09 and 14."""

    def fit(self, train, valid, context):
        if not {"09", "14"} & {one.speaker for one in [*train, *valid]}:
            raise RuntimeError("no such luck")
        return super().fit(train, valid, context)


@dataclass(frozen=True)
class Stopped(CnnGru):
    """Is interrupted, as by Ctrl-C, in its third training while the file `stop` is there."""

    def fit(self, train, valid, context):
        if Path("stop").exists() and not {"09", "14"} & {one.speaker for one in [*train, *valid]}:
            raise KeyboardInterrupt
        return super().fit(train, valid, context)


@dataclass(frozen=True)
class Noted:
    """Saves what it should not."""

    what: str = "path"

    def fit(self, train, valid, context):
        return Saved(self.what, len(context.task.classes))

    def load(self, folder, context):
        return Saved(self.what, len(context.task.classes))


@dataclass(frozen=True)
class Saved:
    """Knows nothing."""

    what: str
    classes: int

    def enroll(self, clean):
        return self

    def log_probs(self, batch):
        return torch.zeros(len(batch), self.classes).log_softmax(dim=1)

    def save(self, folder):
        if self.what != "nothing":
            save_weights(folder, {"one": torch.ones(1)}, {"from": str(Path.home()) if self.what == "path" else ""})
        if self.what == "pickle":
            torch.save(torch.ones(1), folder / "more.pt")


COMPONENTS = {"victims": {"ours": Exported, "broken": Broken, "stopped": Stopped, "noted": Noted}}
'''
TINY = "cnn_gru:channels=8,hidden=8,dense=8,dropout=0.0,learning_rate=0.01,batch_size=8,max_epochs=12"
SMALL = "channels=4,hidden=4,dense=4,max_epochs=2"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plugin") / "mine.py"
    file.write_text(PLUGIN)
    return file


@pytest.fixture
def victims(bench_here: Callable, tiny_corpus: Path, tiny_noises: Path, plugin: Path) -> Callable:
    """Run `bench victims COMMAND` on the tiny corpus and noises; options by keyword, None leaves one out."""

    def run(command: str, *words: object, **options: object) -> Any:
        data: dict[str, object] = {"corpus": "emodb", "corpus_root": tiny_corpus, "noise_bank": "folder"}
        data |= {"noise_root": tiny_noises, "device": "cpu", "victim": TINY, "plugin": plugin}
        given = []
        for name, value in {**data, **options}.items():
            several = value if isinstance(value, list) else [value]
            given += [f"--{name.replace('_', '-')}={one}" for one in several if one is not None]
        return bench_here("victims", command, *words, *given)

    return run


@pytest.fixture
def told(victims: Callable) -> Callable:
    """The JSON of a command that succeeds."""

    def run(command: str, **options: object) -> dict[str, Any]:
        said = victims(command, json="-", **options)
        assert said.code == 0, said.err
        return dict(json.loads(said.out))

    return run


def tables() -> dict[str, set[str]]:
    """The fields that docs/json.md has for each object."""
    page = PAGE.read_text(encoding="utf-8")
    sections = re.findall(r"^## `([^`]+)`[^\n]*\n(.*?)(?=^## |\Z)", page, flags=re.DOTALL | re.MULTILINE)
    return {title: set(re.findall(r"^\| `(\w+)`", section, flags=re.MULTILINE)) for title, section in sections}


# ---- train


def test_what_is_trained_is_kept(told: Callable, own_cache: Path) -> None:
    asked = {"fold": "0,1", "defense": ["none", "multi_condition"], "seeds": "3"}
    first, again = told("train", **asked), told("train", **asked)
    assert first["failed"] == []
    assert [(one["fold"], one["defense"]) for one in first["victims"]] == [
        (fold, defense) for fold in (0, 1) for defense in ("none", "multi_condition")
    ]
    for one, other in zip(first["victims"], again["victims"], strict=True):
        assert one["seconds"] > 0
        assert other == one | {"seconds": None}
        assert (one["utterances"], one["speakers"], one["seed"]) == (48, 6, 3)
        assert (Path(one["folder"]) / "weights.safetensors").is_file()
        assert Path(one["folder"]).is_relative_to(own_cache)
    assert len({one["folder"] for one in first["victims"]}) == 4
    table = tables()
    assert set(first) == table["train {}"]
    assert set(first["victims"][0]) == table["victims[]"]


def test_the_training_table(victims: Callable, own_cache: Path) -> None:
    said = victims("train")
    assert f"victim {TINY} · defense none\nkept in {own_cache / 'victims'}\n" in said.out
    assert re.search(r"ahsn +0 +0 +48 +6 +\d+\.\d +cnn_gru-\w{20} ", said.out), said.out
    assert "Training cnn_gru" in said.err
    again = victims("train")
    assert re.search(r"ahsn +0 +0 +48 +6 +kept +cnn_gru-\w{20} ", again.out), again.out
    assert "Training" not in again.err


def test_a_run_finds_what_was_trained(
    victims: Callable, bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path
) -> None:
    assert victims("train").code == 0
    said = bench_here(*tiny_job(attack="fade_in", k="1", out=tmp_path / "run"))
    assert said.code == 0
    assert "Training" not in said.err


def test_one_that_fails_holds_nobody_up(victims: Callable, own_cache: Path) -> None:
    said = victims("train", victim=[f"broken:{SMALL}", f"cnn_gru:{SMALL}"], fold="all", json="-")
    assert said.code == 1
    found = json.loads(said.out)
    assert len(found["victims"]) == 9
    (failure,) = found["failed"]
    assert failure["error"] == "RuntimeError: no such luck"
    assert "raise RuntimeError" in failure["traceback"]
    assert f"fold {failure['fold']}, seed 0 failed: RuntimeError: no such luck" in said.err
    assert set(failure) == tables()["train failed[]"]


def test_an_interrupted_command_goes_on(
    victims: Callable, told: Callable, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stop").touch()
    asked: dict[str, Any] = {"victim": f"stopped:{SMALL}", "fold": "all"}
    said = victims("train", **asked)
    assert said.code == 130
    assert "interrupted; the same command goes on" in said.err
    Path("stop").unlink()
    found = told("train", **asked)["victims"]
    assert [one["seconds"] is None for one in found] == [True, True, False, False, False]


# ---- evaluate


def test_the_figures_are_those_of_a_run(told: Callable, finished_run: tuple) -> None:
    clean = json.loads((finished_run[0].parent / "scores.json").read_text())["cells"][0]["clean"]
    (cell,) = told("evaluate")["cells"]
    assert {name: cell[name] for name in clean} == clean


def test_folds_and_seeds_are_put_together(told: Callable) -> None:
    found = told("evaluate", fold="all", seeds="0,1")
    (pooled,) = found["pooled"]
    assert [(cell["fold"], cell["seed"]) for cell in found["cells"]] == [(f, s) for s in (0, 1) for f in range(5)]
    assert (pooled["folds"], pooled["seeds"], pooled["n"], pooled["speakers"]) == ([0, 1, 2, 3, 4], [0, 1], 80, 10)
    for name in ("uar", "war", "weighted_precision", "weighted_recall", "weighted_f1"):
        assert pooled[name] == pytest.approx(sum(cell[name] for cell in found["cells"]) / 10)
        low, high = pooled[f"{name}_ci95"]
        assert 0 <= low < pooled[name] < high <= 1
    counts = pooled["confusion"]["counts"]
    assert [sum(row) for row in counts] == [40] * 4, "each utterance once for each seed"
    assert pooled["war"] == pytest.approx(sum(counts[n][n] for n in range(4)) / 160)


def test_the_json_is_as_documented(told: Callable) -> None:
    found, table = told("evaluate", fold="0,1"), tables()
    cell, pooled = found["cells"][0], found["pooled"][0]
    assert table["evaluate {}"] == set(found)
    assert table["evaluate cells[]"] == set(cell)
    assert set(cell) - set(pooled) == {"fold", "seed"}
    assert set(pooled) <= set(cell)
    assert table["classes[]"] == set(cell["classes"][0])
    assert table["confusion"] == set(cell["confusion"])
    assert table["evaluate rests_on"] == set(cell["rests_on"])


def test_the_table_says_what_the_json_says(victims: Callable, told: Callable) -> None:
    found, said = told("evaluate", fold="0,1"), victims("evaluate", fold="0,1")
    assert "n = 32 utterances of 4 speakers" in said.out
    for entry in (*found["cells"], *found["pooled"]):
        for name in ("uar", "war", "weighted_precision", "weighted_f1"):
            assert f"{entry[name]:.2f} [{entry[f'{name}_ci95'][0]:.2f}, {entry[f'{name}_ci95'][1]:.2f}]" in said.out
    for one, counts in zip(found["pooled"][0]["classes"], found["pooled"][0]["confusion"]["counts"], strict=True):
        assert re.search(rf"{one['label']} +{one['recall']:.2f} .* {' +'.join(map(str, counts))} ", said.out)


def test_another_corpus(victims: Callable, told: Callable, tmp_path: Path, tiny_corpus: Path) -> None:
    """All of it is tested; the corpus that was trained on is none."""
    other = Path(shutil.copytree(tiny_corpus, tmp_path / "other"))
    for file in (other / "wav").glob("1*"):
        file.unlink()
    found = told("evaluate", test_corpus="emodb", test_corpus_root=other, fold="0,1")
    assert [(cell["n"], cell["speakers"]) for cell in found["cells"]] == [(24, 3)] * 2
    (pooled,) = found["pooled"]
    assert (pooled["n"], sum(map(sum, pooled["confusion"]["counts"]))) == (24, 48)
    rests = pooled["rests_on"]
    assert rests["corpus_fingerprint"] != rests["test_corpus_fingerprint"]
    same = victims("evaluate", test_corpus="emodb", test_corpus_root=tiny_corpus)
    assert same.code == 2
    assert "found the corpus that the victims are trained on" in same.err


def test_one_that_cannot_be_asked_is_noted(victims: Callable) -> None:
    said = victims("evaluate", victim=f"broken:{SMALL}", fold="2")
    assert said.code == 1
    assert said.out == ""
    assert "no such luck" in said.err


# ---- export


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


def test_the_card(exported: Path, bench_here: Callable) -> None:
    text = (exported / "README.md").read_text(encoding="utf-8")
    whole = re.fullmatch(r"---\n(.*?)\n---\n\n(.*)", text, flags=re.DOTALL)
    assert whole is not None
    found, body = yaml.safe_load(whole[1]), whole[2]
    about = json.loads((exported / "victim.json").read_text())
    assert found["license"] == "cc-by-4.0"
    assert found["library_name"] == "serbench"
    measured = {one["type"]: one["value"] for one in found["model-index"][0]["results"][0]["metrics"]}
    assert measured == {name: about["metrics"][name] for name in measured}
    assert set(measured) == {"uar", "war", "weighted_precision", "weighted_f1"}
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
    said = victims("card", fold="1", defense="multi_condition", license="cc-by-4.0")
    assert said.out == (exported / "README.md").read_text(encoding="utf-8")
    about = json.loads(victims("card", fold="1", json="-").out)
    assert about["defense"] == "none"
    assert about["training_noises"] is None


def test_an_empty_folder_will_do(victims: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert victims("export", to=tmp_path / "empty").code == 0
    assert (tmp_path / "empty" / "README.md").is_file()


# ---- refused


@pytest.fixture
def refused(victims: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable) -> Callable:
    (tmp_path / "here" / "full").mkdir(parents=True)
    (tmp_path / "here" / "full" / "file").write_text("mine")
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
        ("export", {"to": "new", "victim": "python:full/file:x"}, ["python", "'target' leads to full/file:x"]),
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


@pytest.mark.parametrize("command", ["train", "evaluate", "export", "card"])
def test_help_is_whole(bench_here: Callable, command: str) -> None:
    said = bench_here("victims", command, "--help")
    assert said.code == 0
    assert "--noise-map" in said.out
