"""P3's Tables 3 to 6: what masked words and a moved pitch cost single victims, and what they cost their fusion.

Source: Cohen, Rosenberger, Butman, Bar: Masking important information to assess the robustness of a multimodal
classifier for emotion recognition, Tables 3 to 6 (`p3_fusion.csv`): averages over sessions here, each of them in
[`p3_sessions`][leaderboards.reproduce.p3_sessions]. Its research questions: RQ1, whether words and voice together
recognise more than one alone; RQ2 and RQ3, whether masked words and a moved pitch cost them less.

Readings: accuracy is over all utterances; one to which a perturbation does not apply keeps its label. The fusion is the
defence `fusion` of the victim that hears, and is set against the one that is attacked. For pitch and as many random
words as nouns, P3's Table 6 repeats another figure for the single victim (-5.55) than its Table 4 gives (-11.09): the
latter is kept. Its Impact on the fusion there is given as printed, -10.17; its accuracies make it -8.28.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.contracts.pipeline import modalities_of
from bench.core.errors import UsageError
from bench.core.specs import Spec
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import Options
from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, applied, level, paired, read
from leaderboards.reproduce.claims import Claim, above, around, below
from leaderboards.reproduce.contrasts import Term, contrast
from leaderboards.reproduce.facts import facts, share
from leaderboards.reproduce.figures import Measured
from leaderboards.reproduce.impacts import filled, impact, impact_difference
from leaderboards.reproduce.p3_sessions import by_session
from leaderboards.reproduce.shape import Table, TableSubject, TableValue, judged

PAPER = "P3, Tables 3 to 6: single victims and their fusion"
MASKS = {
    "adjectives": "mask_adjectives",
    "random_as_adjectives": "mask_adjectives:control=true",
    "nouns": "mask_nouns",
    "random_as_nouns": "mask_nouns:control=true",
}
PITCH, WHITE = "pitch_semitone", "white_noise"
SOUNDS = {"pitch": PITCH, "white_noise_std_0.1": WHITE}
JOINED = {f"pitch+{name}": f"{PITCH}+{mask}" for name, mask in MASKS.items()}
REMOVED = {"no_text": "no_text", "no_audio": "no_audio"}
ATTACKS = {"text": MASKS, "audio": SOUNDS, "multimodal": {**MASKS, "pitch": PITCH, **JOINED, **REMOVED, **SOUNDS}}
"""The perturbations of each model, by P3's names, and the attacks that make them, as records name them."""
_NOTES = (
    "Accuracy over all utterances, those to which the perturbation does not apply among them; [95 % interval].",
    "Impact: accuracy after / accuracy before − 1. Single: the Impact on the victim of the modality that is attacked.",
    "Of pitch and masks together: pitch alone where there is nothing to mask.",
)


def asked(options: Options) -> list[Options]:
    """Select runs: the victim that reads under the masks, the one that hears under pitch and noise, their fusion under
    all.

    Raises:
        UsageError: the victims are not one that reads and one that hears.
    """
    registry = registry_for(options)
    modalities = {spec: modalities_of(registry.build("victims", spec), None) for spec in options.victims}
    reading, hearing = (
        [spec for spec, own in modalities.items() if own == (modality,)] for modality in ("text", "sound")
    )
    if len(reading) != 1 or len(hearing) != 1 or len(modalities) != 2:
        remedy = "for example --victim bert_text --victim cnn_gru"
        raise UsageError(
            "--victim", " and ".join(modalities), "two: one that reads alone, one that hears alone", remedy
        )
    fused = str(Spec("fusion", (("other", reading[0]),)))
    chosen = ((reading[0], BARE, MASKS), (hearing[0], BARE, SOUNDS), (hearing[0], fused, ATTACKS["multimodal"]))
    return [
        replace(options, victims=(victim,), defenses=(defense,), attacks=tuple(attacks.values()))
        for victim, defense, attacks in chosen
    ]


