"""Expected errors: each says what is wrong and how to mend it, in one line each."""

from __future__ import annotations

import errno
import re

FAILED = 1
"""Exit code of a command that ran and found failures."""

UNABLE = 2
"""Exit code of a command that could not run (usage, settings, connection), as in dbt."""


class DataopsError(Exception):
    """An error that the user can mend.

    `message` names what is wrong (file, line, node where known); `remedy` says what to do about it.
    """

    exit_code = UNABLE

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = " ".join(message.split())
        self.remedy = " ".join(remedy.split())


class SettingsError(DataopsError):
    """`dataops.yml`, a profile or an option cannot be used as written."""


class ProjectError(DataopsError):
    """dbt cannot load or parse the project."""


class StateError(DataopsError):
    """Production's stored state is missing, damaged or of another format."""


class NewerFormatError(StateError):
    """Production's stored state was written by a newer version: not damaged, and not ours to overwrite."""


class WarehouseError(DataopsError):
    """The warehouse cannot be reached, is locked, or refuses a statement."""


class RefusedError(DataopsError):
    """It could be done and must not be: what it rests on failed, or was never checked."""

    exit_code = FAILED


class GitError(DataopsError):
    """git is missing, or a revision cannot be read."""


class DiskError(DataopsError):
    """A file or folder cannot be read or written."""


OF_DISKS = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room: this user may write no more there",
    errno.EACCES: "let this user read and write there",
    errno.EPERM: "let this user read and write there",
    errno.EROFS: "that disk can only be read: give the project one that can be written",
    errno.EISDIR: "move that folder away: a file belongs there",
    errno.ENOTDIR: "move that file away: a folder belongs there",
    errno.EEXIST: "move that file away: a folder belongs there",
    errno.ENOTEMPTY: "move that folder away: a file belongs there",
    errno.EIO: "the disk failed: look after it, then run again",
    errno.ESTALE: "the network disk went away: look after it, then run again",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}
"""What whoever runs this can mend of a disk, and how."""

_BESIDE = re.compile(r"\.[0-9a-f]{32}\.tmp$")


def of_disk(error: BaseException) -> DiskError | None:
    """What a disk refuses, as an error that names the file; None for any other: that is a defect of ours."""
    if not isinstance(error, OSError) or error.errno not in OF_DISKS or not error.filename:
        return None
    # A rename has two names, and a file that is written whole is first written beside its place.
    name = _BESIDE.sub("", str(error.filename2 or error.filename))
    return DiskError(f"cannot use {name}: {error.strerror}", OF_DISKS[error.errno])
