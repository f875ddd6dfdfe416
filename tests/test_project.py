"""How the project is kept: workflows that may do only what they need, forms that ask, pages that name what exists."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
WRITES = {
    "docs deploy": {"pages": "write", "id-token": "write"},
    "release publish": {"id-token": "write"},
    "release announce": {"contents": "write"},
}
"""The jobs that may do more than read, and what."""


def read(name: str) -> str:
    """The text of one of the project's files."""
    return (ROOT / name).read_text(encoding="utf-8")


def parsed(path: Path) -> Any:
    """A YAML file with every scalar as text, so that `on` is a word."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def workflow(stem: str) -> Any:
    return parsed(ROOT / ".github" / "workflows" / f"{stem}.yml")


def steps(jobs: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in jobs.values() for step in job.get("steps", ())]


# ---- workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_do_no_more_than_it_needs(path: Path) -> None:
    found = parsed(path)
    assert found["permissions"] == {"contents": "read"}
    for name, job in found["jobs"].items():
        assert job.get("permissions", {}) == WRITES.get(f"{path.stem} {name}", {}), name
        assert "uses" in job or int(job["timeout-minutes"]) <= 60, name
    assert "pull_request_target" not in found["on"], "code of strangers would run with the project's rights"
    assert "secrets." not in path.read_text(encoding="utf-8"), "trusted publishing needs none"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_what_is_there_and_pinned(path: Path) -> None:
    jobs, text = parsed(path)["jobs"], path.read_text(encoding="utf-8")
    for used in [part["uses"] for part in (*jobs.values(), *steps(jobs)) if "uses" in part]:
        if used.startswith("./"):
            assert (ROOT / used).is_file(), used
        else:
            assert re.search(rf"{re.escape(used)} # v\d+\.\d+\.\d+$", text, flags=re.MULTILINE), (
                f"{used}: which version"
            )
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", used), f"{used}: a tag can be moved"
    for step in steps(jobs):
        script = step.get("run", "")
        assert "${{" not in script, "what GitHub fills in may be somebody's text; hand it over in env"
        subprocess.run(["bash", "-n"], check=True, input=script, text=True)
        for name in re.findall(r"\.ci/[\w.]+", script):
            assert (ROOT / name).is_file(), name
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def test_ci_calls_the_one_script() -> None:
    found = workflow("ci")
    assert {"push", "pull_request", "workflow_call"} <= set(found["on"])
    *before, last = [step["run"] for step in steps(found["jobs"]) if "run" in step]
    assert last == ".ci/run"
    assert all(words.startswith("sudo sysctl ") for words in before), "nothing but what lets sandboxes start there"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_a_release_comes_from_a_tag_and_from_nothing_else() -> None:
    found = workflow("release")
    assert found["on"] == {"push": {"tags": ["v*"]}}
    jobs = found["jobs"]
    assert jobs["check"]["uses"] == "./.github/workflows/ci.yml"
    assert set(jobs["publish"]["needs"]) == {"check", "build"}
    assert jobs["announce"]["needs"] == "publish"
    built = [step.get("run", "") for step in jobs["build"]["steps"]]
    order = [next(i for i, run in enumerate(built) if word in run) for word in (".ci/release_notes.py", "-m build")]
    assert order == sorted(order), "the tag is compared before anything is built"
    assert any("twine check --strict" in run for run in built)
    kept = {step["with"]["name"] for step in jobs["build"]["steps"] if "upload-artifact" in step.get("uses", "")}
    fetched = {step["with"]["name"] for step in steps(jobs) if "download-artifact" in step.get("uses", "")}
    assert kept == fetched == {"dist", "notes"}
    assert f"environment `{jobs['publish']['environment']['name']}`" in read("RELEASING.md")
    assert PROJECT["name"] in jobs["publish"]["environment"]["url"]


def test_the_documentation_is_built_strictly_and_where_it_says() -> None:
    found = workflow("docs")
    assert any("mkdocs build --strict" in step.get("run", "") for step in found["jobs"]["build"]["steps"])
    assert found["jobs"]["deploy"]["needs"] == "build"
    assert f"site_url: {PROJECT['urls']['Documentation']}\n" in read("mkdocs.yml")


# ---- issues


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_asks_for_what_is_needed(path: Path) -> None:
    form = parsed(path)
    assert {"name", "description", "labels", "body"} == set(form)
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    names = [part["id"] for part in asked]
    assert len(set(names)) == len(names)
    assert all(part["attributes"]["label"] for part in asked)
    assert any(part.get("validations", {}).get("required") == "true" for part in asked)


def test_there_is_a_form_for_a_bug_a_component_and_a_figure() -> None:
    assert [path.stem for path in FORMS] == ["bug", "figure", "new_component"]
    links = parsed(ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml")["contact_links"]
    private = f"{PROJECT['urls']['Repository']}/security/advisories/new"
    assert private in [link["url"] for link in links]
    assert private in read("SECURITY.md")


# ---- what the pages name


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "RELEASING.md", "SECURITY.md"])
def test_files_that_are_named_exist(page: str) -> None:
    """Whatever looks like a path; of a file that somebody has yet to write (`my_...`), its folder."""
    text = read(page)
    named = {
        name for name in re.findall(r"`(\.?\w[\w./-]*)`", text) if "/" in name or re.search(r"\w\.[a-z]{2,4}$", name)
    }
    named |= set(re.findall(r"(?<![\w/])\.ci/\w[\w.]*\w", text))
    named = {name for name in named if not name.startswith("shared/")}
    assert named
    for name in named:
        places = (ROOT / name, ROOT / ".github" / "workflows" / name)
        assert any((place.parent if "my_" in name else place).exists() for place in places), name
