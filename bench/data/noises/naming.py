"""Names that published noise collections give their folders and files, and the category each belongs to.

Sources: Piczak, ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015 (ESC-50 and ESC-10: class
names, the five major classes, the file naming scheme); Thiemann, Ito, Vincent, DEMAND, 2013 (environment names);
Salamon, Jacoby, Bello, A Dataset and Taxonomy for Urban Sound Research, ACM Multimedia 2014 (UrbanSound8K's files).
"""

from __future__ import annotations

import re

MAJOR_CLASSES = {
    "natural": (
        "dog rooster pig cow frog cat hen insects sheep crow",
        "rain sea_waves crackling_fire crickets chirping_birds "
        "water_drops wind pouring_water toilet_flush thunderstorm",
    ),
    "human": (
        "crying_baby sneezing clapping breathing coughing footsteps laughing brushing_teeth snoring drinking_sipping",
    ),
    "interior": (
        "door_wood_knock mouse_click keyboard_typing door_wood_creaks can_opening washing_machine vacuum_cleaner "
        "clock_alarm clock_tick glass_breaking",
    ),
    "exterior": ("helicopter chainsaw siren car_horn engine train church_bells airplane fireworks hand_saw",),
}
"""ESC-50's fifty classes in the order of their numbers, ten in each of its five major classes: animals and natural
soundscapes, both here "natural"; human non-speech; interior; exterior. P1 names three of the five (natural soundscapes,
human non-speech, interior). Reading: animals are natural, and exterior is a category of its own."""

ESC50 = tuple((name, category) for category, tens in MAJOR_CLASSES.items() for ten in tens for name in ten.split())
"""(class name, category) by class number, 0 to 49."""

_OTHER_NAMES = {
    "natural": "nat|animals|natural soundscapes|natural soundscapes water sounds|birds|insects flying|nfield|"
    "npark|nriver",
    "human": "hum|human non speech|human non speech sounds|sneeze|cough",
    "interior": "int|domestic|interior domestic|interior domestic sounds|door knock|door creak|door creaks|dkitchen|"
    "dliving|dwashing|ohallway|ooffice",
    "exterior": "ext|urban|exterior urban|exterior urban noises|spsquare|straffic|tbus|tcar|tmetro",
    "crowd": "cafe|café|babble|pcafeter|presto|scafe",
    "meeting": "omeeting",
    "station": "pstation",
    "white": "white noise",
    "laugh": "laughter",
    "cry": "crying|sobbing|crying sobbing",
}

_ESC10_NAMES = {
    "dog bark": "dog",
    "baby cry": "crying_baby",
    "person sneeze": "sneezing",
    "fire crackling": "crackling_fire",
}
"""ESC-10's names for classes that ESC-50 calls otherwise."""

_ENVIRONMENTS = """dkitchen dliving dwashing nfield npark nriver ohallway omeeting ooffice pcafeter presto pstation
scafe spsquare straffic tbus tcar tmetro"""

DEMAND = frozenset(_ENVIRONMENTS.split())
"""DEMAND's environments: a folder each, one recording of five minutes, sixteen microphones `ch01.wav` to `ch16.wav`."""

_DEMAND_FOLDER = re.compile(rf"({'|'.join(_ENVIRONMENTS.split())})(?:[ _-](?:16|48)k(?:hz)?)?", re.IGNORECASE)
_URBANSOUND_FILE = re.compile(r"(?P<recording>\d+)-\d-\d+-\d+", re.ASCII)
_ESC_FILE = re.compile(r"(?P<fold>\d)-(?P<recording>\d+)-(?P<take>[A-Z])(?:-(?P<target>\d{1,2}))?")


def _words(name: str) -> frozenset[str]:
    """The words of a name, without leading numbers, whatever their order, case and separators."""
    return frozenset(re.findall(r"[^\W\d_]+", re.sub(r"^[\W\d_]+", "", name.casefold())))


_ESC50_CATEGORY = dict(ESC50)
_ESC_CLASSES = {_words(name): name for name in _ESC50_CATEGORY} | {
    _words(theirs): ours for theirs, ours in _ESC10_NAMES.items()
}


def _known() -> dict[frozenset[str], str]:
    known = {words: _ESC50_CATEGORY[name] for words, name in _ESC_CLASSES.items()}
    for category, names in _OTHER_NAMES.items():
        known[_words(category)] = category
        known |= {_words(name): category for name in names.split("|")}
    return known


_KNOWN = _known()


def category_of(folder: str) -> str | None:
    """Find the category of a folder with a published name; None for any other name.

    >>> category_of("010 - Fire crackling"), category_of("crackling_fire"), category_of("Sneezing"), category_of("Int")
    ('natural', 'natural', 'human', 'interior')
    >>> category_of("SCAFE_48k"), category_of("my office")
    ('crowd', None)
    """
    return _KNOWN.get(_words(demand_environment(folder) or folder))


def demand_environment(folder: str) -> str | None:
    """Find DEMAND's name of an environment, from the name of its folder in either release; None for any other name.

    >>> demand_environment("DKITCHEN"), demand_environment("SCAFE_48k"), demand_environment("kitchen")
    ('DKITCHEN', 'SCAFE', None)
    """
    match = _DEMAND_FOLDER.fullmatch(folder)
    return match[1].upper() if match else None


def demand_channel(stem: str) -> int | None:
    """Find the microphone that one of DEMAND's files was recorded with, 1 to 16; None for any other file name.

    >>> demand_channel("ch01"), demand_channel("ch17"), demand_channel("chime")
    (1, None, None)
    """
    match = re.fullmatch(r"ch(\d\d)", stem, re.IGNORECASE)
    return int(match[1]) if match and 1 <= int(match[1]) <= 16 else None


def esc50_class(name: str) -> str | None:
    """Find ESC-50's name of a class, from a folder's name in any release of ESC-50 or ESC-10; None for any other name.

    >>> esc50_class("004 - Baby cry"), esc50_class("Clock tick"), esc50_class("my office")
    ('crying_baby', 'clock_tick', None)
    """
    return _ESC_CLASSES.get(_words(name))


def esc50_numbered(stem: str) -> tuple[str, str] | None:
    """Find the class and the category of the class number in an ESC-50 file name; None for any other name.

    >>> esc50_numbered("5-189212-A-12"), esc50_numbered("5-189212-A")
    (('crackling_fire', 'natural'), None)
    """
    match = _ESC_FILE.fullmatch(stem)
    if match is None or match["target"] is None or int(match["target"]) >= len(ESC50):
        return None
    return ESC50[int(match["target"])]


def recording_of(stem: str) -> str:
    """Name the recording that a file was cut from.

    ESC's clips name their Freesound recording; other files are their own.

    >>> recording_of("5-189212-A") == recording_of("5-189212-B-12"), recording_of("kettle")
    (True, 'kettle')
    """
    match = _ESC_FILE.fullmatch(stem)
    return f"freesound-{match['recording']}" if match else stem


def urbansound_recording(stem: str) -> str | None:
    """Name the Freesound recording that one of UrbanSound8K's slices was cut from; None for any other file name.

    >>> urbansound_recording("7061-6-1-0"), urbansound_recording("5-189212-A-12")
    ('freesound-7061', None)
    """
    match = _URBANSOUND_FILE.fullmatch(stem)
    return f"freesound-{match['recording']}" if match else None
