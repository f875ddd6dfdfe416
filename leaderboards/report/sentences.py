"""The report's sentences: figures as an engineer would say them, each no stronger than its figure."""

from __future__ import annotations

import math
from collections.abc import Collection

from bench.contracts.threat_models import Counted, ThreatModel
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.names import Setting
from leaderboards.site.words import attacker

_COUNTED = {
    "all": "by noise more than {db:g} dB below the speech, or by a change of length whose effect on listeners is known",
    "additive": "by noise more than {db:g} dB below the speech, or by a change that listeners hardly notice",
    "imperceptible": "by changes through which listeners were found to hear the same emotion",
}


def in_a_hundred(share: float) -> str:
    """Say a share as a number of a hundred, without calling little nothing or nearly all all.

    >>> in_a_hundred(0.431), in_a_hundred(0.002), in_a_hundred(0.998), in_a_hundred(0.0), in_a_hundred(1.0)
    ('43', 'fewer than 1', 'more than 99', '0', '100')
    """
    if 0 < share < 0.005:
        return "fewer than 1"
    if 0.995 < share < 1:
        return "more than 99"
    return f"{100 * share:.0f}"


def interval(found: Estimate) -> str:
    """Say an interval as numbers of a hundred, widened to whole ones.

    >>> interval(Estimate(0.43, 0.381, 0.489, 100))
    '38 to 49'
    """
    return f"{math.floor(100 * found.low + 1e-9)} to {math.ceil(100 * found.high - 1e-9)}"


def attempts(k: int) -> str:
    """Say how often may be tried.

    >>> attempts(1), attempts(5)
    ('one attempt', 'at most 5 attempts')
    """
    return "one attempt" if k == 1 else f"at most {k} attempts"


def counted(noises: Counted, min_snr_db: float) -> str:
    """Say by what a success has to be won.

    Args:
        noises: which successes count.
        min_snr_db: a success lies above this SNR.
    """
    return _COUNTED[noises].format(db=min_snr_db)


def result(lost: Estimate | None, k: int, noises: Counted, min_snr_db: float) -> str:
    """Say in one sentence what an attack does to what is recognised.

    Args:
        lost: of the utterances that are recognised when nobody attacks, the share that is answered otherwise after k
            queries; None where none is recognised.
        k: queries allowed.
        noises: which successes count.
        min_snr_db: a success lies above this SNR.
    """
    if lost is None:
        return "It recognises none of the utterances when nobody attacks, so there was nothing to lose."
    by = counted(noises, min_snr_db)
    about = f"about {in_a_hundred(lost.value)}" if in_a_hundred(lost.value).isdigit() else in_a_hundred(lost.value)
    sentence = f"Of 100 utterances that it recognises, {about} are answered wrongly after {attempts(k)} {by}"
    return f"{sentence} (95 % interval: {interval(lost)})."


def recognised(found: Estimate) -> str:
    """Say how much is recognised when nobody attacks.

    Args:
        found: the share of all utterances.
    """
    return (
        f"When nobody attacks, it recognises {in_a_hundred(found.value)} of 100 utterances "
        f"(95 % interval: {interval(found)})."
    )


def attack_in_words(granted: ThreatModel, k: int, min_snr_db: float) -> str:
    """Say who attacks, and how.

    Args:
        granted: what the attacker is granted.
        k: queries allowed.
        min_snr_db: a success lies above this SNR.
    """
    asked = "once" if k == 1 else f"at most {k} times"
    who = attacker(granted).replace("Attacker", "The attacker", 1)
    given = f"the answer {granted.target!r}, and did not before" if granted.target else "another answer"
    tenth = ", that is, has less than a tenth of its power" if min_snr_db == 10 else ""
    return (
        f"Somebody outside changes a recording and hands it to the model, {asked} for each recording. {who}. "
        f"A success is a changed recording to which the model gives {given}, and whose noise lies more than "
        f"{min_snr_db:g} dB below the speech{tenth}."
    )


def speakers_in_words(setting: Setting, bells: Collection[str] = ()) -> str:
    """Say whether the people in the test are strangers to the model.

    Args:
        setting: which split.
        bells: names of those that ring.
    """
    if "trained-on" in bells:
        return "It was trained on some of these people, as whoever brought it says (see the warnings)."
    if setting.train_corpus is not None:
        return f"Nobody in the test is among the people that it was trained on: those are of {setting.train_corpus}."
    if setting.shares_speakers:
        return f"People of the test may be among those that it was trained on (split {setting.split})."
    return f"Nobody in the test is among the people that it was trained on here (split {setting.split})."


def not_said(setting: Setting, n: int, speakers: int, k: int, attacks: int) -> list[str]:
    """List what the figures do not say.

    Args:
        setting: what was measured.
        n: different utterances.
        speakers: people.
        k: queries allowed.
        attacks: as many were run.
    """
    ran = "One attack was run" if attacks == 1 else f"{attacks} attacks were run"
    found = [
        f"What a stronger attack would do. {ran}; the figure is that of the strongest, and somebody may find a better.",
        f"What more than {attempts(k).removeprefix('at most ')} would do: more can only do more.",
        f"How it fares with other speech. These are {n:,} utterances by {speakers:,} speakers of one corpus; other "
        "people, languages, rooms, microphones and telephones may differ by more than the intervals.",
        "Whether an attack works through the air. Sound files were changed, nothing was played in a room.",
        "How another training of the same model would come out. The intervals are about other speakers.",
        "Whether the emotions are true. Right is what the corpus calls so.",
        "What somebody could do who sees inside the model: attacks here ask it, and see what it answers.",
    ]
    if setting.corpus.partition(":")[0] == "synthetic":
        found.insert(0, "Anything about people. This corpus is spoken by a machine: compare methods on it, no more.")
    return found
