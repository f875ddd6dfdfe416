"""What an entry says of its cells beside their rows: no words that running them again does not bear out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.contracts.threat_models import ThreatModel
from bench.core.showing.progress import SILENT
from bench.data.people import People
from bench.evaluation.cell.facts import Facts
from bench.scoring.record_files.descriptions import Description
from bench.sharing.entry.opening import opened
from bench.sharing.entry.rerunning import Conditions, Rerun
from bench.sharing.entry.retold import denied
from bench.sharing.entry.verification import VerificationAsked, verify
from tests.bench.sharing.entry.test_contents import rewritten

Altered = Callable[..., Path]
KEPT_TO = "boundary:noises=imperceptible"


Lie = tuple[dict[str, Any], str]
"""What a cell says, and why that is not so."""
PROBABILITIES: Lie = {"threat_model": ThreatModel(answers="probabilities").to_json()}, "told whether"
ANYTIME: Lie = {"anytime": False}, "anytime True in the place of False"
NOISES: Lie = {"noises": ["all"]}, "noises all is 'boundary:noises=imperceptible'"
PEOPLE: Lie = {"found": {"people": {"sex": {"female": ["03", "08", "09", "10", "11"]}}}}, "other speakers' sex"

REHEARSED: Lie = {"found": {"rehearsal": {"utterances": 4, "queries": 9, "fell": 4}}}, "fell in the rehearsal None"


@pytest.mark.parametrize(
    "lies",
    [(PROBABILITIES, ANYTIME), (NOISES, PEOPLE), (REHEARSED, ANYTIME)],
    ids=["what is asked", "of whom", "what was rehearsed"],
)
def test_words_that_rows_do_not_bear_out_are_different(
    where: Conditions, honest: Mapping[str, bytes], altered: Altered, lies: tuple[Lie, Lie]
) -> None:
    """The rows are as they were measured; what tables say of them is not: one thing of either cell."""
    files: dict[str, bytes | None] = {}
    kept_to = [name for name in honest if name.startswith("cells/") and KEPT_TO.encode() in honest[name]]
    for name, (says, _) in zip(kept_to, lies, strict=True):
        own, content = rewritten(honest[name], lambda rows, told, says=says: told.update(says) or rows)
        files |= {name: None, own: content}
    path = altered(files)
    with opened(path) as entry:
        keys = {one.key for one in entry.contents.cells if one.description.names.attack == KEPT_TO}
    found = verify(path, VerificationAsked(where, None, seed=1), SILENT)
    lied = [cell for cell in found.cells if cell.key in keys]
    assert [cell.verdict for cell in lied] == ["different"] * 2
    for _, why in lies:
        assert [why in cell.reason for cell in lied].count(True) == 1
    assert all(figure.verdict == "same" for cell in lied for figure in cell.figures)
    assert all(cell.verdict == "same" for cell in found.cells if cell.key not in keys)


def test_what_is_asked_beyond_the_noted_k_is_compared_too(
    where: Conditions, honest: Mapping[str, bytes], altered: Altered
) -> None:
    """The board of others shows an entry at their numbers of queries as well."""

    def lied(rows: Any, _: Any) -> Any:
        return rows.assign(
            label_after=rows["label_after"].mask(rows["query"] > 1, rows["label_before"]),
            accepted=rows["accepted"] & (rows["query"] <= 1),
        )

    files: dict[str, bytes | None] = {"run.json": b'{"k": [1]}'}
    for name in (one for one in honest if one.startswith("cells/")):
        files[name] = rewritten(honest[name], lied)[1]
    found = verify(altered(files), VerificationAsked(where, None, seed=1), SILENT)
    assert {figure.k for cell in found.cells for figure in cell.figures} == {None, 1, 2, 4}
    assert sum(one.gained for cell in found.cells for one in cell.figures if (one.figure, one.k) == ("acc_att", 4)) > 0
    assert all(one.verdict == "same" for cell in found.cells for one in cell.figures if one.k == 1)


def test_a_defence_says_all_that_it_was_made_with(submission: Path, where: Conditions) -> None:
    with opened(submission / "entry.serbench") as entry:
        source = entry.contents.cells[0]
        rerun = Rerun.of(entry.contents, where, SILENT)
        registry, again = rerun.experiment.registry, rerun.cell(source)
    defense = registry.component("defenses", "adversarial_training:attack=boundary")
    defended = replace(again, fitted=replace(again.fitted, defense=defense))
    facts = Facts(None, 0, trained_on=("08",), people=people_as_told(source.description))
    told = json.loads(source.description.text)
    for identity, hidden in ((defense.identity, False), ({**defense.identity, "made_of": []}, True)):
        fitting = {**told["fitting"], "defense": identity}
        about = replace(source.description, text=json.dumps({**told, "fitting": fitting}))
        said = denied(about, defended, facts, registry)
        assert ("a defence that was made with boundary, which the entry leaves out" in said) == hidden
        assert "a victim that was trained on speaker 08, which the entry leaves out" in said
    assert denied(source.description, again, replace(facts, trained_on=()), registry) == ""
    about = replace(source.description, settings=("environmental",))
    assert "sources of environmental that are settings" in denied(
        about, again, replace(facts, settings=("mine",)), registry
    )


def people_as_told(about: Description) -> People:
    return {name: {value: [*who] for value, who in of.items()} for name, of in about.people.items()}
