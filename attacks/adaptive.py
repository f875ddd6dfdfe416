"""An attack by one who knows the defence: candidates that survive a purifier and pass a detector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from bench import (
    SHAPES,
    Answer,
    AttackTools,
    Heard,
    Overlay,
    Recipe,
    Rng,
    Samples,
    Steps,
    ThreatModel,
    Traits,
    inner_spec,
    steps_of,
    survival,
    within,
)
from bench.audio.signal import energy
from bench.perturbations.overlays import shaped


@dataclass(frozen=True)
class Adaptive:
    """Another attack, by one who has a copy of the defence, though not of the victim (after Tramèr et al. 2020).

    Queries go through the defence, as everybody's do. Before each, the attacker looks through the copy, which costs
    nothing and shows no label:

    - Where there is a purifier, the candidate's noise is pre-distorted in several ways at the same SNR: only while the
      speaker speaks, fluttering at the rate of syllables, with its treble or its bass, and with what the purifier takes
      away added once more (where it gives back sound). Of these and the candidate itself the one is asked of which the
      purifier leaves most.
    - Where there is a detector, only what it would let pass is asked; where it would refuse every form of a candidate,
      the search is told that it failed, and nothing is charged. After `looks` such candidates the search ends.

    - Where it remembers what a session has asked (trait `sessions`), the attacker asks under `identities` names in
      turn, and no session knows of another. A look is in no session: what is remembered is not seen by it.

    Against a victim with none of these it is the other attack. What that one learns in a rehearsal, it learns of what
    passes the detector.

    Args:
        attack: the spec of the other attack; a comma between its parameters is doubled:
            `adaptive:attack=boundary:corr=true,,step_db=2`.
        looks: candidates given up unasked in one search, at least 1.
        identities: names to ask under, in turn, at least 1.

    Differences to the original: Tramèr et al. adapt gradient attacks to each defence by hand; here there are labels
    alone, and the ways of pre-distortion are ours.
    """

    attack: str = "boundary"
    looks: int = 200
    identities: int = 1

    def __post_init__(self) -> None:
        within("attack 'adaptive'", "looks", self.looks, "try looks=200", at_least=1)
        within("attack 'adaptive'", "identities", self.identities, "leave it out for 1", at_least=1)

    @property
    def traits(self) -> Traits:
        """Declare the other attack, a copy of the defence, and under how many names it asks; it is anytime where the
        other is.

        >>> Adaptive("boundary:corr=true,step_db=2").traits.made_of
        (('attacks', 'boundary:corr=true,step_db=2'),)
        """
        threat_model = ThreatModel(identities=self.identities)
        made_of = (("attacks", inner_spec(self.attack)),)
        return Traits(adaptive=True, anytime=True, made_of=made_of, threat_model=threat_model)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield the other attack's recipes, in the form that fares best with the defence."""
        spec = inner_spec(self.attack)
        steps = steps_of(tools.component(spec), spec, original, tools, rng)
        left = self.looks
        asked = next(steps, None)
        view = tools.defense_view
        predistorts = asked is not None and not tools.rehearsing  # what is learnt are the other attack's own recipes
        before = view.traces([original])[0] if predistorts and view is not None and view.purifies else None
        while asked is not None and left:
            form, answer = self._best(original, asked, before, tools), Answer(fooled=False)
            if form is None:
                left -= 1
            else:
                answer = yield form
            try:
                asked = steps.send(answer)
            except StopIteration:
                return
        steps.close()

    def _best(self, original: Heard, asked: Recipe, before: Tensor | None, tools: AttackTools) -> Recipe | None:
        """The form of a candidate that passes and of which most is left; None where none passes.

        Args:
            original: the clean speech.
            asked: the other attack's.
            before: what a purifier leaves of the original; None where there is none.
            tools: with the view of the defence.
        """
        view, heard = tools.defense_view, tools.render(original, asked)
        if view is None or heard is None:
            return asked  # what does not apply is the referee's to say
        forms = [(asked, heard)]
        if before is not None and heard.waveform.shape == original.waveform.shape:
            own = view.traces([heard])[0]
            forms += forms_of(original, asked, heard, (before, own), tools)
            left = [survival(before, trace) for trace in (own, *view.traces([form for _, form in forms[1:]]))]
            forms = [forms[index] for index in sorted(range(len(forms)), key=lambda index: -left[index])]
        refused = view.refused([form for _, form in forms])
        return next((recipe for (recipe, _), no in zip(forms, refused, strict=True) if not no), None)


def forms_of(
    original: Heard, asked: Recipe, heard: Heard, traces: tuple[Tensor, Tensor], tools: AttackTools
) -> list[tuple[Recipe, Heard]]:
    """Make other forms of a candidate, each as loud as its own: recipes, and what is heard of them.

    Args:
        original: the clean speech.
        asked: the candidate.
        heard: what is heard of it, of the original's length.
        traces: what a purifier leaves of the two, see `bench.contracts.capabilities.Purifying`.
        tools: render recipes.
    """
    found = list(_shaped(original, asked, heard, tools))
    if traces[0].shape == (original.waveform.shape[-1], 1) == traces[1].shape:
        noise = heard.waveform - original.waveform
        found.append(_as_loud(original, noise + noise - (traces[1] - traces[0])[:, 0], noise))
    return found


def _shaped(original: Heard, asked: Recipe, heard: Heard, tools: AttackTools) -> Iterator[tuple[Recipe, Heard]]:
    part, *more = asked.parts
    noise = heard.waveform - original.waveform
    for shape in SHAPES:
        if isinstance(part, Overlay) and not more:
            recipe = Recipe(replace(part, shape=shape))
            changed = tools.render(original, recipe)
            if changed is not None:
                yield recipe, changed
        else:
            yield _as_loud(original, shaped(noise, original.waveform, shape), noise)


def _as_loud(original: Heard, form: Tensor, noise: Tensor) -> tuple[Recipe, Heard]:
    """The speech with one noise brought to another's energy, as free samples."""
    scale = (energy(noise) / energy(form).clamp(min=1e-20)).sqrt()
    waveform = (original.waveform + form * scale).clamp(-1.0, 1.0)
    return Recipe(Samples(waveform)), replace(original, waveform=waveform)
