"""git, as far as the tool needs it: which revision this is, and an earlier one laid out in a temporary folder."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dataops.errors import GitError

_OF_HOOKS = frozenset(
    {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}
)


def _surroundings() -> dict[str, str]:
    """The environment without what git sets for hooks: a worktree made with it would empty the user's index."""
    return {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *words],  # noqa: S607 - git is found on the user's PATH, as they expect
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            env=_surroundings(),
        )
    except FileNotFoundError as error:
        raise GitError("git is not installed", "install git, or compare with stored state instead") from error
    if done.returncode:
        verb = words[2] if words[0] == "-c" else words[0]
        raise GitError(f"git {verb}: {done.stderr.strip()}", "run it in a git checkout of the project")
    return done.stdout.strip()


def revision(folder: Path) -> str | None:
    """The commit that `folder` has checked out, `-dirty` appended when files differ; None outside git."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        dirty = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except GitError:
        return None
    return f"{head}-dirty" if dirty else head


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


def fork_point(folder: Path, base: str) -> str:
    """The commit where the checked-out branch left `base`: what a pull request is compared with.

    Raises:
        GitError: `base` is unknown here, or shares no history with HEAD (a shallow clone).
    """
    try:
        _git(folder, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
    except GitError as error:
        raise GitError(
            f"git does not know the revision {base}",
            "fetch it first (in GitHub Actions: actions/checkout with fetch-depth: 0)",
        ) from error
    try:
        return _git(folder, "merge-base", "HEAD", base)
    except GitError as error:
        raise GitError(
            f"this branch shares no history with {base}",
            "fetch the full history (in GitHub Actions: actions/checkout with fetch-depth: 0)",
        ) from error


def top(folder: Path) -> Path:
    """The folder of the whole checkout around `folder`.

    Raises:
        GitError: `folder` is in none.
    """
    return Path(_git(folder, "rev-parse", "--show-toplevel"))


def holds(folder: Path, path: str) -> bool:
    """Whether anything at `path`, relative to `folder`, is under version control."""
    return bool(_git(folder, "ls-files", "--", path))


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
    return not _git(folder, "diff", "--name-only", "--no-ext-diff", "--no-textconv", commit, "--", *paths)


@contextmanager
def worktree(folder: Path, commit: str) -> Iterator[Path]:
    """Lay `commit` out in a temporary worktree and yield the folder in it that matches `folder`."""
    inside = folder.resolve().relative_to(top(folder).resolve())
    with tempfile.TemporaryDirectory(prefix="dataops-base-") as temporary:
        tree = Path(temporary) / "tree"
        # A hook may ask for what is not here (git-lfs), or change what the revision holds.
        hooks = ["-c", f"core.hooksPath={temporary}/no-hooks"]
        try:
            _git(folder, *hooks, "worktree", "add", "--detach", "--force", str(tree), commit)
            yield tree / inside
        finally:
            if tree.exists():
                _git(folder, *hooks, "worktree", "remove", "--force", str(tree))
