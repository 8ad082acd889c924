"""git, as far as the tool needs it: which revision this is, and an earlier one laid out in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataops.errors import GitError

_OF_HOOKS = frozenset(
    {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}
)

_DIFF = ("diff", "--name-only", "--no-ext-diff", "--no-textconv", "--no-renames")

# Nobody is there to be asked, and what git says is read.
_ALONE = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

_COMPARE = "or compare with a stored release instead, without --base"

_REFUSALS = (
    (
        r"dubious ownership in repository at '(?P<where>[^']+)'",
        "git refuses to read {where}: it belongs to another user",
        "trust it: git config --global --add safe.directory '{where}'",
    ),
    (
        r"not a git repository",
        "{folder} is in no git repository",
        f"run it in a git checkout of the project, {_COMPARE}",
    ),
    (
        r"must be run in a work tree",
        "{folder} is in a repository without a checkout",
        f"run it in a git checkout of the project, {_COMPARE}",
    ),
    (
        r"(?P<filter>[\w-]+): (?:command )?not found|smudge filter (?P<named>[\w-]+) failed",
        "git cannot lay out files that a filter keeps elsewhere: {line}",
        f"install the filter's program (git-lfs, for Git LFS), {_COMPARE}",
    ),
    (
        r"(?:Could not read from remote|unable to access|missing (?:blob|tree)|bad object|unable to read)",
        "git does not have all of that revision here: {line}",
        f"fetch it whole (git fetch --unshallow --refetch), {_COMPARE}",
    ),
    (
        r"No space left|Permission denied|Read-only file system",
        "git: {line}",
        f"make room, or give it leave to write where temporary files go, {_COMPARE}",
    ),
)
"""What git refuses, in words of ours: a pattern of what it says, what is wrong, how to mend it."""


def _surroundings(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what git sets for hooks, which would have it work on the user's index."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    return {**kept, **_ALONE, **(more or {})}


def _git(folder: Path, *words: str, more: Mapping[str, str] | None = None, given: str = "") -> str:
    # Names of files are bytes; not all of them are UTF-8, and they may begin with a space.
    said = os.fsdecode(_bytes(folder, *words, more=more, given=given))
    return said if "-z" in words else said.strip()


def _bytes(folder: Path, *words: str, more: Mapping[str, str] | None = None, given: str = "") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *words],  # noqa: S607 - git is found on the user's PATH, as they expect
            input=os.fsencode(given),
            capture_output=True,
            check=False,
            env=_surroundings(more),
        )
    except OSError as error:
        raise GitError(f"git cannot be started: {error.strerror}", f"install git, {_COMPARE}") from error
    if done.returncode:
        raise _refused(folder, words, os.fsdecode(done.stderr))
    return done.stdout


def _refused(folder: Path, words: Sequence[str], text: str) -> GitError:
    """What git said, as one line and one hint."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    for pattern, message, remedy in _REFUSALS:
        found = re.search(pattern, text)
        if found:
            line = next((each for each in lines if re.search(pattern, each)), text)
            known = {"folder": folder, "line": line.removeprefix("fatal: ").removeprefix("error: "), "where": ""}
            known |= {name: value for name, value in found.groupdict().items() if value}
            return GitError(message.format(**known), remedy.format(**known))
    said = told[0].removeprefix("fatal: ") if told else "ended with an error and said nothing"
    command = next((word for word in words if not word.startswith("-") and "=" not in word), words[0])
    return GitError(f"git {command}: {said}", f"try the same in {folder}, {_COMPARE}")


