"""Every word on the site that is not plain English, explained where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from bench.contracts.threat_models import ThreatModel


@dataclass(frozen=True)
class BoardColumn:
    """Describe a column of a track's table.

    Args:
        key: its name in addresses and in the page's data.
        heading: as it is shown.
        means: what it says, in plain words.
        number: whether it holds figures.
        first: how it is sorted when first asked to: "up" or "down".
        shown: whether it is there before anybody chooses.
        narrow: whether it is there on a phone.
        viewed: whether it follows the chosen k and noises.
    """

    key: str
    heading: str
    means: str
    number: bool = True
    first: str = "down"
    shown: bool = True
    narrow: bool = False
    viewed: bool = False


_INTERVAL = "In brackets: the 95 % interval, wide enough for other speakers."
COLUMNS = (
    BoardColumn(
        "rank",
        "Rank",
        "1 is best, by robust accuracy. In brackets: the ranks that the data leave open, since differences may be "
        "luck. "
        "“=” stands before a rank that several share. No rank has what always gives one answer; what answers no better "
        "than guesses stands last.",
        first="up",
        narrow=True,
        viewed=True,
    ),
    BoardColumn(
        "name",
        "Model and defence",
        "A victim is a model that recognises emotions from speech; a defence is what was done to make it harder "
        "to fool. "
        "The name leads to a page with everything that is known of the entry. ⚠ is an alarm: a sign in the "
        "records that the "
        "figures are doubtful.",
        number=False,
        first="up",
        narrow=True,
    ),
    BoardColumn(
        "robust",
        "Robust accuracy",
        "Share of utterances that are recognised when nobody attacks, and that the strongest attack anybody ran "
        "does not "
        f"change within the chosen number of queries. Higher is better. {_INTERVAL}",
        narrow=True,
        viewed=True,
    ),
    BoardColumn(
        "attack",
        "Strongest attack",
        "The attack that leaves the least robust accuracy, whoever ran it: it alone is ranked by.",
        number=False,
        first="up",
        viewed=True,
    ),
    BoardColumn(
        "acc_att",
        "Acc_att",
        "Attack success: the share of utterances whose recognised emotion the strongest attack changes within the "
        "chosen "
        f"number of queries, by a change quieter than the speech by the track's limit. Lower is better. {_INTERVAL}",
        first="up",
        viewed=True,
    ),
    BoardColumn(
        "uar",
        "Clean UAR",
        "Unweighted average recall when nobody attacks: of each emotion the share that is recognised, then the mean. "
        f"1 divided by the number of emotions is guessing. {_INTERVAL} Where models tell numbers, the concordance "
        "correlation coefficient (CCC) stands here and is marked so: 1 is full agreement with the ratings, 0 is none.",
    ),
    BoardColumn("all", "All noises", "Robust accuracy where every success counts.", shown=False, viewed=True),
    BoardColumn(
        "additive",
        "Additive",
        "Robust accuracy where only what keeps the utterance's length counts, such as added noise.",
        shown=False,
        viewed=True,
    ),
    BoardColumn(
        "imperceptible",
        "Imperceptible",
        "Robust accuracy where only such changes count as listeners were found to hear the same emotion through.",
        viewed=True,
    ),
    BoardColumn(
        "gap",
        "Validity gap",
        "Acc_att with all noises, less Acc_att with imperceptible ones, of the strongest attack: what is won by "
        "changes "
        "that people hear too, and that are no fair attack.",
        viewed=True,
    ),
    BoardColumn(
        "seen",
        "Attacks seen",
        "Robust accuracy against the strongest of those attacks that the defence was made with.",
        shown=False,
        viewed=True,
    ),
    BoardColumn(
        "unseen",
        "Unseen",
        "Robust accuracy against the strongest of the attacks that the defence has never met: what counts in the end.",
        viewed=True,
    ),
    BoardColumn(
        "attacks",
        "Attacks",
        "How many of the attacks in this track were run on the entry. Fewer attacks are an easier life.",
    ),
    BoardColumn(
        "n",
        "n",
        "How many attacked utterances the figures rest on, each counted once a training and repeat; and how many "
        "people "
        "speak them. Fewer than six speakers say little about others.",
    ),
    BoardColumn(
        "verified",
        "Verified",
        "Whether the board's owner ran cells of the entry again, from the file that was submitted, with what came of "
        "it. "
        "In a round, part of what an entry is attacked with is secret until the round ends: until then only its public "
        "part can be verified by everybody.",
        number=False,
    ),
)
NOISES = {
    "all": "every success counts",
    "additive": "only changes count that keep the utterance's length",
    "imperceptible": "only changes count through which listeners hear the same emotion",
}
_TOLD = {
    "fooled": "is told only whether the label changed",
    "label": "is told the label",
    "refusals": "is told the label, and when the model refuses",
    "probabilities": "is told the probability of each label",
}
_KNOWS = {
    "noise-harm": "how much each kind of noise harms the model",
    "validation": "the model's answers on other speakers",
    "training": "what the model was trained on",
    "bare-victim": "the model without its defence",
    "defense": "a copy of the defence",
}


def attacker(granted: ThreatModel) -> str:
    """Say in plain words what an attacker is granted.

    >>> attacker(ThreatModel())
    'Attacker knows nothing beforehand and is told only whether the label changed'
    """
    knows = " and ".join(_KNOWS[word] for word in granted.knows) or "nothing beforehand"
    learns = f", learns in rounds of {granted.round_size} utterances" if granted.round_size else ""
    return f"Attacker knows {knows}{learns} and {_TOLD[granted.answers]}"
