"""Expected errors: each says what is wrong and how to mend it, in one line each."""

from __future__ import annotations

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
