"""`isolated:` in specs, and which plug-in files are run then: none that has what is to be isolated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.contracts.component import Component
from bench.contracts.registry import Registry
from bench.core.errors import UsageError
from bench.core.showing.progress import SILENT
from bench.core.specs import Spec
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import Options
from bench.evaluation.preparing.preflight import check_names

PLUGIN = """
from pathlib import Path
Path({ran!r}).write_text("ran")

class Mine:
    pass

COMPONENTS = {{"victims": {{"mine": Mine}}, "defenses": {{"guard": Mine}}}}
"""


class Kept:
    """Isolates nothing, and remembers what it was asked for."""

    def component(self, registry: Registry, kind: str, specs: Sequence[str]) -> Component:
        return Component(kind, "isolated:" + " + ".join(specs), "", None, isolated=True)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(PLUGIN.format(ran=str(tmp_path / "ran")))
    return file


def test_the_prefix_is_part_of_the_name() -> None:
    spec = Spec.parse("isolated:boundary:step_db=2,corr=true")
    assert spec == Spec("isolated:boundary", (("step_db", "2"), ("corr", "true")))
    assert str(spec) == "isolated:boundary:step_db=2,corr=true"
    with pytest.raises(UsageError):
        Spec.parse("isolated:")


def test_a_file_is_run_only_where_nothing_in_it_is_isolated(plugin: Path, tmp_path: Path) -> None:
    registry = registry_for(Options(("isolated:mine",), plugins=(plugin,)))
    check_names(Options(("isolated:mine",), plugins=(plugin,)), registry, SILENT)
    assert registry.entry("victims", "isolated:mine").closed
    assert registry.entry("victims", "mine").code
    assert not (tmp_path / "ran").exists()
    registry_for(Options(("isolated:cnn_gru",), plugins=(plugin,)))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("defense", ["none", "isolated:guard", "rnnoise + isolated:guard", "isolated:guard+rnnoise"])
def test_every_part_of_a_pipeline_with_an_isolated_one_is(plugin: Path, tmp_path: Path, defense: str) -> None:
    registry = registry_for(Options(("isolated:mine",), defenses=(defense,), plugins=(plugin,)))
    assert not (tmp_path / "ran").exists()
    if defense != "none":
        kept = Registry(registry.entries, Kept())
        found = kept.component("defenses", defense)
        assert found.spec.startswith("isolated:")
        assert "guard" in found.spec
        assert found.isolated


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (Options(("multimodal:audio=isolated:mine",)), "within"),
        (Options(("cnn_gru",), ("adaptive:attack=isolated:boundary",)), "within"),
        (Options(("isolated:isolated:cnn_gru",)), "within"),
    ],
)
def test_it_stands_before_a_component_alone(options: Options, found: str) -> None:
    with pytest.raises(UsageError, match=found):
        registry_for(options)


def test_what_is_asked_for_both_ways_is_refused(plugin: Path, tmp_path: Path) -> None:
    registry = registry_for(Options(("isolated:mine", "cnn_gru"), defenses=("guard",), plugins=(plugin,)))
    with pytest.raises(UsageError, match="write isolated:guard"):
        registry.component("defenses", "guard")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "table", ["COMPONENTS = dict(victims={})", "x = 1", "COMPONENTS = {'victims': {n: Mine for n in 'ab'}}"]
)
def test_a_table_has_to_be_written_out(tmp_path: Path, table: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"{table}\nraise SystemExit\n")
    with pytest.raises(UsageError, match="without running it"):
        registry_for(Options(("isolated:mine",), plugins=(file,)))


def test_nothing_is_isolated_where_nothing_isolates() -> None:
    with pytest.raises(UsageError, match="nothing is isolated"):
        Registry.discover().component("victims", "isolated:cnn_gru")


def test_a_wrong_name_is_told_before_a_sandbox_is_started() -> None:
    options = Options(("isolated:cnn_gruu",))
    with pytest.raises(UsageError, match="did you mean 'cnn_gru'"):
        check_names(options, registry_for(options), SILENT)
