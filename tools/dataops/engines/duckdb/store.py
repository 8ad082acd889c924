"""Production's DuckDB file and the releases it replaced: one rename publishes, and an interrupted one is settled.

    <folder>/prod.duckdb                            production
    <folder>/.dataops/prod/lock                     held by the process that deploys
    <folder>/.dataops/prod/next/prod.duckdb         the release being built
    <folder>/.dataops/prod/waiting/<id>/prod.duckdb a release that waits to be published
    <folder>/.dataops/prod/releases/<id>/prod.duckdb   superseded releases
    <folder>/.dataops/prod/pending.json             written just before the rename, removed after the state's pointer
    <folder>/.dataops/prod/published.json           which release was published last, and what its file began with

Every file keeps production's name, because DuckDB names a database by its file and views hold full names. The rename
is the moment of publication. The state's pointer is moved after it; a process killed between the two leaves
`pending.json`, and whoever comes next sees from the file's identity whether the rename took place.

A write-ahead log beside production is read into whatever file has that name. So none may be there at the rename, and
nobody who could write one: DuckDB's own lock keeps writers out from the last look to the state's pointer.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from dataops.engines.duckdb import companions, database, records
from dataops.engines.duckdb.companions import Companion, Places, mark
from dataops.engines.duckdb.database import Identity, identity
from dataops.engines.duckdb.waiting import Shelf
from dataops.errors import NewerFormatError, StateError, WarehouseError
from dataops.store.location import keep_out_of_git, make, sync
from dataops.store.state import State


def folder_of(production: Path) -> Path:
    """The folder of a database's own releases beside it. No two files of a folder have the same.

    `prod.duckdb` has `prod`, as it always had. Whatever is named otherwise keeps its ending: `prod.db` has `prod.db`,
    and `prod` what no other can have, `prod.duckdb`.
    """
    name = production.name
    if "." not in name:
        name = f"{name}.duckdb"
    elif name == f"{production.stem}.duckdb" and "." not in production.stem:
        name = production.stem
    return production.parent / ".dataops" / name


class Store:
    """The files around one production database."""

    def __init__(self, production: Path) -> None:
        # A link is followed, so that a rename replaces the database and not the link to it.
        self.production = production.resolve()
        self._folder = folder_of(self.production)
        self.next = self._folder / "next" / self.production.name
        self._pending = self._folder / "pending.json"
        self._published = self._folder / "published.json"
        self.places = Places(self._folder)
        self.waiting = Shelf(self._folder, self.production.name)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let one process at a time deploy; a killed one lets go by itself.

        Raises:
            WarehouseError: another process holds it, or the folder beside production cannot be written.
        """
        with contextlib.ExitStack() as holding:
            try:
                make(self._folder)
                keep_out_of_git(self._folder)
                holding.enter_context(FileLock(self._folder / "lock", timeout=0))
            except Timeout as error:
                raise WarehouseError(
                    f"another deploy or rollback of {self.production} is running", "wait until it has ended"
                ) from error
            except OSError as error:
                raise WarehouseError(
                    f"cannot write beside production: {error}", f"let this user write in {self._folder}"
                ) from error
            self._take_over()
            yield

    def settle_if_idle(self, state: State) -> None:
        """As `settle`, for a reader: nothing is waited for, and a deploy that is under way settles by itself."""
        if self._pending.exists():
            with contextlib.suppress(WarehouseError), self.held():
                self.settle(state)

    def settle(self, state: State) -> None:
        """Finish or forget a publication that was interrupted, so that production and its state agree.

        Raises:
            StateError: its record is damaged and nothing else tells whether it took place, or of a newer format.
        """
        if not self._pending.exists():
            return
        pending = records.publication(self._pending)
        if pending is None or not isinstance(pending.get("identity"), list):
            if not (self.next.exists() or self._is_as_told(state)):
                raise StateError(
                    f"{self._pending} is damaged: whether the release that was being published is live is not known",
                    "see that production is what `dataops releases` calls live, bring it back if not, remove that file",
                )
        elif self._was_renamed(pending["identity"]) or companions.begun(pending.get("files", ())):
            if not self._was_renamed(pending["identity"]):
                # Its rename came first, and did not outlast a power cut that a later one did.
                database.rename(Path(pending["new"]), self.production)
            companions.finish(pending.get("files", ()))
            self._tell(state, pending["release"], pending.get("content"), pending.get("files", ()))
        else:
            companions.forget_staged(pending.get("files", ()))
        self._pending.unlink()
        sync(self._folder)

    def holds(self, release: str) -> bool:
        """Whether production is what was published as `release`, and nobody has written to it or its files since."""
        try:
            published = records.publication(self._published)
        except (NewerFormatError, OSError):
            return False
        if published is None or (published.get("release"), published.get("content")) != (
            release,
            database.content(self.production),
        ):
            return False
        files = published.get("files", ())
        return not database.logs(self.production) and all(mark(Path(place)) == made for place, made in files)

    def copy_production(self) -> Identity | None:
        """Start the next release as a copy of production, which no one can write meanwhile; None: there is none.

        Raises:
            WarehouseError: another process is writing to production.
        """
        self.discard()
        return _copy(self.production, self.next)

    def copy_attached(self, name: str, file: Path) -> Companion:
        """As `copy_production`, for a database that production attaches as `name` and the next release writes to.

        Raises:
            WarehouseError: another process is writing to it.
        """
        place, new = file.resolve(), self.attached(name, file)
        return Companion(place, new, _copy(place, new), is_database=True)

    def attached(self, name: str, file: Path) -> Path:
        """Where the copy of an attached database is."""
        return self.next.parent / "attached" / name / file.name

    def discard(self) -> None:
        """Remove whatever was built for the next release."""
        shutil.rmtree(self.next.parent, ignore_errors=True)

    def publish(
        self,
        state: State,
        release: str,
        superseded: str | None,
        before: Identity | None,
        files: Sequence[Companion] = (),
    ) -> None:
        """Make the next file production and `release` its state; production's old file is kept as `superseded`.

        `files` are published with it, and what they replace is kept.

        Raises:
            WarehouseError: production is not what it was when the copy was made; nothing was changed.
        """
        database.checkpoint(self.next)
        self._replace(self.next, state, release, superseded, before, files)

    def wait(
        self,
        release: str,
        before: Identity | None,
        files: Sequence[Companion],
        outlet: Mapping[str, Any] | None = None,
    ) -> None:
        """Let the next file wait to be published, with all that goes with it; what waited before is gone.

        `outlet`: it waits unfinished, and that is where files went that it exported so far.
        """
        self.waiting.put(self.next.parent, release, before, files, outlet)

    def reopen(self, release: str) -> tuple[Identity | None, tuple[Companion, ...], Mapping[str, Any]]:
        """Let what waits unfinished be the next file again; what production was, what goes with it, and the outlet.

        Raises:
            WarehouseError: production is not what it was when the copy was made; nothing was changed.
            StateError: its record is damaged, or it is not unfinished.
        """
        _, before, files = self.waiting.taken(release)
        self._compare(before)
        companions.check(files)
        self.discard()
        outlet = self.waiting.back(release, self.next.parent)
        _, before, files = self.waiting.read(self.next.parent)
        return before, files, outlet

    def publish_waiting(self, state: State, release: str, superseded: str | None) -> None:
        """As `publish`, of the release that waits.

        Raises:
            WarehouseError: as there.
            StateError: its record is damaged.
        """
        new, before, files = self.waiting.taken(release)
        self._replace(new, state, release, superseded, before, files)

    def restore(self, state: State, release: str, superseded: str | None) -> None:
        """Make a kept release production again; what was live is kept as `superseded`.

        Raises:
            StateError: that release is not kept.
            WarehouseError: its file, or the log beside production, cannot be read; nothing was changed.
        """
        kept = self.kept(release)
        if not kept.exists():
            raise StateError(f"release {release} is no longer kept", "`dataops releases` lists those that are")
        database.check(kept)
        database.fold_log(self.production)
        files = self.places.kept(kept.parent)
        self._replace(kept, state, release, superseded, identity(self.production), files)

    def kept(self, release: str) -> Path:
        """Where the database of a superseded release is kept."""
        return self._folder / "releases" / release / self.production.name

    def all_kept(self) -> set[str]:
        """The releases whose database is kept."""
        return {path.parent.name for path in (self._folder / "releases").glob(f"*/{self.production.name}")}

    def forget(self, keep: int, order: list[str]) -> list[str]:
        """Delete the databases of all but the newest `keep` superseded releases; `order` is oldest first.

        Returns those that are gone: what cannot be removed stays.
        """
        kept = [release for release in order if release in self.all_kept()]
        for release in kept[:-keep]:
            shutil.rmtree(self.kept(release).parent, ignore_errors=True)
        return [release for release in kept[:-keep] if not self.kept(release).exists()]

    def _replace(
        self,
        new: Path,
        state: State,
        release: str,
        superseded: str | None,
        before: Identity | None,
        files: Sequence[Companion],
    ) -> None:
        self._compare(before)
        companions.check(files)
        copied = self.kept(superseded) if before is not None and superseded is not None else None
        made, content = identity(new), database.content(new)
        recorded: list[dict[str, Any]] = []
        try:
            files = companions.staged(files)
            recorded = companions.record(files)
            if copied is not None:
                database.keep(self.production, copied)
                self.places.keep(files, copied.parent)
            self.places.add(files)
            with database.without_writers(self.production), companions.without_writers(files):
                self._compare(before)
                companions.check(files)
                pending = {"release": release, "content": content, "identity": made}
                records.write(self._pending, {**pending, "new": str(new), "files": recorded})
                # One rename after the other: a reader sees a part of each release for no longer than that.
                database.rename(new, self.production, partial(companions.finish, recorded))
                self._tell(state, release, content, recorded)
        except BaseException:
            if not self._was_renamed(made):
                # Nothing was published, and no trace may say otherwise.
                self._pending.unlink(missing_ok=True)
                companions.forget_staged(recorded)
                if copied is not None:
                    shutil.rmtree(copied.parent, ignore_errors=True)
            raise
        # It is published and known to be: what cannot be tidied up now, the next command tidies up.
        with contextlib.suppress(OSError):
            self._pending.unlink()
        shutil.rmtree(new.parent, ignore_errors=True)

    def _compare(self, before: Identity | None) -> None:
        if identity(self.production) != before or database.logs(self.production):
            raise WarehouseError(
                f"{self.production} was changed by someone else while the release was made",
                "run again; let only `dataops deploy` write to production",
            )

    def _tell(self, state: State, release: str, content: str | None, files: Sequence[Mapping[str, Any]]) -> None:
        """Move the state's pointer to what production is."""
        try:
            state.point(release)
        except StateError as error:
            raise StateError(
                f"production is release {release} now, and its state is not: {error.message}",
                f"{error.remedy}; the next `dataops` command moves the state",
            ) from error
        # That no plan ends early on account of it is all that is lost without.
        with contextlib.suppress(OSError):
            served = [[each["place"], each["made"]] for each in files]
            records.write(self._published, {"release": release, "content": content, "files": served})

    def _was_renamed(self, new: Identity | None) -> bool:
        """Whether production is the file that was to be published, whoever has written to it since."""
        found = identity(self.production)
        return found is not None and new is not None and found[:2] == new[:2]

    def _is_as_told(self, state: State) -> bool:
        """Whether production is, untouched, what its state says."""
        try:
            live = state.current()
        except StateError:
            return False
        return live is not None and self.holds(live)

    def _take_over(self) -> None:
        """Releases that an earlier version kept where `prod.duckdb` and `prod.db` had one folder."""
        earlier = self.production.parent / ".dataops" / self.production.stem
        if earlier == self._folder or not earlier.is_dir():
            return
        for kept in (earlier / "releases").glob(f"*/{self.production.name}"):
            place = self.kept(kept.parent.name)
            if not place.exists():
                make(place.parent)
                database.rename(kept, place)
                with contextlib.suppress(OSError):
                    kept.parent.rmdir()


def _copy(source: Path, place: Path) -> Identity | None:
    """A copy of a database that nobody can write to meanwhile, and the original's identity; None: there is none.

    Raises:
        WarehouseError: another process is writing to it.
    """
    # A writer may have died here. DuckDB recovers by itself; a copy without the log would lose what it holds.
    database.fold_log(source)
    place.parent.mkdir(parents=True)
    if not source.exists():
        return None
    try:
        with duckdb.connect(str(source), read_only=True):
            before = identity(source)
            shutil.copyfile(source, place)
    except duckdb.Error as error:
        raise database.unreadable(source, error) from error
    except OSError as error:
        raise WarehouseError(
            f"cannot copy {source}: {error}", "the next release needs as much space as production"
        ) from error
    return before
