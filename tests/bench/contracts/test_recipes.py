"""A recipe's line of JSON: what it says, and that it is read back as it was."""

from __future__ import annotations

import json

import pytest
import torch

from bench import Effect, Overlay, Recipe, Samples, Words
from bench.contracts.recipe_values import MOST_DB
from bench.perturbations.overlays import Bed

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


@pytest.mark.parametrize("loud", [1e-3, 1e-10, 1e-17])
@pytest.mark.parametrize("snr_db", [-MOST_DB, MOST_DB])
def test_at_the_last_level_that_a_recipe_may_have_the_faintest_sound_is_sound(loud: float, snr_db: float) -> None:
    sound, speech = torch.zeros(1000), torch.full((32_000,), 0.5)
    sound[:500], speech[::2] = loud, -0.5
    overlay = Overlay("rain-03", snr_db)
    bed = Bed.of(overlay, sound, speech)
    assert bed is not None
    assert bed.over(speech, snr_db).isfinite().all()
    with pytest.raises(ValueError, match=r"snr_db=.*: from -300 to 300"):
        Overlay("rain-03", 1.01 * snr_db)
