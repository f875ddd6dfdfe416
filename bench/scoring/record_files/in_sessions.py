"""What a record file says of a victim beside its rows: of how much clean speech one that remembers says something else
in a session, and how much speech fell in a rehearsal."""

from __future__ import annotations

from bench.core.storage.json_objects import JsonObject


def lost_in(told: JsonObject) -> tuple[int, int] | None:
    """Read `found.sessions` of a description: of how many clean utterances, of all that were asked about in sessions.

    Records of before, and of a victim that remembers nothing, have none.

    Raises:
        DataError: it is of another form.
    """
    found = told.inner_or_empty("found")
    if not found.has("sessions"):
        return None
    counts = found.inner("sessions")
    lost, of = counts.whole("lost"), counts.whole("of")
    if not 0 <= lost <= of or not of:
        raise counts.wrong("lost", f"{lost} of {of}", "some of those that were asked about")
    return lost, of


def fell_in_rehearsal(told: JsonObject) -> tuple[int, int] | None:
    """Read `found.rehearsal` of a description: how many validation utterances fell, and of how many.

    Records of before do not say the first, and an attack that does not rehearse has none.

    Raises:
        DataError: it is of another form.
    """
    found = told.inner_or_empty("found").inner_or_empty("rehearsal")
    if not found.has("fell"):
        return None
    fell, of = found.whole("fell"), found.whole("utterances")
    if not 0 <= fell <= of or not of:
        raise found.wrong("fell", f"{fell} of {of}", "some of those that were asked about")
    return fell, of
