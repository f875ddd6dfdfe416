"""What determined a cell, as its record file says it: read once, typed from there on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import cast, get_args

from bench.contracts.perception import table_called
from bench.contracts.threat_models import COUNTED, NOTHING_GRANTED, Counted, ThreatModel
from bench.core.code.keys import key_of_json
from bench.core.specs import NO_DEFENSE
from bench.core.storage.json_objects import JsonObject
from bench.core.types import SAMPLE_RATE, Half
from bench.scoring.record_files.dimensions import Dimension
from bench.scoring.record_files.granted import granted_in
from bench.scoring.record_files.in_sessions import fell_in_rehearsal, lost_in
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.record_files.people import SpeakerGroups, people_in, trained_on_in
from bench.scoring.record_files.sounds import search_in, settings_in


@dataclass(frozen=True)
class FittedOn:
    """Say what a fitted victim comes from.

    Args:
        code: digest of all the code that it comes from.
        corpus: fingerprint of the data.
        training_noises: fingerprint of the noises that the defence trained with; None without a defence.
        device: "cpu" or "cuda".
        versions: of packages and of Python, and `harness`, a digest of the harness's code.
    """

    code: str
    corpus: str
    training_noises: str | None
    device: str
    versions: Mapping[str, str] = field(hash=False)

    @classmethod
    def of(cls, told: JsonObject) -> FittedOn:
        """Read it from the description of a fitted victim."""
        versions = told.inner("versions")
        for name in ("serbench", "torch", "harness"):
            versions.text(name)
        parts = (told.inner("victim"), told.inner_or_empty("defense"))
        return cls(
            code=_code_of(told, versions, parts),
            corpus=told.text("corpus"),
            training_noises=told.text("training_noises") if told.has("training_noises") else None,
            device=told.text("device"),
            versions=versions.named_texts(),
        )


@dataclass(frozen=True)
class RestsOn:
    """Say what a figure rests on beside its names: figures that differ in any of it never mix.

    Args:
        corpus_fingerprint: of the corpus that was attacked; changes with any sample or annotation.
        noise_fingerprint: of the half of the noise bank that attacks draw from.
        perception: name of the table of what people hear, with its digest where it is not P1's.
        min_snr_db: a success lies above this SNR.
        max_queries: the searches' budget.
        device: "cpu" or "cuda".
        code: digest of the code of the harness, the victim, the defence and the attack.
        versions: of packages and of Python, and `harness`, a digest of the harness's code.
        isolated: which of victim, defense and attack ran in processes of their own.
        trusted: which of them ran in the referee's own process, where nothing can be kept from code that wants it.
        enrolment: "halves" where victims knew other utterances than those that were attacked, "paper" where they knew
            these; all records of before `--enrol` are of the latter.
        pcm_hz: rates of the corpus's files, ascending, at which successes were written as 16-bit PCM; records of before
            they were told wrote them at 16 kHz.
        train_corpus_fingerprint: of the corpus that was trained on; None where that is the one that was attacked.
    """

    corpus_fingerprint: str
    noise_fingerprint: str
    perception: str
    min_snr_db: float
    max_queries: int
    device: str
    code: str
    versions: Mapping[str, str] = field(hash=False)
    isolated: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    enrolment: str = "paper"
    pcm_hz: tuple[int, ...] = (SAMPLE_RATE,)
    train_corpus_fingerprint: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return `rests_on` of docs/json.md."""
        lists = {"isolated": list(self.isolated), "trusted": list(self.trusted), "pcm_hz": list(self.pcm_hz)}
        return asdict(self) | lists


@dataclass(frozen=True)
class Description:
    """Describe a finished cell.

    Args:
        names: of the cell; the attack's spec is whole.
        attack_base: the attack's spec without corr and noises, as tables name it.
        corr: whether the attacker was informed.
        noises: which successes the records are scored for.
        attack_params: the attack's parameters by name; none of a composition.
        measures: what was measured on accepted candidates, by name, each with the version of its package.
        rests_on: data, rules and versions.
        text: the whole description as JSON, its keys sorted: all there is in the file, also what nothing here reads.
        threat_model: what the attacker was granted.
        anytime: whether the attack did not know its budget, so that what it did within any k can be read off.
        trained_on: attacked speakers that somebody else trained the victim on, as it says.
        people: by attribute of speakers (sex, age, language) and by value, who has it; empty where nothing is told.
        dimension: of a dimensional task, its scale and when an attack has succeeded; None of a task of classes.
        in_sessions: of a victim that remembers, of how many clean utterances it says something else in a session, and
            of how many they are; None of any other.
        rehearsed: how many validation utterances fell in the attack's rehearsal, and of how many; None where it is not
            told.
        settings: effects of the attack that say that their source is a setting.
        search: whether the attack could have asked more than once, though its rows do not show it.
    """

    names: CellNames
    attack_base: str
    corr: bool
    noises: tuple[Counted, ...]
    attack_params: Mapping[str, object]
    measures: Mapping[str, str]
    rests_on: RestsOn
    text: str
    threat_model: ThreatModel = NOTHING_GRANTED
    anytime: bool = True
    trained_on: tuple[str, ...] = ()
    people: SpeakerGroups = field(default_factory=dict, hash=False)
    dimension: Dimension | None = None
    in_sessions: tuple[int, int] | None = None
    rehearsed: tuple[int, int] | None = None
    settings: tuple[str, ...] = ()
    search: bool = False

    @cached_property
    def shared(self) -> ThreatModel:
        """Return what the variants of one attack have in common: all but Corr and Noises, which tables name."""
        return self.threat_model.shared(self.corr)

    @classmethod
    def of(cls, told: JsonObject) -> Description:
        """Read a description; `repeat`, `measures` and what nothing here reads may be missing.

        Raises:
            DataError: a field is missing, or of another type.
        """
        noises = told.texts("noises")
        if not noises or not set(noises) <= set(COUNTED):
            raise told.wrong("noises", repr(list(noises)), " or ".join(COUNTED))
        attack = told.inner("attack_identity")
        return cls(
            names=_names(told),
            attack_base=told.text("attack_base"),
            corr=told.truth("corr"),
            noises=cast("tuple[Counted, ...]", noises),
            attack_params=attack.inner_or_empty("params").fields,
            measures=_measures(told.inner_or_empty("measures")),
            rests_on=_rests_on(told, attack),
            threat_model=granted_in(told),
            anytime=told.truth("anytime") if told.has("anytime") else True,
            text=json.dumps(told.fields, sort_keys=True),
            trained_on=trained_on_in(told),
            people=people_in(told),
            dimension=Dimension.of(told.inner("fitting").inner_or_empty("task")),
            in_sessions=lost_in(told),
            rehearsed=fell_in_rehearsal(told),
            settings=settings_in(told),
            search=search_in(told),
        )


