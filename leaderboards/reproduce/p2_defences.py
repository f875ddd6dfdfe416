"""P2's Tables 2 and 3 and Figure 3: random noise in training, adversarial training and GAN purification.

Source: Latif, Rana, Qadir: Adversarial machine learning and speech emotion recognition, section 5 (`p2_defences.csv`).
P2 gives its figures for adversarial training in pictures alone. Its error under attack is not the same in Table 2 and
in Table 3 (FAU-AIBO, café: 56.87 and 68.82 %): what the GAN gains is set against both. Table 2's agrees with Figure 1,
and by it the GAN gains 7 points less.

Readings: error is 1 − UAR, since P2's errors on clean speech are 1 less its unweighted accuracies. The attack is at its
strongest, ε = 2, and so is the noise that adversarial training (at 100 %) and the GAN learn from: P2 says that both
need to know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.evaluation.plans.options import Options
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, applied, error, level, read
from leaderboards.reproduce.claims import Claim, above
from leaderboards.reproduce.contrasts import Term, contrast
from leaderboards.reproduce.facts import facts, share
from leaderboards.reproduce.figures import Measured
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P2, Tables 2 and 3, Figure 3: error under real noise"
NOISES = {"cafe": "crowd", "meeting": "meeting", "station": "station"}
"""P2's noises, by the bank's categories."""
RANDOM, ADVERSARIAL, GAN = "random_noise", "adversarial_training:percent=100.0", "gan_purification:epsilon=2.0"
_CORPORA = {"FAU-AIBO": "fau_aibo", "IEMOCAP": "iemocap"}
_NOTES = (
    "Error: 1 − UAR on the utterances to which the noise applied; change: of the defended victim's error from the bare "
    "one's, on the same utterances; [95 % interval].",
    "Published: bare → defended; for the GAN, bare as in Table 3 or as in Table 2, which do not agree. P2 prints no "
    "figures for adversarial training.",
)


def attack(category: str, epsilon: float = 2.0) -> str:
    """Name P2's attack with one of its noises, as records name it.

    Args:
        category: of the noise bank.
        epsilon: ε; the strongest, 2, by default.

    >>> attack("crowd"), attack("station"), attack("crowd", 1.0)
    ('real_noise:epsilon=2.0', 'real_noise:category=station,epsilon=2.0', 'real_noise')
    """
    parts = [f"category={category}"] * (category != "crowd") + [f"epsilon={epsilon}"] * (epsilon != 1)
    return "real_noise" + (":" + ",".join(parts) if parts else "")


def asked(options: Options) -> list[Options]:
    """Select runs: the three noises, with each defence and without."""
    attacks = tuple(attack(category) for category in NOISES.values())
    return [replace(options, defenses=(BARE, RANDOM, ADVERSARIAL, GAN), attacks=attacks)]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim and setting."""
    return judged([_table(found, victim) for found in read(cells) for victim in found.victims()])


def _table(found: Answers, victim: str) -> Table:
    rows = tuple(_row(found, victim, noise, defense) for noise in NOISES for defense in (RANDOM, ADVERSARIAL, GAN))
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), _NOTES)


def _row(found: Answers, victim: str, noise: str, defense: str) -> dict[str, TableValue]:
    asked_of = attack(NOISES[noise])
    bare, defended = (found.get(victim, name, asked_of) for name in (BARE, defense))
    return {
        "noise": noise,
        "defence": defense.partition(":")[0],
        **{f"published {corpus}": _printed(noise, defense, column) for corpus, column in _CORPORA.items()},
        "bare": error(level(bare, "attacked")),
        "defended": error(level(defended, "attacked")),
        "change": contrast([lowered(found, victim, defense, asked_of, times=-1.0)]),
        "applied to": applied(defended),
    }


def _printed(noise: str, defense: str, corpus: str) -> str | None:
    """Attacked and defended error, as shares; the attacked one of both tables for the GAN."""
    own = _published(noise, defense)
    if own is None:
        return None
    attacked = [own] if defense == RANDOM else [own, *filter(None, [_published(noise, RANDOM)])]
    before = " or ".join(f"{share(row[f'{corpus}_attacked']):.2f}" for row in attacked)
    return f"{before} → {share(own[f'{corpus}_defended']):.2f}"


def _published(noise: str, defense: str) -> dict[str, str] | None:
    """A row of Table 2 (random noise) or of Table 3 (the GAN)."""
    wanted = (noise, defense.partition(":")[0])
    return next((row for row in facts("p2_defences.csv") if (row["noise"], row["defence"]) == wanted), None)


def lowered(found: Answers, victim: str, defense: str, attack: str, times: float = 1.0) -> Term:
    """Express by how much a defence lowers the error under an attack, the gain of UAR, as a term of a contrast.

    Args:
        found: all that was said.
        victim: spec.
        defense: spec.
        attack: spec.
        times: how often it counts, negative to be taken away.
    """
    return Term(found.beside(victim, defense, attack, BARE), times=times)


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    def ours(defense: str, less: str | None = None) -> Measured | None:
        terms = [lowered(found, victim, defense, attack(one), 1 / 3) for one in NOISES.values()]
        if less is not None:
            terms += [lowered(found, victim, less, attack(one), -1 / 3) for one in NOISES.values()]
        return contrast(terms)

    random, gan = _mean(RANDOM, RANDOM), _mean(GAN, GAN)
    by_table_2 = ("against the attacked error of Table 2", _mean(GAN, RANDOM))
    yield above("random noise in training lowers the error, mean of the three noises", ours(RANDOM), random)
    yield above("adversarial training at 100 % lowers the error", ours(ADVERSARIAL))
    yield replace(above("GAN purification lowers the error", ours(GAN), gan), beside=(by_table_2,))
    yield above("adversarial training lowers it more than random noise does", ours(ADVERSARIAL, RANDOM))
    claim = above("GAN purification lowers it more than random noise does", ours(GAN, RANDOM), round(gan - random, 3))
    yield replace(claim, beside=((by_table_2[0], round(by_table_2[1] - random, 3)),))
    yield above("GAN purification lowers it more than adversarial training does", ours(GAN, ADVERSARIAL))


def _mean(defense: str, attacked: str) -> float:
    """By how much P2's error is lowered, the mean over noises and both corpora.

    Args:
        defense: whose defended error is taken.
        attacked: the defence beside which the attacked error stands: that of Table 2, or of Table 3.
    """
    drops = [
        float(before[f"{corpus}_attacked"]) - float(after[f"{corpus}_defended"])
        for noise in NOISES
        if (before := _published(noise, attacked)) and (after := _published(noise, defense))
        for corpus in _CORPORA.values()
    ]
    return round(sum(drops) / len(drops) / 100, 3)
