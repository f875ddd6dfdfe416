"""Recipes of records rendered again: to hear them, to write them down, to ask another victim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from bench.contracts.recipes import Recipe
from bench.core.heard import Heard
from bench.core.types import Utterance
from bench.evaluation.cell.experiment import Experiment
from bench.perturbations.rendering import Renderer
from bench.referee.lending import Lent


def rendered_again(
    experiment: Experiment,
    utterance: Utterance,
    recipe: str,
    speech: Sequence[Utterance] = (),
    samples: Mapping[str, Tensor] | None = None,
) -> Utterance | None:
    """Make once more what a run asked about: the same samples, bit for bit.

    Args:
        experiment: with the corpus and noises of the run.
        utterance: the clean one.
        recipe: from the column `recipe` of the run's records.
        speech: the part that was attacked, for effects that take something from the speaker's other utterances.
        samples: accepted free samples by their digests, from `bench.scoring.records.Store.samples`.

    Returns:
        The utterance as it was heard, within [-1, 1]; None where the recipe does not apply to it.

    Raises:
        bench.contracts.recipes.RecipeError: it is no recipe, names a sound or an effect that there is not, or has free
            samples that are not given.
    """
    noises, registry = experiment.noises.part("test"), experiment.registry
    renderer = Renderer(noises, lambda spec: registry.build("attacks", spec))
    others = Lent([one for one in speech if one.speaker == utterance.speaker], 0, but=utterance.id)
    found = renderer.of(Heard.of(utterance, utterance.speaker), others).rendered(Recipe.read(recipe, samples))
    if found is None:
        return None
    return replace(utterance, waveform=found.heard.waveform, transcript=found.heard.transcript, words=found.heard.words)
