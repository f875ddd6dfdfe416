"""The documentation's lists and navigation: made from the registry, and strict about what is not there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from mkdocs.exceptions import PluginError

from bench.contracts.registry import KINDS, Entry, Registry

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("serbench_docs_hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nav() -> list[object]:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    found: list[object] = yaml.safe_load(text)["nav"]
    return found


def pages(nav: object) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    inner = nav.values() if isinstance(nav, dict) else nav
    assert not isinstance(inner, str)
    return [page for item in inner for page in pages(item)]  # type: ignore[attr-defined]


def test_every_component_stands_in_the_navigation_once(hooks: ModuleType) -> None:
    found = pages(hooks.expanded(nav(), hooks.built_ins()))
    assert len(found) == len(set(found))
    for entry in hooks.built_ins():
        assert f"{entry.kind}/{entry.name}.md" in found
    assert {page for page in found if not (ROOT / "docs" / page).is_file()} == set()


def test_no_component_is_listed_by_hand() -> None:
    registry = Registry.discover()
    by_hand = {f"{kind}/{name}.md" for kind in KINDS for name in registry.names(kind)}
    assert by_hand.isdisjoint(pages(nav()))


@pytest.mark.parametrize("kind", KINDS)
def test_the_index_has_every_component(hooks: ModuleType, kind: str) -> None:
    written = (ROOT / "docs" / kind / "index.md").read_text(encoding="utf-8")
    page = hooks.on_page_markdown(written, page=None, config=None, files=None)
    assert "<!--" not in page
    registry = Registry.discover()
    heads = next(line for line in page.splitlines() if line.startswith("| name | what | parameters |"))
    for entry in (one for one in hooks.built_ins() if one.kind == kind):
        row = next(line for line in page.splitlines() if line.startswith(f"| [`{entry.name}`]({entry.name}.md) | "))
        parameters, summary = registry.entry(kind, entry.name).describe()
        assert summary.replace("|", "\\|") in row
        for parameter in parameters.split(", ") if "(" not in parameters else ():
            assert parameter.partition("=")[0] in row
        assert row.count(" | ") == heads.count(" | ")


def test_where_a_component_is_from(hooks: ModuleType) -> None:
    entries = {(entry.kind, entry.name): hooks.sources_of(entry) for entry in hooks.built_ins()}
    assert entries["attacks", "boundary"][0] == "P1"
    assert entries["attacks", "gain"] == ["Derington et al. 2023"]
    assert entries["defenses", "gan_purification"] == ["P2"]
    assert "Cohen, Rosenfeld & Kolter 2019" in entries["defenses", "smoothing"]
    assert entries["victims", "python"] == []


def test_a_component_without_a_page_is_named(hooks: ModuleType, tmp_path: Path) -> None:
    entry = Entry("noise_banks", "pub", "bench.data.noises.pub:Pub", "serbench 0")
    with pytest.raises(
        PluginError, match=r"/noise_banks/pub\.md: found no such page; expected one on noise bank 'pub'"
    ):
        hooks.check_pages([entry], tmp_path)
    (tmp_path / "noise_banks").mkdir()
    (tmp_path / "noise_banks" / "pub.md").write_text("# `pub`\n")
    hooks.check_pages([entry], tmp_path)


def test_what_is_declared_and_not_installed_is_named(hooks: ModuleType, tmp_path: Path) -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    own = tmp_path / "pyproject.toml"
    line = '[project.entry-points."serbench.attacks"]\n'
    own.write_text(text.replace(line, line + 'mine = "attacks.mine:Mine"\n'))
    with pytest.raises(PluginError, match=r"attack 'mine' \(attacks\.mine:Mine\): found none in the installed package"):
        hooks.check_declared(hooks.built_ins(), own)
    own.write_text(text.replace('boundary = "attacks.boundary:Boundary"\n', ""))
    with pytest.raises(PluginError, match=r"attack 'boundary' .*: found none in pyproject\.toml"):
        hooks.check_declared(hooks.built_ins(), own)


def test_an_unknown_table_is_named(hooks: ModuleType) -> None:
    with pytest.raises(PluginError, match="table: attack -->: expected one of victims, attacks"):
        hooks.on_page_markdown("<!-- table: attack -->\n")


def test_the_former_names_are_listed(hooks: ModuleType) -> None:
    page = hooks.on_page_markdown((ROOT / "docs" / "stability.md").read_text(encoding="utf-8"))
    assert "| `bench.signal` | `bench.audio.signal` |" in page
    assert "| `bench.Noises` | `bench.NoiseSet` |" in page
