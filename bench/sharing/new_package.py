"""A package for a component of somebody's own: made from templates, so that it works before anything is changed."""

from __future__ import annotations

import builtins
import importlib.util
import keyword
import re
import wave
from array import array
from dataclasses import dataclass
from math import pi, sin
from pathlib import Path

from bench.contracts.registry import RENAMED, Registry
from bench.core.errors import UsageError
from bench.core.specs import NO_DEFENSE, did_you_mean
from bench.core.storage.cache import appearing_folder

KINDS = {"attack": "attacks", "defense": "defenses", "victim": "victims", "corpus": "corpora"}
"""What can be written, in the singular, and the kind that it is registered under."""

_NAME = re.compile(r"[A-Za-z]\w{0,62}(?<!_)", re.ASCII)
_EXAMPLE_S = 0.4
_PITCHES = {"anger": 300, "happiness": 260, "neutral": 150, "sadness": 120}


@dataclass(frozen=True)
class NewPackage:
    """A package that has been written.

    Args:
        kind: "attack", "defense", "victim" or "corpus".
        name: of the component.
        folder: that it was written into.
    """

    kind: str
    name: str
    folder: Path

    @property
    def package(self) -> str:
        """Name it as Python imports it."""
        return f"serbench_{self.name}"

    @property
    def distribution(self) -> str:
        """Name it as pip installs it."""
        return f"serbench-{self.name.replace('_', '-')}"

    @property
    def module(self) -> Path:
        """Find the file that the component is in."""
        return self.folder / self.package / f"{self.name}.py"

    def commands(self, folder: str) -> list[str]:
        """List the commands that come next: install it, check it, run it or its test.

        Args:
            folder: that it is in, as a shell takes it.
        """
        example = f"{folder}/example"
        root = f" --corpus-root {example}" if self.kind == "corpus" else ""
        run = {
            "attack": f"bench run --victim cnn_gru --attack {self.name} --limit 4",
            "defense": f"bench run --victim cnn_gru --defense {self.name} --attack boundary --limit 4",
            "victim": f"bench run --victim {self.name} --attack boundary --limit 4",
            "corpus": f"bench data check {self.name} --root {example}",
        }[self.kind]
        return [f"pip install -e {folder}", f"bench check {self.name} --kind {self.kind}{root}", run]


def write_package(kind: str, name: str, to: Path | None, registry: Registry) -> NewPackage:
    """Write a package with one component that works: its project file, module, test and page.

    Args:
        kind: "attack", "defense", "victim" or "corpus".
        name: of the component: an identifier that no component of this kind has.
        to: the folder, which must not be there; None for one named after the package, in the current folder.
        registry: knows which names are taken.

    Raises:
        UsageError: there is no such kind, or the name or the folder cannot be taken.
    """
    _check(kind, name, registry)
    package = NewPackage(kind, name, to or Path(f"serbench-{name.replace('_', '-')}"))
    if package.folder.exists() or package.folder.is_symlink():
        found = "a folder that is there" if package.folder.is_dir() else "a file that is there"
        raise UsageError(str(package.folder), found, "a new folder", "give another with --to, or move this one away")
    with appearing_folder(package.folder) as folder:
        for file, text in _files(package).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        if kind == "corpus":
            _write_example(folder / "example")
    return package


def _check(kind: str, name: str, registry: Registry) -> None:
    """Refuse a kind that there is not, and a name that cannot be a component's."""
    where = "bench new"
    if kind not in KINDS:
        raise UsageError(where, repr(kind), f"one of {', '.join(KINDS)}", did_you_mean(kind, list(KINDS)))
    where = f"bench new {kind}"
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or keyword.iskeyword(name.lower()):
        expected = "an identifier of ASCII letters, digits and _ that begins with a letter and does not end with _"
        raise UsageError(where, repr(name), f"{expected}, at most 63 long", "for example my_" + kind)
    taken = [*registry.names(KINDS[kind]), *(old for of, old in RENAMED if of == KINDS[kind]), NO_DEFENSE, "isolated"]
    if name in taken:
        raise UsageError(where, f"{name!r}, which is taken", "a new name", f"see bench list {KINDS[kind]}")
    if importlib.util.find_spec(f"serbench_{name}") is not None:
        raise UsageError(where, f"a package serbench_{name} that is installed", "a new name", "take another name")


def _files(package: NewPackage) -> dict[str, str]:
    """Every file's text, by its path in the package's folder."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # names are identifiers by now: there is nothing to escape
        loader=PackageLoader("bench.sharing", "templates/new"),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    source = Path(__file__).with_name("templates") / "new" / f"{package.kind}.py.jinja"
    told = {
        "kind": package.kind,
        "kinds": KINDS[package.kind],
        "name": package.name,
        "package": package.package,
        "distribution": package.distribution,
        "cls": _class_name(package, source.read_text(encoding="utf-8")),
        "commands": package.commands("."),
    }
    targets = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"{package.package}/__init__.py": "init.py",
        f"{package.package}/{package.name}.py": f"{package.kind}.py",
        f"tests/test_{package.name}.py": f"test_{package.kind}.py",
    }
    return {file: environment.get_template(f"{one}.jinja").render(told) for file, one in targets.items()}


def _class_name(package: NewPackage, source: str) -> str:
    """The component's name as a class has it; with its kind where that means something in the module already."""
    name = "".join(part[:1].upper() + part[1:] for part in package.name.split("_"))
    means = keyword.iskeyword(name) or name in vars(builtins) or re.search(rf"\b{name}\b", source)
    return name + package.kind.capitalize() if means else name


def _write_example(folder: Path) -> None:
    """Two speakers, four emotions each, as short tones: what the corpus reads until there is something to read."""
    for speaker, factor in (("anna", 1.0), ("ben", 0.6)):
        (folder / speaker).mkdir(parents=True)
        for emotion, pitch in _PITCHES.items():
            steps = range(int(16_000 * _EXAMPLE_S))
            tone = array("h", (int(8_000 * sin(2 * pi * pitch * factor * step / 16_000)) for step in steps))
            with wave.open(str(folder / speaker / f"{emotion}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(16_000)
                file.writeframes(tone.tobytes())
