"""P3's fusion as a defence: what a victim cannot be told in one way it is told in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import (
    ComponentError,
    Defended,
    FitContext,
    Modality,
    Spec,
    TrainableVictim,
    Traits,
    UsageError,
    Utterance,
    Victim,
    inner_spec,
    modalities_of,
)

_WHERE = "defense 'fusion'"
_DEFAULTS: dict[Modality, str] = {"text": "bert_text", "sound": "cnn_gru"}
_SLOTS: dict[Modality, str] = {"text": "text", "sound": "audio"}
_JOINING = "multimodal"
_UNNAMED = "defended"


@dataclass(frozen=True)
class Fusion:
    """A second victim beside the one that is attacked, which perceives what that one does not: words, or sound (P3).

    The two are joined as in [`multimodal`][victims.multimodal.Multimodal]: an attacker who spoils the sound leaves the
    words, and the other way round. The defended victim is one of the two, just as `--victim` gives it; both must show
    their last hidden vector. Utterances that lack a transcript or a sound are left out.

    Args:
        other: the spec of the second victim; a comma between its parameters is doubled:
            `fusion:other=bert_text:pooling=mean,,dropout=0.2`. By default `bert_text` beside a victim that hears, and
            `cnn_gru` beside one that reads.
        fine_tune: train the two on together, as P3 does, see `multimodal`; wants a GPU.

    Differences to the original: those of `multimodal`. P3 sets its fusion beside the single victims, and does not call
    it a defence; here it is scored as one, against the victim of the modality that is attacked.
    """

    other: str = ""
    fine_tune: bool = False

    def __post_init__(self) -> None:
        if self.other:
            Spec.parse(self._other, f"{_WHERE}, parameter 'other'")

    @property
    def traits(self) -> Traits:
        """Declare what it builds beside the victim that it is given, and that both modalities are perceived.

        >>> Fusion(other="bert_text:pooling=mean,dropout=0.2").traits.made_of
        (('victims', 'multimodal'), ('victims', 'bert_text:pooling=mean,dropout=0.2'))
        """
        others = (self._other,) if self.other else tuple(_DEFAULTS.values())
        made_of = tuple(("victims", spec) for spec in (_JOINING, *others))
        return Traits(modalities=("sound", "text"), made_of=made_of)

    @property
    def _other(self) -> str:
        return inner_spec(self.other)

    def check(self, victim: TrainableVictim) -> None:
        """Refuse a victim that perceives both, or that another defence stands around.

        Raises:
            UsageError: it is such a one.
        """
        _lacking(victim, type(victim).__name__)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Train both victims, then what joins them.

        Raises:
            UsageError: the victim perceives both already, another defence stands below, or the second victim does not
                perceive what the first lacks.
        """
        recipe, inside = self._joined(victim, context)
        return recipe.fit(train, valid, inside)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Load the joined victims from their folder."""
        recipe, inside = self._joined(victim, context)
        return recipe.load(folder, inside)

    def _joined(self, victim: TrainableVictim, context: FitContext) -> tuple[TrainableVictim, FitContext]:
        """The recipe of the two together, and a context in which the spec of the defended one is the recipe given."""
        build = context.component
        if build is None:
            remedy = "give it component=Registry.discover().build"
            raise ComponentError(_WHERE, "a FitContext without component", "one that builds victims", remedy)
        own = context.victim or _UNNAMED
        lacking = _lacking(victim, own)
        other = self._other or _DEFAULTS[lacking]
        if lacking not in modalities_of(build("victims", other), None):
            expected = f"a victim that perceives {lacking}, which {own!r} does not"
            raise UsageError(f"{_WHERE}, parameter 'other'", repr(other), expected, f"try other={_DEFAULTS[lacking]}")

        def component(kind: str, spec: str) -> Any:
            return victim if (kind, spec) == ("victims", own) else build(kind, spec)

        specs = {_SLOTS[modality]: (other if modality == lacking else own) for modality in _SLOTS}
        params = (*specs.items(), *([("fine_tune", "true")] if self.fine_tune else []))
        return build("victims", str(Spec(_JOINING, params))), replace(context, component=component)


def _lacking(victim: TrainableVictim, name: str) -> Modality:
    """What a victim does not perceive.

    Raises:
        UsageError: there is nothing such, or it stands under a defence already.
    """
    if isinstance(victim, Defended):
        remedy = "name fusion first, nearest to the victim: --defense fusion+rnnoise"
        raise UsageError(_WHERE, "another defence between it and the victim", "the bare victim", remedy)
    lacking = [modality for modality in _DEFAULTS if modality not in modalities_of(victim, None)]
    if not lacking:
        expected = "one that perceives sound alone, or text alone"
        raise UsageError(_WHERE, f"victim {name!r}, which perceives both", expected, "leave fusion out: it is one")
    return lacking[0]