@dataclass(frozen=True)
class Models:
    """The three models of one setting.

    Args:
        found: all that was said.
        who: "text", "audio" and "multimodal" to victim and defence.
    """

    found: Answers
    who: dict[str, tuple[str, str]]

    def get(self, model: str, perturbation: str) -> pd.DataFrame | None:
        """Look up what a model said under a perturbation; None where there is no such run.

        Args:
            model: "text", "audio" or "multimodal".
            perturbation: P3's name of it; with "none" the first run that there is, whose clean answers are those of
                all.
        """
        if perturbation == "none":
            runs = (self.found.get(*self.who[model], attack) for attack in ATTACKS[model].values())
            return next((rows for rows in runs if rows is not None), None)
        rows = self.found.get(*self.who[model], ATTACKS[model][perturbation])
        both = paired(rows, self.get(model, "pitch")) if perturbation in JOINED else None
        if rows is None or both is None:
            return rows
        # Effects one after the other apply where both do; P3 moves the pitch of what has nothing to mask, too.
        return both.assign(attacked=both["attacked"].where(both["attacked"].notna(), both["other_attacked"]))[[*rows]]

    def beside(self, one: str, perturbation: str, other: str, others: str) -> pd.DataFrame | None:
        """Put a model's answers beside another's, on the same utterances.

        Args:
            one: the model.
            perturbation: what it is under.
            other: the model beside it.
            others: what that one is under.
        """
        return paired(self.get(one, perturbation), self.get(other, others))


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make two tables for each fusion and setting: over all folds, with the claims, and fold by fold."""
    found = [models for answers in read(cells) for models in _models(answers)]
    return judged([table for models in found for table in (_table(models), _sessions(models))])


def _models(found: Answers) -> Iterator[Models]:
    fused = dict.fromkeys((victim, defense) for victim, defense, _ in found.of if defense.startswith("fusion"))
    masked = dict.fromkeys(v for v, d, attack in found.of if d == BARE and attack in MASKS.values())
    for audio, defense in fused:
        for text in masked:
            yield Models(found, {"text": (text, BARE), "audio": (audio, BARE), "multimodal": (audio, defense)})


_ROWS = tuple((model, name) for model, attacks in ATTACKS.items() for name in ("none", *attacks))


def _about(models: Models) -> TableSubject:
    names = {model: victim if defense == BARE else defense for model, (victim, defense) in models.who.items()}
    return models.found.about(victim=f"{names['text']} and {names['audio']}", defense=names["multimodal"])


def _table(models: Models) -> Table:
    rows = tuple(_row(models, model, name) for model, name in _ROWS)
    return Table(PAPER, _about(models), rows, tuple(_claims(models)), _NOTES)


def _sessions(models: Models) -> Table:
    def rows_of(model: str, name: str) -> tuple[pd.DataFrame | None, str]:
        rows = models.get(model, name)
        return (rows, "clean") if name == "none" else (filled(rows), "attacked")

    return by_session(_about(models), _ROWS, rows_of)


def _row(models: Models, model: str, name: str) -> dict[str, TableValue]:
    printed = _published(model, name)
    rows = models.get(model, name)
    clean = name == "none"
    accuracy = level(rows, "clean", "war") if clean else level(filled(rows), "attacked", "war")
    return {
        "model": model,
        "perturbation": name,
        "published accuracy": printed[0],
        "accuracy": accuracy,
        "published impact": printed[1],
        "impact": None if clean else impact(rows),
        "single": _single(models, name) if model == "multimodal" else None,
        "applied to": "" if clean else applied(rows),
    }


def _single(models: Models, name: str) -> Estimate | str | None:
    """The Impact on the single victims of what a perturbation is made of."""
    parts = name.split("+")
    found = [
        impact(models.get("text" if part in MASKS else "audio", part))
        for part in parts
        if part in MASKS or part in SOUNDS
    ]
    known = [figure for figure in found if figure is not None]
    return ", ".join(f"{figure.value:+.2f}" for figure in known) if len(known) > 1 else next(iter(known), None)


def _published(model: str, name: str) -> tuple[float | None, float | None]:
    """Accuracy and Impact, as shares."""
    for row in facts("p3_fusion.csv"):
        if (row["model"], row["perturbation"]) == (model, name):
            return share(row["accuracy_percent"]), share(row["impact_percent"])
    return None, None


def _difference(one: tuple[str, str], other: tuple[str, str], of: int) -> float:
    """Of two published figures: accuracies (0) or Impacts (1)."""
    first, second = _published(*one)[of], _published(*other)[of]
    assert first is not None, one
    assert second is not None, other
    return round(first - second, 4)


def _claims(models: Models) -> Iterator[Claim]:
    for single in ("text", "audio"):
        better = contrast([Term(models.beside("multimodal", "none", single, "none"), "clean", "other_clean")], "war")
        figure = _difference(("multimodal", "none"), (single, "none"), 0)
        yield above(f"RQ1: the fusion is more accurate than {single} alone, nobody attacking", better, figure)
    for name, single in (("adjectives", "text"), ("nouns", "text"), ("pitch", "audio")):
        less = impact_difference(models.beside("multimodal", name, single, name))
        figure = _difference(("multimodal", name), (single, name), 1)
        question = "RQ3" if single == "audio" else "RQ2"
        yield above(f"{question}: {name}: the Impact on the fusion is smaller than on {single} alone", less, figure)
    for name in ("adjectives", "nouns"):
        more = impact_difference(models.beside("text", name, "text", f"random_as_{name}"))
        figure = _difference(("text", name), ("text", f"random_as_{name}"), 1)
        yield below(f"masked {name} cost text alone more than as many random words", more, figure)
    for name, single in (("no_text", "audio"), ("no_audio", "text"), ("white_noise_std_0.1", "text")):
        both = filled(models.beside("multimodal", name, single, "none"))
        worse = contrast([Term(both, "attacked", "other_clean")], "war")
        figure = _difference(("multimodal", name), (single, "none"), 0)
        yield below(f"{name}: the fusion is less accurate than {single} alone, not attacked", worse, figure)
    for name in ("adjectives", "nouns"):
        yield around(
            f"pitch and masked {name} together cost the fusion as much as their sum", _beyond_sum(models, name)
        )


def _beyond_sum(models: Models, name: str) -> Measured | None:
    """What two perturbations cost together less what each costs alone, in accuracy."""
    costs = [
        Term(filled(models.get("multimodal", part)), "attacked", "clean", times)
        for part, times in ((f"pitch+{name}", 1.0), ("pitch", -1.0), (name, -1.0))
    ]
    return contrast(costs, "war")
