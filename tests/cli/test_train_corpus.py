"""`bench run --train-corpus`: trained on one corpus, attacked on another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.scoring.records import Store
from tests.cli.small_runs import SMALL, records
from tests.conftest import EMOTIONS, write_tiny_corpus

NAMES = {"W": "anger", "F": "happiness", "T": "sadness", "N": "neutral"}


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of three people, one of whom has a name that the tiny corpus has too."""
    root = write_tiny_corpus(tmp_path_factory.mktemp("others"), ("21", "22", "23"))
    return table(root / "manifest.csv", root, {"21": "03", "22": "ann", "23": "bob"})


def table(file: Path, root: Path, names: dict[str, str], letters: str = "".join(EMOTIONS)) -> Path:
    rows = [
        f"{sound},{names.get(sound.name[:2], sound.name[:2])},{NAMES[sound.name[5]]}"
        for sound in sorted((root / "wav").iterdir())
        if sound.name[5] in letters
    ]
    file.write_text("\n".join(["path,speaker,emotion", *rows]) + "\n")
    return file


@pytest.fixture
def job(tiny_job: Callable, tiny_corpus: Path, others: Path) -> Callable:
    across = {"corpus": "manifest", "corpus_root": others, "train_corpus": "emodb", "train_corpus_root": tiny_corpus}
    asked = {"victim": SMALL, "attack": "fade_in", "k": 1, "fold": 1}
    return lambda **options: tiny_job(**{**across, **asked, **options})


def test_all_of_one_corpus_is_attacked_and_the_victim_is_the_other_ones(
    bench_here: Callable, job: Callable, tiny_corpus: Path, tmp_path: Path, own_cache: Path
) -> None:
    done = bench_here(*job(out=tmp_path / "run", json=tmp_path / "scores.json"))
    assert done.code == 0, done.err
    assert "corpus manifest (trained on emodb)" in done.out
    assert "Speakers 03 of emodb and of manifest are taken for different people" in done.err
    (entry,) = json.loads((tmp_path / "scores.json").read_text())["pooled"]
    assert (entry["corpus"], entry["train_corpus"], entry["n"], entry["speakers"]) == ("manifest", "emodb", 24, 3)
    (cell,) = Store(tmp_path / "run").cells()
    told, rests = json.loads(cell.description.text), cell.description.rests_on
    assert (told["fitting"]["corpus"], told["attacked_corpus"]) == (
        rests.train_corpus_fingerprint,
        rests.corpus_fingerprint,
    )
    assert set(cell.rows["speaker"]) == {"03", "ann", "bob"}
    (victim,) = (own_cache / "victims").iterdir()
    within = bench_here(
        *job(
            out=tmp_path / "within", corpus="emodb", corpus_root=tiny_corpus, train_corpus=None, train_corpus_root=None
        )
    )
    assert within.code == 0, within.err
    assert [*(own_cache / "victims").iterdir()] == [victim], "the same fitted victim is attacked within its corpus"
    board = bench_here("leaderboard", tmp_path / "run", tmp_path / "within", "--out", tmp_path / "board")
    assert board.code == 0, board.err
    text = (tmp_path / "board" / "leaderboard.md").read_text()
    assert "on manifest (trained on emodb), k-fold" in text
    assert "on emodb, k-fold" in text
    site = bench_here("leaderboard", "build", tmp_path / "run", tmp_path / "within", "--out", tmp_path / "site")
    assert site.code == 0, site.err
    index = (tmp_path / "site" / "index.html").read_text()
    assert "<bdi>manifest (trained on emodb)</bdi>" in index
    assert "<bdi>emodb</bdi>" in index
    kept = [one for one in job(k=1)[1:] if not one.startswith(("--attack", "--fold"))]
    alone = [one for one in kept if "train-corpus" not in one]
    refused = bench_here("replay", tmp_path / "run", *alone)
    assert (refused.code, "found corpus trained on none" in refused.err) == (2, True), refused.err
    assert bench_here("replay", tmp_path / "run", *kept).code == 0
    assert records(tmp_path / "run").keys().isdisjoint(records(tmp_path / "within"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"train_corpus": None}, "--train-corpus-root"),
        ({"train_corpus": "emodbb"}, "--train-corpus: found 'emodbb'"),
        ({"train_corpus_root": "nowhere"}, "nowhere"),
        ({"train_corpus_root": None}, "--train-corpus-root"),
        ({"task": "emotion7"}, "both corpora"),
    ],
)
def test_what_cannot_be_is_named(bench_here: Callable, job: Callable, change: dict, said: str, tmp_path: Path) -> None:
    done = bench_here(*job(out=tmp_path / "run", **change))
    assert (done.code, said in " ".join(done.err.split())) == (2, True), done.err
    assert not (tmp_path / "run").exists()


def test_a_corpus_is_not_attacked_by_what_was_trained_on_it(
    bench_here: Callable, job: Callable, others: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    def refused(**change: object) -> str:
        done = bench_here(*job(out=tmp_path / "run", **change))
        assert done.code == 2, done.err
        return " ".join(done.err.split())

    assert "the corpus that is attacked" in refused(train_corpus="manifest", train_corpus_root=others)
    copy = table(tmp_path / "copy.csv", tiny_corpus, {})
    assert "sample for sample the same sound" in refused(corpus_root=copy)
    more = write_tiny_corpus(tmp_path / "more", ("24", "25", "26"))
    again = table(tmp_path / "again.csv", more, {"24": "ann"})
    assert "one adapter: ann" in refused(train_corpus="manifest", train_corpus_root=again)
    fewer = table(tmp_path / "fewer.csv", others.parent, {}, "WFT")
    said = refused(corpus_root=fewer)
    assert "corpus 'manifest': found no utterance labelled neutral" in said
    assert "choose a task that both corpora can serve" in said


def test_a_plan_names_it(bench_here: Callable, job: Callable, tmp_path: Path) -> None:
    asked = dict(word.removeprefix("--").split("=", 1) for word in job(out=tmp_path / "run")[1:])
    plan = tmp_path / "plan.yaml"
    plan.write_text("".join(f"{name}: {value}\n" for name, value in asked.items()))
    done = bench_here("grid", plan)
    assert done.code == 0, done.err
    (cell,) = Store(tmp_path / "run").cells()
    assert cell.description.names.setting.train_corpus == "emodb"
