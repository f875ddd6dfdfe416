"""An entry's evidence page: what Article 15 of the EU's AI Act asks about, as far as records tell; no legal claim."""

from __future__ import annotations

from jinja2 import Environment

from leaderboards.report.sentences import speakers_in_words
from leaderboards.site.exchange.headline import Headline
from leaderboards.site.pages import page_of
from leaderboards.site.repeating import command


def evidence_page(made: Environment, head: Headline) -> str:
    """Render test conditions, level of accuracy and of robustness with intervals, and what was not measured.

    Args:
        made: the site's templates.
        head: an entry in its track.
    """
    entry, track = head.entry, head.track
    attacked = entry.attacked(track.ks[-1], track.noises[0])
    return made.get_template("evidence.html.jinja").render(
        track=track,
        entry=entry,
        k=track.ks[-1],
        noises=track.noises[0],
        n=max(one.n for one in entry.attacks),
        rests=entry.attacks[0].rests_on,
        attacked=attacked,
        effects=[one for one in entry.attacks if one.perturbed is not None],
        strangers=speakers_in_words(track.name.setting, [ring.bell.name for ring in entry.bells]),
        command=command(track, entry),
        page=page_of(track, entry),
        up="../",
    )
