"""A victim that was trained before, from the folder that `bench victims export` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import NO_DEFENSE, BenchError, ComponentError, DataError, FitContext, Traits, UsageError, Utterance, Victim
from bench.modelling.pretrained.exported import Export, fingerprint_of, read_export, task_json, voices
from bench.modelling.pretrained.portability import built, check_inside

_WHERE = "victim 'exported'"


@dataclass(frozen=True)
class Exported:
    """A trained victim, with its defence if it has one, from an exported folder: `exported:FOLDER`. Nothing is trained.

    It answers as the victim did that was exported. The task must be the one that it was trained for, and it is tested
    on nobody whom it was trained with.

    Args:
        folder: what `bench victims export --to FOLDER` wrote.
        trained_on: speakers of the attacked corpus that it was trained on, "*" for all of them, where that is another
            corpus than its own: speakers of its own are known, and tested in no fold.
    """

    folder: Path
    trained_on: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Digest all the folder's files, their bytes and their names."""
        return fingerprint_of(self.folder)

    @property
    def traits(self) -> Traits:
        """Declare what the folder says of its victim and its defence; no training changes them."""
        export = read_export(self.folder)
        made_of = [("victims", export.victim)]
        made_of += [] if export.defense == NO_DEFENSE else [("defenses", export.defense)]
        randomised = bool(export.about.get("randomised", False))
        return Traits(
            tuple(made_of),
            modalities=export.modalities,
            trains=False,
            randomised=randomised,
            trained_on=self.trained_on,
        )

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """Load it. `train` and `valid` tell who is not tested.

        Raises:
            DataError: the folder is damaged.
            UsageError: it is for another task, was trained with speakers who are tested now, or rests on a component
                that is not registered.
        """
        export = self._export(context)
        self._check_voices(export, set(voices([*train, *valid])))
        export.check_weights()
        try:
            return self._loaded(export, export.fitted, context)
        except BenchError as error:
            if not isinstance(error, DataError):
                raise
            expected, remedy = "weights that fit its victim", "export the victim again, or fetch the folder again"
            raise DataError(error.where, error.found, expected, remedy) from error

    def load(self, folder: Path, context: FitContext) -> Victim:
        """Load the victim that `fit` loaded, from what its own `save` wrote."""
        return self._loaded(self._export(context), folder, context)

    def _export(self, context: FitContext) -> Export:
        export = read_export(self.folder)
        if task_json(export.task) != task_json(context.task):
            found = f"a victim for task {export.task.name!r}: {', '.join(export.task.classes)}"
            expected = f"one for task {context.task.name!r}: {', '.join(context.task.classes)}"
            same = export.task.name == context.task.name
            remedy = "export it with this serbench" if same else f"--task {export.task.name}, or another victim"
            raise UsageError(f"{_WHERE}, {self.folder}", found, expected, remedy)
        return export

    def _check_voices(self, export: Export, known: set[str]) -> None:
        """Refuse a fold of the same corpus in which speakers whom it was trained with are tested."""
        own = {str(voice) for voice in export.about["voices"]}
        if own & known and own - known:
            found = f"{len(own - known)} speakers that it was trained with among those that are tested now"
            fold = f"--split {export.about.get('split')} --fold {export.about.get('fold')}"
            remedy = f"{fold}, as it was trained; or test it on another corpus"
            raise UsageError(f"{_WHERE}, {self.folder}", found, "speakers that it has never heard", remedy)

    def _loaded(self, export: Export, folder: Path, context: FitContext) -> Victim:
        build, where = context.component, f"{_WHERE}, {self.folder}"
        if build is None:
            remedy = "give it component=Registry.discover().build"
            raise ComponentError(_WHERE, "a FitContext without component", "one that builds victims", remedy)
        recipe = built(where, build, "victims", export.victim, _origin(export, "victim"))
        bare = export.defense == NO_DEFENSE
        defense = None if bare else built(where, build, "defenses", export.defense, _origin(export, "defense"))
        named = [("victims", export.victim), *([] if bare else [("defenses", export.defense)])]
        check_inside(where, named, build)
        own = replace(context, seed=int(export.about["seed"]), victim=export.victim)
        try:
            victim: Victim = recipe.load(folder, own) if defense is None else defense.load(recipe, folder, own)
        except BenchError:
            raise
        except Exception as error:  # the component's own code reads what somebody else wrote
            found = f"weights that {export.victim!r} cannot read ({type(error).__name__}: {error})"
            raise DataError(folder, found, "what it saved", "export the victim again") from error
        return victim


def _origin(export: Export, part: str) -> str:
    """Which distributions or plug-in files brought a component of the exported victim, or its parts."""
    fitting: Any = export.about.get("fitting")
    told = fitting.get(part) if isinstance(fitting, dict) else None
    if not isinstance(told, dict):
        return "unknown"
    parts = told.get("parts") or [told]
    return ", ".join(dict.fromkeys(str(one.get("origin", "unknown")) for one in parts))
