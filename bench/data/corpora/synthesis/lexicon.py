"""The words of the corpus `synthetic`: adjectives and nouns that carry a tone, and frames that any tone can fill.

Written for this corpus; no sentence is taken from anywhere. A tone has two strengths, mild and strong. Frames hold
slots: `{thing}` and `{event}` are nouns, `{adj}` describes either, `{feel}` describes a person's state, `{who}` names
a kind of person, `{name}`, `{place}` and `{time}` carry no tone. "a/an" is put right when a frame is filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


@dataclass(frozen=True)
class Tone:
    """What words of one tone and strength are to be had.

    Args:
        valence: what the words alone would be rated, from 1 (negative) to 5 (positive).
        arousal: the same, from 1 (calm) to 5 (excited); the words say far less of it than the voice does.
        adj: adjectives that describe a thing or an event.
        feel: words that describe a person's state.
        thing: nouns for things.
        event: nouns for events.
        who: nouns for a kind of person.
    """

    valence: float
    arousal: float
    adj: tuple[str, ...]
    feel: tuple[str, ...]
    thing: tuple[str, ...]
    event: tuple[str, ...]
    who: tuple[str, ...]


_ANGER = {
    "thing": _words("lie insult excuse threat trick scam bribe mess lawsuit complaint rule fine nonsense rubbish"),
    "event": _words("fight argument betrayal robbery quarrel attack protest dispute scandal outburst strike trial"),
    "who": _words("liar fool thief bully cheat coward idiot crook traitor snob brute criminal"),
}
_SADNESS = {
    "thing": _words("grave coffin loss regret wound memory absence silence illness debt shadow tear ruin ashes"),
    "event": _words("funeral farewell goodbye tragedy divorce accident departure burial operation failure defeat"),
    "who": _words("widow orphan patient stranger victim beggar prisoner mourner refugee"),
}
_HAPPINESS = {
    "thing": _words("gift surprise prize song medal present rainbow treasure cake smile dream kitten puppy joke"),
    "event": _words("party wedding holiday victory celebration birthday reunion festival carnival dance picnic"),
    "who": _words("friend hero champion sweetheart angel winner darling star genius partner"),
}
_NEUTRAL = {
    "thing": _words("report table form window cable ticket folder address number label shelf pencil cupboard invoice"),
    "event": _words("meeting lecture interview delivery appointment inspection survey transfer lesson visit"),
    "who": _words("clerk driver teacher neighbour tenant plumber cashier assistant farmer dentist"),
}

TONES: Mapping[tuple[str, str], Tone] = {
    ("anger", "mild"): Tone(
        2.4,
        3.3,
        _words("unfair rude careless annoying silly selfish stubborn useless noisy pushy sloppy unreasonable"),
        _words("annoyed cross irritated impatient displeased offended bitter fed_up"),
        **_ANGER,
    ),
    ("anger", "strong"): Tone(
        1.4,
        3.8,
        _words(
            "outrageous disgusting insulting vicious hateful revolting appalling shameful vile infuriating criminal"
        ),
        _words("furious livid outraged enraged disgusted hostile mad"),
        **_ANGER,
    ),
    ("sadness", "mild"): Tone(
        2.5,
        2.5,
        _words("sad dull gloomy grey empty painful unlucky weary bleak pale quiet distant"),
        _words("tired lonely sorry down lost homesick low unhappy"),
        **_SADNESS,
    ),
    ("sadness", "strong"): Tone(
        1.5,
        2.3,
        _words("tragic hopeless heartbreaking miserable dreadful desperate mournful cruel fatal unbearable"),
        _words("heartbroken hopeless miserable broken devastated worthless alone crushed"),
        **_SADNESS,
    ),
    ("happiness", "mild"): Tone(
        3.7,
        3.1,
        _words("nice pleasant good friendly sweet cheerful lucky funny charming warm sunny pretty"),
        _words("glad pleased cheerful content hopeful lucky merry relieved"),
        **_HAPPINESS,
    ),
    ("happiness", "strong"): Tone(
        4.6,
        3.6,
        _words("wonderful fantastic brilliant marvellous gorgeous amazing delightful splendid glorious perfect"),
        _words("delighted thrilled overjoyed ecstatic proud excited grateful joyful"),
        **_HAPPINESS,
    ),
    ("neutral", "mild"): Tone(
        3.0,
        2.9,
        _words("usual regular wooden middle typical local plain square official electric narrow ordinary"),
        _words("busy ready early late available present awake punctual"),
        **_NEUTRAL,
    ),
    ("neutral", "strong"): Tone(
        3.0,
        3.0,
        _words("new normal standard common double public green separate written recent round metal"),
        _words("busy ready early late available thirsty outside upstairs"),
        **_NEUTRAL,
    ),
}

NAMES = _words("Anna Peter Maria Daniel Susan Robert Helen Martin Laura Simon Nina Oliver Grace Henry Ruth Victor")
PLACES = _words("kitchen office garden station village library hotel market harbour school airport museum")
TIMES = (
    *("today", "tonight", "yesterday", "this morning", "last night", "on Monday", "on Friday", "this week", "again"),
    *("last summer", "this evening", "after lunch", "before dinner", "at noon", "in April", "last winter"),
)
