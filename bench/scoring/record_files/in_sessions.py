"""What a record file says of a victim that remembers: of how much clean speech it says something else in a session."""

from __future__ import annotations

from bench.core.json_objects import JsonObject


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
