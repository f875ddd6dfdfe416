"""What README.md and docs/ promise: commands that parse, Python that runs, fields that exist, links that lead on."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEAD = ("README.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md")
PAGES = [*(ROOT / name for name in HEAD), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)


PYTHON = blocks(README, "python")


def commands() -> Iterator[Any]:
    """Every `bench ...` of a page, on one line."""
    for page in PAGES:
        for block in blocks(page.read_text(encoding="utf-8"), "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                for part in line.split("&&"):
                    words = shlex.split(part.strip().removeprefix("exec "), comments=True)
                    if words and Path(words[0]).name == "bench":
                        yield pytest.param(words[1:], id=f"{page.name}: {' '.join(words[1:])}")


def test_the_first_two_commands_install_and_run() -> None:
    first, second = (block.strip() for block in blocks(README, "sh")[:2])
    for command in (first, second):
        assert "\n" not in command
        assert command.startswith("python3.11 -m venv .venv && .venv/bin/pip install -c requirements.txt -e ")
    assert first.endswith("&& .venv/bin/bench run --victim cnn_gru --attack boundary --k 5,15,25")
    assert "&& .venv/bin/pytest" in second
    assert "```" not in README[: README.index(first)].removesuffix("```sh\n"), "nothing stands before them"


@pytest.mark.parametrize("words", list(commands()))
def test_every_command_parses(words: list[str], bench_here: Callable) -> None:
    said = bench_here(*words, "--help")
    assert said.code == 0, said.err


def test_the_attack_of_the_readme_runs(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(PYTHON[0], encoding="utf-8")
    job = tiny_job(attack="mains_hum:frequency_hz=60", plugin="mine.py", out="run", json="-", k="1,3")
    said = bench_here(*job)
    assert said.code == 0, said.err
    cell = json.loads(said.out)["cells"][0]
    assert cell["attack"] == "mains_hum:frequency_hz=60.0"
    scores = {(score["noises"], score["k"]): score["acc_att"] for score in cell["scores"]}
    assert scores["imperceptible", 3] == 0, "no study has looked at a hum"
    assert scores["all", 1] <= scores["all", 3]


def test_the_python_of_the_readme_runs(
    tiny_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(PYTHON) == 3
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_corpus, "path/to/emodb")
    names: dict[str, Any] = {}
    exec(compile(PYTHON[1], "README.md", "exec"), names)
    said = capsys.readouterr().out
    assert "acc_att" in said
    assert len(names["scores"]) == 12
    assert len(list(Path("emodb-run/cells").glob("*.parquet"))) == 4
    names = {}
    shutil.copy(next(Path("path/to/emodb/wav").glob("03a01W*.wav")), "speech.wav")
    exec(compile(PYTHON[2], "README.md", "exec"), names)
    assert f"{names['done'].before} → {names['done'].after}" in capsys.readouterr().out
    assert names["done"].success == Path("adversarial.wav").is_file()


def test_the_json_is_as_documented(finished_run: tuple[Path, Any]) -> None:
    """docs/json.md has a table for each object, and each table has the object's fields."""
    found = json.loads((finished_run[0].parent / "scores.json").read_text())
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    tables = {
        title: {
            name
            for names in re.findall(r"^\| (`[^|]*)\|", section, flags=re.MULTILINE)
            for name in re.findall(r"`(\w+)`", names)
        }
        for title, section in re.findall(r"^## `([^`]+)`[^\n]*\n(.*?)(?=^## |\Z)", page, flags=re.DOTALL | re.MULTILINE)
    }
    cell, pooled = found["cells"][0], found["pooled"][0]
    assert tables["{}"] == set(found)
    assert tables["cells[]"] == set(cell)
    assert tables["pooled[]"] == set(pooled) - set(cell)
    assert set(cell) - set(pooled) == {"fold", "seed"}
    assert tables["clean"] == set(cell["clean"])
    assert tables["scores[]"] == set(cell["scores"][0])
    assert tables["validity_gap[]"] == set(cell["validity_gap"][0])
    assert tables["candidates"] == set(cell["candidates"])
    assert tables["bells[]"] == set(cell["bells"][0])
    assert tables["rests_on"] == set(cell["rests_on"])
    for name in ("queries", "smallest_perturbation"):
        assert tables[f"{name}[]"] == set(pooled[name][0])
    assert tables["optimality[]"] == set(found["optimality"][0])
    assert tables["tests[]"] == {name for test in pooled["tests"] for name in test}
    assert f'"schema": {found["schema"]}' in page


def test_the_records_are_as_documented() -> None:
    from bench.measures.catalogue import MEASURES
    from bench.scoring.record_files.rows import LATER, NEEDED

    columns, measures = ((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("records", "measures"))
    assert _first_columns(columns.split("## The description")[0]) == [column.name for column in (*NEEDED, *LATER)]
    assert _first_columns(measures) == list(MEASURES)


def _first_columns(page: str) -> list[str]:
    return re.findall(r"^\| `(\w+)`", page, flags=re.MULTILINE)


def test_every_built_in_has_a_page() -> None:
    from bench.contracts.registry import Registry

    for (kind, name), entry in Registry.discover().entries.items():
        if entry.origin.startswith("serbench "):
            assert (ROOT / "docs" / kind / f"{name}.md").is_file(), f"docs/{kind}/{name}.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
