"""P1's auxiliary model: recognises the kind and degree of a manipulation, and refuses it (section 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from bench import (
    FitContext,
    NoiseSet,
    Spec,
    Task,
    TrainableVictim,
    Traits,
    UsageError,
    Utterance,
    check_fields,
    keyed,
)
from bench.defending.adversarial_examples import perturbed
from bench.defending.guarded import EVERYBODY, Guarded
from bench.defending.inner_victim import load_inner
from bench.defending.manipulations import CLEAN, Ear, Manipulation, labelled
from bench.defending.purified_victim import AudioDefense
from bench.modelling.features.mel_statistics import Voices
from bench.modelling.optimizers import uncompiled
from bench.modelling.schedule import Schedule
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences
from bench.modelling.training import fit_network
from bench.modelling.weights import load_into, load_weights
from bench.perturbations.catalogue import P1_EFFECTS

_WHERE = "defense 'manipulation_detector'"
_SHAPES = (
    *(f"shape={shape}" for shape in ("valleys", "white", "pink", "speech", "envelope")),
    *("shape=white,below_hz=1000", "shape=tone,below_hz=400"),
)
_SHORTER = tuple(f",position={at},length={lasts}" for at in ("start", "whole") for lasts in ("short", "medium"))
"""P1's sounds that do not last as long as the utterance."""


