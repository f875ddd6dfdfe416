"""torch's global generators within a `with` block, and after it."""

from __future__ import annotations

import torch

from bench.modelling.seeding import seeded, start_generators


def test_they_start_where_torch_starts_them() -> None:
    before = torch.random.get_rng_state()
    torch.manual_seed((1 << 62) + 5)
    expected = torch.rand(8)
    start_generators((1 << 62) + 5)
    assert torch.equal(torch.rand(8), expected)
    torch.random.set_rng_state(before)


def test_a_key_gives_the_same_draws_and_leaves_the_generator_as_it_was() -> None:
    before = torch.random.get_rng_state()
    drawn = []
    for key in ("a", "a", "b"):
        with seeded("test", key):
            drawn.append(torch.rand(8))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(torch.random.get_rng_state(), before)
