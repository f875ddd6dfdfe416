"""A recipe's line of JSON: what it says, and that it is read back as it was."""

from __future__ import annotations

import json

import pytest
import torch

from bench import Effect, Overlay, Recipe, Samples, Words

SAID = {
    "an overlay": (Overlay("rain-03", 10.1), {"overlay": "rain-03", "snr_db": 10.1}),
    "all of an overlay": (
        Overlay('Straße "7"\n', -0.0, 7, (100, 2000), "out", "gate", (0.5, 1e-17, 3)),
        {
            "overlay": 'Straße "7"\n',
            "snr_db": -0.0,
            "offset": 7,
            "segment": [100, 2000],
            "fade": "out",
            "shape": "gate",
            "filter": [0.5, 1e-17, 3.0],
        },
    ),
    "an effect": (Effect("pitch:factor=0.75", (1 << 64) - 1), {"effect": "pitch:factor=0.75", "key": (1 << 64) - 1}),
    "words": (Words(((0, 1, "so"), (3, 3, "Öl \\"))), {"words": [[0, 1, "so"], [3, 3, "Öl \\"]]}),
}


@pytest.mark.parametrize("name", SAID)
def test_it_is_written_as_an_encoder_writes_it_and_read_back(name: str) -> None:
    part, told = SAID[name]
    line = str(Recipe(part, Effect("fade_in")))
    assert line == json.dumps([told, {"effect": "fade_in"}], separators=(",", ":"), ensure_ascii=False)
    assert Recipe.read(line) == Recipe(part, Effect("fade_in"))


def test_samples_are_told_by_digest_and_number() -> None:
    part = Samples(torch.ones(3))
    assert str(Recipe(part)) == f'[{{"samples":"{part.digest}","n":3}}]'
