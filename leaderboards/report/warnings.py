"""What a bell means to somebody who has never heard of bells."""

from __future__ import annotations

from bench.scoring.bells import Ring

WARNINGS = {
    "constant-answer": "The model gives nearly every recording the same answer. It cannot be fooled because it hardly "
    "listens: do not take its figures for robustness.",
    "chance-level": "Even when nobody attacks, the model cannot be told from guessing. What an attack does to guesses "
    "says nothing; look at the model first.",
    "lost-in-sessions": "Somebody who asks about several recordings, one after the other, is refused or told something "
    "else than when asking once. It withstands attacks as it withstands everybody.",
    "trained-on": "The model was trained on people who speak in this test. It may know their voices; with strangers "
    "expect it to recognise less and to fall more easily.",
    "unmoved": "Even loud noise does not change what the model says. Either it does not listen, but reads, or it knows "
    "these recordings: the attack says nothing about what it would do with others.",
    "labels-flip": "Asked twice about the same sound, the model sometimes answers differently. Part of the changes may "
    "be its own doing, and no attack's.",
    "plain-noise": "Plain noise that is no louder does as much harm as the attack that searches. The model is "
    "sensitive to noise as such; no cleverness is needed.",
    "transfer-stronger": "What fools the model without its defence fools the defended one more often than asking it "
    "does. The defence hides from the search and does not hold: the true robustness is lower than shown.",
    "held-in-rehearsal": "The attack practised on other people's speech, and there the model held better than in the "
    "attack itself. It may know that speech from its training: attacks that practise look weaker than they are.",
    "misled": "The attack was told, from other people's speech, which noise harms the model, and that is not what "
    "noise does here. The model may know that speech from its training: informed attacks look weaker than they are.",
    "dies-in-pcm": "Part of the successes are gone once the sound is saved as an ordinary 16-bit file. Somebody "
    "who has to put a file somewhere would succeed less often than shown.",
    "short-bursts": "Part of the successes rest on noise that is far louder for a moment than over the whole "
    "recording. Listen to some before calling them soft.",
    "few-applied": "The attack could change only few of the recordings, so its figures are about those few.",
    "few-speakers": "Very few people speak in this test. How the model fares with others can hardly be told from them.",
    "measurements-missing": "The same was measured several times, and some of these measurements are not here. If they "
    "were left out for what they say, what is left is luck.",
    "all-broke-the-rule": "Nothing that the attack tried was soft enough to count, so that it found nothing says "
    "nothing about the model.",
}
"""By the name of a bell, what to tell an engineer."""


def warning(ring: Ring) -> str:
    """Say in plain words what a bell warns of."""
    return WARNINGS.get(ring.bell.name, ring.bell.means)