@dataclass(frozen=True)
class FailedCell:
    """Describe a cell that failed.

    Args:
        names: of the cell; the attack's spec is whole.
        max_queries: the search's budget.
        error: one line.
        traceback: where it happened.
        exit_code: 2 where the user can put it right, else 1.
    """

    names: CellNames
    max_queries: int
    error: str
    traceback: str
    exit_code: int = 1

    @classmethod
    def of(cls, told: JsonObject) -> FailedCell:
        """Read what was noted of a failure.

        Raises:
            DataError: a field is missing, or of another type.
        """
        code = told.whole("exit_code") if told.has("exit_code") else 1
        return cls(_names(told), told.whole("max_queries"), told.text("error"), told.text("traceback"), code)

    def to_json(self) -> dict[str, object]:
        """Return one of `failed[]` in docs/json.md."""
        names = self.names
        return {
            "victim": names.victim,
            "defense": names.defense,
            "attack": names.attack,
            "corpus": names.setting.corpus,
            "train_corpus": names.setting.train_corpus,
            "task": names.setting.task,
            "split": names.setting.split,
            "fold": names.fold,
            "seed": names.seed,
            "bank_half": names.half,
            "error": self.error,
            "traceback": self.traceback,
        }


def _names(told: JsonObject) -> CellNames:
    corpus, noise_bank, task, split = (told.text(name) for name in ("corpus", "noise_bank", "task", "split"))
    trained = told.text("train_corpus") if told.has("train_corpus") else None
    victim, defense, attack = (told.text(name) for name in ("victim", "defense", "attack"))
    return CellNames(
        victim=victim,
        defense=defense,
        attack=attack,
        setting=Setting(corpus, noise_bank, task, split, told.whole_or_null("limit"), trained),
        fold=told.whole("fold"),
        seed=told.whole("seed"),
        repeat=told.whole("repeat") if told.has("repeat") else 0,
        half=_half(told),
    )


def _half(told: JsonObject) -> Half | None:
    """Which half of the bank the attack had."""
    if not told.has("bank_half"):
        return None
    found = told.text("bank_half")
    if found not in get_args(Half):
        raise told.wrong("bank_half", repr(found), " or ".join(get_args(Half)))
    return cast("Half", found)


def _rests_on(told: JsonObject, attack: JsonObject) -> RestsOn:
    fitting = told.inner("fitting")
    fitted, across = FittedOn.of(fitting), told.has("train_corpus")
    parts = (fitting.inner("victim"), fitting.inner_or_empty("defense"), attack)
    return RestsOn(
        corpus_fingerprint=told.text("attacked_corpus") if across else fitted.corpus,
        train_corpus_fingerprint=fitted.corpus if across else None,
        noise_fingerprint=told.text("attack_noises"),
        perception=_perception(told),
        min_snr_db=told.number("min_snr_db"),
        max_queries=told.whole("max_queries"),
        device=fitted.device,
        code=_code_of(told, fitting.inner("versions"), parts),
        versions=fitted.versions,
        isolated=told.texts("isolated") if told.has("isolated") else (),
        trusted=told.texts("trusted") if told.has("trusted") else _all_of(told),
        enrolment=told.text("enrolment") if told.has("enrolment") else "paper",
        pcm_hz=told.wholes("pcm_hz") if told.has("pcm_hz") else (SAMPLE_RATE,),
    )


def _perception(told: JsonObject) -> str:
    digest = told.text("perception_fingerprint") if told.has("perception_fingerprint") else None
    return table_called(told.text("perception"), digest)


def _all_of(told: JsonObject) -> tuple[str, ...]:
    """Which components there are: before any could be isolated, all of them were trusted."""
    return tuple(name for name in ("victim", "defense", "attack") if told.text(name) != NO_DEFENSE)


def _code_of(told: JsonObject, versions: JsonObject, parts: Sequence[JsonObject]) -> str:
    """The digest of all code, which descriptions say; those of before gave it part by part."""
    if told.has("code"):
        return told.text("code")
    codes = (part.text("code") if part.has("code") else "" for part in parts)
    return key_of_json({"code": [versions.text("harness"), *codes]})


def _measures(told: JsonObject) -> dict[str, str]:
    """The version of each measure's package; before measures had digests, it stood by itself."""
    named = {name: isinstance(found, Mapping) for name, found in told.fields.items()}
    return {name: told.inner(name).text("version") if nested else told.text(name) for name, nested in named.items()}
