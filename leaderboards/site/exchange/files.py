"""Which files of others' formats a site gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.core.errors import UsageError
from leaderboards.site.exchange.every_eval_ever import evaluation
from leaderboards.site.exchange.figures import check_kinds, rendered
from leaderboards.site.exchange.headline import Headline
from leaderboards.site.exchange.hub import check_dataset, eval_results, model_index
from leaderboards.site.plots import pictures
from leaderboards.site.tracks import Track


@dataclass(frozen=True)
class SiteOptions:
    """Choose what a site has beside what records say.

    Args:
        figures: formats of pictures beside SVG: "png", "pdf".
        dated: when the site is published, which Every Eval Ever's files need; None where nobody says.
        hub_dataset: the benchmark's dataset on the Hub, OWNER/NAME; None where there is none.
        sounds: examples to hear on each entry's page, where runs kept them; who publishes speech needs the right to.

    Raises:
        UsageError: a format is not known, matplotlib is missing, or it is no name of a dataset.
    """

    figures: tuple[str, ...] = ()
    dated: date | None = None
    hub_dataset: str | None = None
    sounds: int = 0

    def __post_init__(self) -> None:
        check_kinds(self.figures)
        if self.hub_dataset is not None:
            check_dataset(self.hub_dataset)

    @classmethod
    def of(cls, figures: str, dated: str | None, hub_dataset: str | None, sounds: int = 0) -> SiteOptions:
        """Read what was typed.

        Args:
            figures: formats, with commas between them.
            dated: YYYY-MM-DD.
            hub_dataset: OWNER/NAME.
            sounds: a number from 0.

        Raises:
            UsageError: any of it is none.
        """
        try:
            day = None if dated is None else date.fromisoformat(dated)
        except ValueError as error:
            raise UsageError("--dated", repr(dated)[:40], "a day as YYYY-MM-DD", "write 2026-11-29") from error
        kinds = tuple(dict.fromkeys(filter(None, (one.strip().lower() for one in figures.split(",")))))
        return cls(kinds, day, hub_dataset, sounds)

    def of_entry(self, name: str) -> list[tuple[str, str]]:
        """Return where an entry's figures lie in the site in others' formats, and what each is.

        Args:
            name: of the entry's files.
        """
        found = [
            (f"evidence/{name}.html", "evidence of accuracy and robustness, as Article 15 of the AI Act asks for it"),
            (f"files/hub/{name}.yaml", "for a model card on the Hugging Face Hub (model-index)"),
        ]
        if self.hub_dataset is not None:
            found.append((f"files/hub/{name}.eval_results.yaml", "for .eval_results/ of a model on the Hub"))
        if self.dated is not None:
            found.append((f"files/every_eval_ever/{name}.json", "for Every Eval Ever"))
        return found

    def files(self, track: Track) -> Iterator[tuple[Path, str | bytes]]:
        """Return a track's files in others' formats, by their place beside the site's own formats.

        Args:
            track: which.
        """
        for standing in track.standings:
            head = Headline(track, standing)
            yield Path("hub", f"{head.name}.yaml"), model_index(head)
            if self.hub_dataset is not None:
                yield Path("hub", f"{head.name}.eval_results.yaml"), eval_results(head, self.hub_dataset)
            if self.dated is not None:
                yield Path("every_eval_ever", f"{head.name}.json"), evaluation(head, self.dated)
        for picture in pictures(track) if self.figures else ():
            for kind in self.figures:
                yield Path(f"{picture.id}.{kind}"), rendered(picture, kind)


def of_all(tracks: Sequence[Track], options: SiteOptions) -> dict[Path, str | bytes]:
    """Return the files of all tracks.

    Args:
        tracks: all.
        options: what was chosen.
    """
    return {place: text for track in tracks for place, text in options.files(track)}
