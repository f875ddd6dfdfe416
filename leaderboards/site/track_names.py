"""What a track is called: by what all its entries share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from bench.contracts.threat_models import ThreatModel
from bench.core.code.keys import key_of_json
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.record_files.names import Setting
from leaderboards.ranking import data_of


@dataclass(frozen=True)
class TrackName:
    """Name what all entries of a track share.

    Args:
        setting: corpus, noise bank, task, split and limit.
        data: which speech, noises and rules, in words.
        granted: all that the attacker is granted but for the noises, which the columns name.
    """

    setting: Setting
    data: str
    granted: ThreatModel

    @classmethod
    def of(cls, setting: Setting, rests_on: RestsOn, granted: ThreatModel, corr: bool) -> TrackName:
        """Name the track of some figures.

        Args:
            setting: that they were measured in.
            rests_on: data and rules.
            granted: what the attacker was granted beside Corr and noises.
            corr: whether the attacker was told how much each noise harms.
        """
        whole = replace(granted, allowed="all")
        return cls(setting, data_of(rests_on), whole.knowing("noise-harm") if corr else whole)

    @cached_property
    def id(self) -> str:
        """Return a name for files and addresses: a digest of all of it."""
        names = {name: value for name, value in self.setting.to_json().items() if name != "train_corpus" or value}
        return key_of_json({**names, "data": self.data, "granted": str(self.granted)})[:10]