def revision(folder: Path) -> str | None:
    """The commit that `folder` has checked out, `-dirty` appended when files differ; None outside git."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        dirty = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except GitError:
        return None
    return f"{head}-dirty" if dirty else head


def refusal(folder: Path) -> GitError | None:
    """Why git tells nothing of `folder`; None where it does."""
    try:
        _git(folder, "rev-parse", "--git-dir")
    except GitError as error:
        return error
    return None


def author(folder: Path) -> str | None:
    """Whom git would name as the author of a commit, `Name <address>`; None where it knows nobody."""
    try:
        return _git(folder, "var", "GIT_AUTHOR_IDENT").rsplit(" ", 2)[0] or None
    except GitError:
        return None


def branch(folder: Path) -> str | None:
    """The branch that `folder` has checked out; None on none, as in most jobs."""
    try:
        name = _git(folder, "rev-parse", "--abbrev-ref", "HEAD")
    except GitError:
        return None
    return name if name != "HEAD" else None


def remote(folder: Path) -> str | None:
    """The address of the remote `origin`; None where there is none."""
    try:
        return _git(folder, "remote", "get-url", "origin")
    except GitError:
        return None


def default_branch(folder: Path) -> tuple[str, bool]:
    """The branch that changes are merged into, and whether it is a branch of this checkout, too.

    It is what the remote says, else the usual name that there is, else the branch that is checked out.
    """
    try:
        name = _git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    except GitError:
        usual = (each for each in ("main", "master") if _known(folder, f"refs/heads/{each}"))
        name = next(usual, None) or _unborn(folder) or "main"
    return name, _known(folder, f"refs/heads/{name}") or remote(folder) is None


def _unborn(folder: Path) -> str | None:
    """The branch that is checked out, even before its first commit."""
    try:
        return _git(folder, "symbolic-ref", "--short", "HEAD")
    except GitError:
        return None


def ignored(folder: Path, path: str) -> bool:
    """Whether git leaves `path`, relative to `folder`, out: ignored, or under version control already."""
    try:
        _git(folder, "check-ignore", "--quiet", "--", path)
    except GitError:
        return holds(folder, path)
    return True


def fork_point(folder: Path, base: str) -> str:
    """The commit where the checked-out branch left `base`: what a pull request is compared with.

    Raises:
        GitError: git refuses, `base` is unknown here, or shares no history with HEAD (a shallow clone).
    """
    shallow = _git(folder, "rev-parse", "--is-shallow-repository") == "true"
    fetch = "git fetch --unshallow" if shallow else "git fetch"
    if not _known(folder, base):
        raise GitError(
            f"git does not know the revision {base}",
            f"fetch it first ({fetch} origin {base}; in GitHub Actions: actions/checkout with fetch-depth: 0)",
        )
    if not _known(folder, "HEAD"):
        raise GitError(f"nothing is committed yet in {folder}", f"commit first, {_COMPARE}")
    try:
        return _git(folder, "merge-base", "HEAD", base)
    except GitError as error:
        because = "; this clone is shallow" if shallow else ""
        raise GitError(
            f"this branch shares no history with {base}{because}",
            f"fetch the full history ({fetch}; in GitHub Actions: actions/checkout with fetch-depth: 0)",
        ) from error


def _known(folder: Path, name: str) -> bool:
    try:
        _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitError:
        return False
    return True


def same(folder: Path, commit: str, paths: Sequence[str]) -> bool:
    """Whether all that lies at `paths`, relative to `folder`, is what `commit` has there: untracked files included.

    False where git itself does not look: links, submodules, and files that it was told to overlook.

    Raises:
        GitError: `commit` is not known here.
    """
    for line in _git(folder, "ls-files", "-v", "--stage", "--", *paths).splitlines():
        mark, mode = line[:1], line[2:8]
        if mark != "H" or mode in ("120000", "160000"):
            return False
    if any((folder / path).is_symlink() for path in paths):
        return False
    if _git(folder, "ls-files", "--others", "--", *paths):
        return False
    return not _git(folder, *_DIFF, commit, "--", *paths)


def differing(folder: Path, commit: str, paths: Sequence[str]) -> frozenset[str] | None:
    """What of all that lies at `paths` is not as `commit` has it, relative to `folder`: new and ignored files included.

    None where git itself does not look: links, submodules, and files that it was told to overlook.

    Raises:
        GitError: `commit` is not known here.
    """
    if any((folder / path).is_symlink() for path in paths):
        return None
    for entry in _git(folder, "ls-files", "-v", "--stage", "-z", "--", *paths).split("\0"):
        if entry and (entry[0] != "H" or entry[2:8] in ("120000", "160000")):
            return None
    # What would let git believe that a file is as it was when it is not.
    sure = ("-c", "core.fsmonitor=false", "-c", "core.checkStat=default", "-c", "core.trustctime=true")
    # How git writes files decides what is read of them, too.
    where = (*paths, ":(top,glob)**/.gitattributes")
    words = ("diff", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z", commit, "--", *where)
    prefix = _git(folder, "rev-parse", "--show-prefix")
    told = [os.path.relpath(each, prefix or ".") for each in _git(folder, *sure, *words).split("\0") if each]
    # A repository inside of this one is told as a folder, but not beside a pattern that looks into every folder.
    new = [_git(folder, *sure, "ls-files", "--others", "-z", "--", *each) for each in (paths, where[len(paths) :])]
    return frozenset(filter(None, (*told, *"\0".join(new).split("\0"))))


def top(folder: Path) -> Path:
    """The folder of the whole checkout around `folder`.

    Raises:
        GitError: `folder` is in none.
    """
    return Path(_git(folder, "rev-parse", "--show-toplevel"))


def moved(folder: Path, commit: str, paths: Sequence[str]) -> bool:
    """Whether anything under version control at `paths`, relative to `folder`, is not as `commit` has it.

    Raises:
        GitError: `commit` is not known here.
    """
    return bool(paths) and bool(_git(folder, "diff", "--name-only", "--no-ext-diff", commit, "--", *paths))


def holds(folder: Path, path: str) -> bool:
    """Whether anything at `path`, relative to `folder`, is under version control."""
    return bool(_git(folder, "ls-files", "--", path))


def earlier_texts(folder: Path, commit: str, files: Collection[str]) -> dict[str, str]:
    """The texts of files, relative to `folder`, in a commit, also where they had another name; of those that it had."""
    found = _texts(folder, commit, files)
    left = set(files) - found.keys()
    moved = {after: before for after, before in (_moves(folder, commit) if left else {}).items() if after in left}
    texts = _texts(folder, commit, set(moved.values()))
    return found | {after: texts[before] for after, before in moved.items() if before in texts}


def _texts(folder: Path, commit: str, files: Collection[str]) -> dict[str, str]:
    """Every byte of some files of a commit, in one go. One whose name is two lines is not found."""
    names = sorted(file for file in files if "\n" not in file)
    found: dict[str, str] = {}
    with contextlib.suppress(GitError):
        said = _bytes(folder, "cat-file", "--batch", given="".join(f"{commit}:./{name}\n" for name in names))
        for name in names:
            head, _, said = said.partition(b"\n")
            told = re.fullmatch(rb"[0-9a-f]+ (\w+) ([0-9]+)", head)
            if told:
                size = int(told[2])
                if told[1] == b"blob":
                    found[name] = os.fsdecode(said[:size])
                said = said[size + 1 :]
    return found


def _moves(folder: Path, commit: str) -> dict[str, str]:
    """What files that git sees as moved since were called, by what they are called now."""
    try:
        words = ("diff", "-z", "--relative", "--name-status", "--find-renames", "--diff-filter=R", commit)
        fields = _git(folder, *words).split("\0")
    except GitError:
        return {}
    return dict(zip(fields[2::3], fields[1::3], strict=False))


def edited(folder: Path, commit: str) -> frozenset[str]:
    """The files below `folder`, relative to it, that are not as `commit` has them, new ones included."""
    told = _git(folder, "diff", "--name-only", "--no-ext-diff", "--relative", "-z", commit, "--", ".")
    new = _git(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    return frozenset(filter(None, (told + "\0" + new).split("\0")))


@dataclass(frozen=True)
class Changes:
    """What lies at some places of a checkout beside what a commit has there, as paths relative to the checkout's top.

    `files` are the commit's, `other` those of either side that are not the same on both. Files that are under no
    version control are in neither.
    """

    files: frozenset[str]
    other: frozenset[str]


def changes(folder: Path, commit: str, places: Sequence[str]) -> Changes | None:
    """What differs from `commit` at `places`, relative to the top of `folder`'s checkout, and in how git writes files.

    None where git itself does not look: links, submodules, and files that it was told to overlook.

    Raises:
        GitError: `commit` is not known here.
    """
    here = top(folder)
    held = _git(here, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *places).split("\0")
    listed = _git(here, "ls-files", "-v", "--stage", "-z", "--", *places).split("\0")
    modes = {line[:6] for line in filter(None, held)} | {line[2:8] for line in filter(None, listed)}
    if modes & {"120000", "160000"} or any(line[0] != "H" for line in filter(None, listed)):
        return None
    told = _git(here, *_DIFF, "-z", commit, "--", *places, ":(top,glob)**/.gitattributes").split("\0")
    return Changes(frozenset(line.split("\t", 1)[1] for line in filter(None, held)), frozenset(filter(None, told)))


@dataclass(frozen=True)
class Tree:
    """A revision laid out: all of it below `top`, and in it the `folder` that was asked for."""

    top: Path
    folder: Path


@contextmanager
def laid_out(folder: Path, commit: str, files: Collection[str] | None = None) -> Iterator[Tree]:
    """Lay `commit` out in a temporary folder, or some files of it, named relative to the checkout's top.

    It is no worktree of git's: nothing is registered that could be left behind, and no hook is run.

    Raises:
        GitError: git cannot write all of the commit's files, those of submodules that are checked out here among them.
    """
    here = top(folder)
    inside = folder.resolve().relative_to(here.resolve())
    with tempfile.TemporaryDirectory(prefix="dataops-base-") as temporary:
        tree = Path(temporary) / "tree"
        _write(here, commit, tree, files)
        for path, pinned in _submodules(here, commit) if files is None else ():
            # One that is not checked out here is on neither side.
            if (here / path / ".git").exists():
                _write(here / path, pinned, tree / path)
        yield Tree(tree, tree / inside)


def _write(repository: Path, commit: str, tree: Path, files: Collection[str] | None = None) -> None:
    """Write a commit's files, or some of them, by an index of their own."""
    tree.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dataops-index-") as temporary:
        own = {"GIT_INDEX_FILE": str(Path(temporary) / "index")}
        options = ("-c", "core.hooksPath=/dev/null", "-c", "core.sparseCheckout=false", "-c", "core.fsmonitor=false")
        where = f"--work-tree={tree}"
        if files is None:
            _git(repository, *options, where, "read-tree", "--reset", "-u", commit, more=own)
            return
        _git(repository, *options, "read-tree", commit, more=own)
        named = "\0".join(sorted(files))
        _git(repository, *options, where, "checkout-index", "-z", "--stdin", more=own, given=named)


def _submodules(here: Path, commit: str) -> Iterator[tuple[str, str]]:
    """Where a commit has submodules, and at which commit each is pinned."""
    for entry in _git(here, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0"):
        if entry.startswith("160000 "):
            about, path = entry.split("\t", 1)
            yield path, about.split()[2]