@dataclass(frozen=True)
class ManipulationDetector(AudioDefense):
    """A model beside the victim that tells what was done to an utterance, and refuses what is not clean (P1 section 8).

    P1 recommends "auxiliary models that classify the noise types, and degree/intent of signal manipulation", so that
    what was manipulated is found before emotion is told from it. This one learns from the training speakers: each
    utterance as it is, and with `copies` manipulations drawn from those below, with the train half of the noises. It
    hears statistics of 64 log mel bands, standardised by the speaker's enrolled clean speech, and has one hidden layer.
    What is less likely to be clean than all but `false_refusals` of the validation speakers' clean utterances is
    refused. It refuses whatever it takes for manipulated, harmful or not. The victim is trained as usual.

    In a stack it belongs at the end, so that it hears what is asked as it comes: under a purifier it hears, and learns,
    what that leaves.

    Differences to the original: P1 recommends it and builds none. Every choice here is ours.

    Args:
        categories: noises to learn, from the noise bank; none means all that can lie under speech.
        snrs_db: their signal-to-noise ratios, in dB, from -40 to 60; P1's are 20, 10 and 0. `snrs_db=35+25+15+10+0`
            learns noise that lies far below the speech too.
        shapes: whether shapes of noise are learnt as well, at the same ratios: some of the attack `shaped_noise`.
        shorter: whether sounds that last for a tenth or half of the utterance are learnt as well, at the same ratios,
            anywhere in it or fading out from its start, as P1 lays them.
        signals: specs of the other effects to learn; those that apply to no training utterance are left out. The
            default is P1's, `bench.perturbations.catalogue`.
        copies: manipulated copies of each utterance, at least 1.
        false_refusals: share of clean validation utterances that may be refused at most, from 0 to 0.5.
        personal: whether a speaker whose enrolled clean speech is less likely to be clean is measured by that: nothing
            is refused that is as likely as the least likely of it.
        hidden: units of the hidden layer.
        max_epochs: of the detector's training.
        patience: epochs without a lower validation loss before it stops.
    """

    where: ClassVar[str] = _WHERE
    categories: tuple[str, ...] = ()
    snrs_db: tuple[float, ...] = (20.0, 10.0, 0.0)
    shapes: bool = False
    shorter: bool = False
    signals: tuple[str, ...] = P1_EFFECTS
    copies: int = 6
    false_refusals: float = 0.05
    personal: bool = False
    hidden: int = 128
    max_epochs: int = 60
    patience: int = 10

    def __post_init__(self) -> None:
        counts = ("copies", "hidden", "max_epochs", "patience")
        check_fields(self, _WHERE, ("snrs_db",), "P1 takes 20, 10 and 0", at_least=-40, at_most=60)
        check_fields(self, _WHERE, counts, "the default is {default}", at_least=1)
        check_fields(self, _WHERE, ("false_refusals",), "try 0.05", at_least=0, at_most=0.5)
        if not self.snrs_db and not self.signals:
            raise UsageError(
                f"{_WHERE}, parameter 'signals'", "none, and no snrs_db", "something to learn", "name some"
            )

    @property
    def traits(self) -> Traits:
        """Declare the effects that it learns, and the categories that it names."""
        effects = ("environmental", *self.signals, *(("shaped_noise",) if self.shapes else ()))
        return Traits(made_of=tuple(("attacks", effect) for effect in effects), categories=self.categories)

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise categories that it has learnt, and "signal"."""
        heard = frozenset(self.categories or noises.ambient) if self.snrs_db else frozenset()
        return heard | ({"signal"} if self.signals or self.shapes else frozenset())

    def settings(self, noises: NoiseSet) -> tuple[Manipulation, ...]:
        """List everything that it may learn, with a bank's noises."""
        categories = self.categories or noises.ambient
        ways = ("", *(_SHORTER if self.shorter else ()))
        under = [
            (f"environmental:category={c}{way},snr_db={snr:g}", c, snr)
            for c in categories
            for way in ways
            for snr in self.snrs_db
        ]
        if self.shapes:
            under += [
                (f"shaped_noise:{shape},snr_db={snr:g}", "shaped_noise", snr)
                for shape in _SHAPES
                for snr in self.snrs_db
            ]
        changes = [(effect, Spec.parse(effect).name, None) for effect in self.signals]
        return tuple(Manipulation(*one) for one in (*under, *changes))

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Guarded:
        """Train the victim as usual, and the detector beside it.

        Raises:
            UsageError: the victim does not hear, or no manipulation applies to any training utterance.
        """
        self.check(victim)
        inner = victim.fit(train, valid, context)
        possible = self.settings(context.noises)
        clean = context.clean or tuple(train)
        altered = self.manipulated(clean, possible, context, "train")
        learnt = tuple(setting for setting in possible if any(setting == done for done, _ in altered))
        if not learnt:
            remedy = "name others in categories and signals"
            raise UsageError(_WHERE, "no manipulation that applies to this corpus", "at least one", remedy)
        unheard = self.manipulated(valid, learnt, context, "valid")
        trained = Voices.of(_WHERE, clean, context.device)
        data = labelled(clean, altered, learnt, trained)
        checked = labelled(valid, unheard, learnt, Voices.of(_WHERE, valid, context.device))
        ear = self._trained(learnt, data, checked, context)
        threshold = self._threshold(ear, checked.features[: len(valid)])
        nobody = Voices(_WHERE, context.device, everybody=trained.everybody)
        return Guarded(asdict(self), inner, ear, learnt, threshold, nobody)

    def _trained(self, learnt: Sequence[Manipulation], data: Sequences, checked: Sequences, context: FitContext) -> Ear:
        """A network that has learnt the settings."""
        classes = (CLEAN, *(setting.effect for setting in learnt))
        with seeded(context.seed, "manipulation_detector"):
            ear = Ear(self.hidden, len(learnt)).to(context.device)
            ear.standardise(torch.cat(list(data.features)))
            optimizer = uncompiled(torch.optim.AdamW)(ear.parameters(), lr=1e-3, weight_decay=1e-3)
            schedule = Schedule(batch_size=32, max_epochs=self.max_epochs, patience=self.patience)
            fit_network(ear, optimizer, data, checked, schedule, replace(context, task=Task("", classes, "emotion")))
        return ear

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Guarded:
        """Load the trained victim and its detector.

        Raises:
            DataError: the detector's files are missing or damaged.
            UsageError: the victim does not hear.
        """
        self.check(victim)
        tensors, config = load_weights(folder, context.device)
        learnt = tuple(Manipulation(*setting) for setting in config["settings"])
        with seeded("manipulation_detector"):
            ear = Ear(self.hidden, len(learnt)).to(context.device)
        nobody = Voices(_WHERE, context.device, everybody=tensors.pop(EVERYBODY, None))
        load_into(ear, tensors, folder)
        inner = load_inner(victim, folder, context)
        return Guarded(asdict(self), inner, ear.eval(), learnt, config["threshold"], nobody)

    def manipulated(
        self, utterances: Sequence[Utterance], settings: Sequence[Manipulation], context: FitContext, part: str
    ) -> list[tuple[Manipulation, Utterance]]:
        """Manipulate copies of utterances: `copies` settings of each are drawn; those that do not apply give none.

        Args:
            utterances: clean.
            settings: those to draw from.
            context: seed, noises, device.
            part: "train" or "valid"; each draws anew.

        Returns:
            What was done, and the utterance that came of it.
        """
        drawn: dict[Manipulation, list[Utterance]] = defaultdict(list)
        for said in utterances:
            order = keyed("manipulation_detector", part, context.seed, said.id).permutation(len(settings))
            for place in order[: self.copies].tolist():
                drawn[settings[place]].append(said)
        found = []
        with context.progress.task(f"Manipulating {part} speech", len(settings)) as advance:
            for setting in settings:
                made = perturbed(setting.effect, drawn[setting], context, "manipulation_detector", part)
                found += [(setting, one) for one in made if one is not None]
                advance(1)
        return found

    @torch.no_grad()
    def _threshold(self, ear: Ear, clean: Sequence[Tensor]) -> float:
        """The chance of being clean below which at most `false_refusals` of clean utterances lie."""
        chances = sorted(float(ear(features[None]).softmax(dim=1)[0, 0]) for features in clean)
        return float(chances[int(self.false_refusals * len(chances))])
