"""Instances of a fitted victim: each loaded by itself, enrolled with what it may know, and shown nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bench.contracts.defense_view import DefenseView, Looks
from bench.core.code.keys import fingerprint
from bench.core.computing.halving import Halving
from bench.core.types import Utterance
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.enrolment import Group, groups_of
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_or_load
from bench.evaluation.cell.spares import Spares
from bench.referee.blinding import Blinding, Instance
from bench.referee.clean_answers import KnownClean
from bench.referee.panel import Panel, Seat
from bench.referee.referee import Referee


def sample_key(experiment: Experiment, fitted: FittedKey, repeat: int) -> str:
    """Name a look at a fitted victim, by what is the same on any machine.

    Args:
        experiment: its corpus.
        fitted: which victim.
        repeat: which measurement of it.
    """
    defense = None if fitted.defense is None else fitted.defense.name
    place = (fitted.task.name, fitted.split, fitted.fold, fitted.seed, repeat)
    return fingerprint([experiment.dataset.fingerprint, fitted.victim.name, defense, *place])


def instance(
    experiment: Experiment, fitted: FittedKey, key: str, speech: Sequence[Utterance], group: Group, name: str
) -> Instance:
    """Load a fitted victim anew, and enrol it.

    Args:
        experiment: data and machine.
        fitted: which victim; it is fitted where it is not there yet.
        key: names the look.
        speech: the part of the corpus that is asked about.
        group: what the instance may know.
        name: of the instance: each numbers the speakers by itself.
    """
    place = min(group.asked, default="")
    blinding = Blinding.of(f"{key}/{place}/{name}", speech, words="text" in fitted.modalities)
    return Instance.enrolled(fit_or_load(experiment, fitted), group.enrolled, blinding)


def panel_of(
    experiment: Experiment,
    fitted: FittedKey,
    speech: Sequence[Utterance],
    repeat: int = 0,
    known: Sequence[KnownClean] = (),
    spares: Spares | None = None,
) -> Panel:
    """Seat a referee over each group of a part of the corpus, each before an instance of its own.

    Args:
        experiment: data and machine.
        fitted: which victim.
        speech: the part: all of it, whatever is asked about.
        repeat: which measurement of the victim.
        known: what it has said of clean speech, for each group; new ones by default.
        spares: keeps instances for further panels of this victim; by default each is loaded anew.
    """
    key, seats, spares = sample_key(experiment, fitted, repeat), [], Spares() if spares is None else spares
    groups = spares.of_speech(speech, "groups", lambda: groups_of(speech, experiment.enrolment))
    for number, group in enumerate(groups):
        make = partial(instance, experiment, fitted, key, speech, group)
        load = partial(spares.instance, experiment, fitted, f"{key}/{min(group.asked, default='')}", make)
        first = load("attacked")
        referee = Referee(
            first.victim,
            fitted.task,
            experiment.device,
            experiment.batch_size,
            experiment.min_snr_db,
            experiment.measures,
            sample_key=f"{key}/{number}",
            examines=True,
            halving=Halving(experiment.batch_size, f"victim {fitted.victim.spec!r}", experiment.progress),
            blinding=first.blinding,
            another=load,
            randomised=fitted.randomised,
            draws=experiment.draws,
            sessions=fitted.sessions,
            known=known[number] if known else KnownClean(),
        )
        seats.append(Seat(referee, group.asked))
        if known and number + 1 < len(groups) and _shares_memory(fitted):
            referee.meet_early([one for one in speech if one.id in group.asked])
    return Panel(tuple(seats))


def _shares_memory(fitted: FittedKey) -> bool:
    """Whether instances could tell each other something: code that did not come with serbench, in this process.

    What one half is enrolled with the other is asked about.
    """
    parts = [part for part in (fitted.victim, fitted.defense) if part is not None]
    return not all(part.built_in or part.isolated for part in parts)


def with_views(
    experiment: Experiment,
    fitted: FittedKey,
    speech: Sequence[Utterance],
    repeat: int,
    panel: Panel,
    looks: Looks,
) -> Panel:
    """Give each seat of a panel a view of the defence, through an instance that nobody else asks.

    Where there is no defence it shows nothing.

    Args:
        experiment: data and machine.
        fitted: which victim.
        speech: the part of the corpus that the panel judges.
        repeat: which measurement of the victim.
        panel: as `panel_of` gives it for these.
        looks: counts what is looked at.
    """
    if fitted.defense is None:  # a copy of no defence is no copy of the victim, whatever that refuses
        return Panel(tuple(replace(seat, view=DefenseView.of_nothing()) for seat in panel.seats))
    key = sample_key(experiment, fitted, repeat)
    groups = groups_of(speech, experiment.enrolment)
    seats = []
    for seat, group in zip(panel.seats, groups, strict=True):
        looked = instance(experiment, fitted, key, speech, group, "view")
        view = DefenseView.through(looked.victim, looked.blinding.batch, experiment.device, looks)
        seats.append(replace(seat, view=view))
    return Panel(tuple(seats))
