"""Other libraries' attacks behind the referee: what they ask is charged, what is known is not asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from attacks.art_hop_skip_jump import ArtHopSkipJump
from attacks.foolbox_boundary import FoolboxBoundary
from attacks.foolbox_noise import FoolboxNoises
from bench import Answer, Batch, Heard, Samples, keyed
from bench.contracts.registry import Registry
from bench.peers.questions import Questions, asked_by
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.testing import CPU, TASK, ContraryVictim, sample_tools, sample_utterances

SPEECH = sample_utterances(1, each=1)[:3]
TOOLS = replace(sample_tools(), speech=tuple(map(Heard.of, SPEECH)))


@dataclass(frozen=True)
class Counting(ContraryVictim):
    """Counts how often it is asked about sounds of each length."""

    asked: Counter[int]

    def log_probs(self, batch: Batch) -> Tensor:
        self.asked.update(batch.lengths.tolist())
        return super().log_probs(batch)


@pytest.mark.parametrize(
    "spec",
    [
        "foolbox_boundary:start=speech,source_step=0.2",
        "art_hop_skip_jump:norm=linf,start=uniform,evals=3",
    ],
)
def test_what_is_asked_is_what_is_charged_whatever_goes_on_beside(spec: str) -> None:
    attack = Registry.discover().build("attacks", spec)
    found = []
    for batch_size, speech in ((64, SPEECH), (1, SPEECH[::-1])):
        victim = Counting(Counter())
        rows = Referee(victim, TASK, CPU, batch_size).run(
            AttackRun(attack, spec, sample_tools(7), seed=0, speech=SPEECH), speech
        )
        lengths = {one.id: len(one.waveform) for one in SPEECH}
        queries = Counter(lengths[row.utterance] for row in rows if row.query)
        assert victim.asked == queries + Counter(lengths.values()), "one question about each as it is, clean"
        assert max(queries.values()) == 7
        found.append(sorted(rows, key=lambda row: (row.utterance, row.query)))
    assert found[0] == found[1]


def test_what_is_known_is_not_asked_and_the_first_success_that_counts_ends_it() -> None:
    steps = FoolboxNoises().search(Heard.of(SPEECH[0]), TOOLS, keyed(1))
    asked = [next(steps)]
    asked += [steps.send(Answer(fooled=False, counts=True)) for _ in range(4)]
    waveforms = [part.waveform for one in asked for part in one.parts if isinstance(part, Samples)]
    assert not any(torch.equal(one, SPEECH[0].waveform) for one in waveforms), "the speech itself cannot fool"
    noise = waveforms[0].double() - SPEECH[0].waveform
    assert 10 < float(10 * (SPEECH[0].waveform.double().square().sum() / noise.square().sum()).log10()) < 10.2
    with pytest.raises(StopIteration):
        steps.send(Answer(fooled=True, counts=True))


def test_a_library_that_is_lost_ends_its_search_and_one_that_fails_says_so() -> None:
    def lost(questions: Questions) -> None:
        questions.fooled(questions.speech * float("nan"))

    def failing(questions: Questions) -> None:
        raise ValueError("no starting point")

    heard = Heard.of(SPEECH[0])
    assert list(asked_by(lost, heard, keyed(1))) == []
    with pytest.raises(ValueError, match="no starting point"):
        list(asked_by(failing, heard, keyed(1)))


def test_silence_is_not_attacked() -> None:
    for attack in (FoolboxBoundary(), FoolboxNoises(), ArtHopSkipJump()):
        assert list(attack.search(Heard(torch.zeros(8000)), TOOLS, keyed(1))) == []
