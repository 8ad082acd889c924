"""`package`: the dbt package of tests, written from the installed tool into a project; nobody's edit is overwritten."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import as_file, files
from pathlib import Path

import click
from rich.console import Console

from dataops import __version__
from dataops.errors import SettingsError
from dataops.store.location import write_whole

RECORD = ".dataops-package.json"
"""In the written folder: the version that wrote it and the SHA-256 of each file, by which an edited one is told. While
files are being replaced, both of the old file and of the new, so that a run that was killed can be repeated."""


def write(folder: Path) -> int:
    """Write the package into a folder; returns how many files it has.

    Files of an earlier version that this one no longer has are removed.

    Raises:
        SettingsError: a file there was not written by this command, or was edited since; nothing is changed then.
    """
    with as_file(files("dataops") / "package") as source:
        places = [place for place in sorted(source.rglob("*")) if place.suffix in (".sql", ".yml")]
        content = {place.relative_to(source).as_posix(): place.read_bytes() for place in places}
    written = _record(folder)
    _refuse(folder, content, written)
    digests = {name: [hashlib.sha256(data).hexdigest()] for name, data in content.items()}
    _note(folder, {name: written.get(name, []) + digests.get(name, []) for name in written | digests})
    for name in written.keys() - content.keys():
        (folder / name).unlink(missing_ok=True)
    for name, data in content.items():
        _replace(folder / name, data)
    _note(folder, digests)
    return len(content)


def _note(folder: Path, digests: dict[str, list[str]]) -> None:
    text = json.dumps({"version": __version__, "files": digests}, indent=1, sort_keys=True)
    _replace(folder / RECORD, text.encode())


def _record(folder: Path) -> dict[str, list[str]]:
    """What an earlier run wrote, file by file; nothing if there was none."""
    place = folder / RECORD
    if not place.exists():
        return {}
    try:
        found = json.loads(place.read_text(encoding="utf-8"))["files"]
        return {str(name): [str(digest) for digest in digests] for name, digests in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{place} cannot be read", "remove the folder and run the command again") from error


def _refuse(folder: Path, content: dict[str, bytes], written: dict[str, list[str]]) -> None:
    for each in (folder, *folder.parents):
        if each.exists() and not each.is_dir():
            raise SettingsError(f"{each} is a file", "name a folder with --to")
    for name in sorted(content.keys() | written.keys()):
        place = folder / name
        if not place.exists():
            continue
        found = place.read_bytes() if place.is_file() else b""
        if found == content.get(name) or hashlib.sha256(found).hexdigest() in written.get(name, []):
            continue
        said = "was edited since it was written" if name in written else "was not written by this command"
        raise SettingsError(f"{place} {said}", "move it away, or name another folder with --to")


def _replace(place: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        write_whole(place, data)
    except OSError as error:
        raise SettingsError(f"{place} cannot be written: {error.strerror}", "name another folder with --to") from error


@click.command()
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="Folder to write it into.")
@click.pass_obj
def package(console: Console, /, folder: Path) -> int:
    """Write the dbt package with the tests and macros, dataops_toolkit, into a folder of your project.

    Does not overwrite a file that it did not write or that was edited since.

    \b
    Example:
      dataops package --to packages/dataops_toolkit
    """
    number = write(folder)
    console.print(f"Wrote dataops_toolkit {__version__} to {folder}: {number} files.", highlight=False, soft_wrap=True)
    console.print("In packages.yml, for `dbt deps`:\n", highlight=False)
    click.echo(f"packages:\n  - local: {folder.as_posix()}")
    return 0
