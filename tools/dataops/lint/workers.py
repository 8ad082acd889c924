"""sqlfluff's own work, shared among processes: each gets a compiled file and gives back what was found in it."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, BinaryIO, Generic, TypeVar

T = TypeVar("T")

FEW = 8
"""Fewer files than these are looked at sooner here than by a process that has to import sqlfluff, which takes 0.5 s."""
MOST = 8
"""More processes than these wait for the one that compiles."""


class Pending(Generic[T]):
    """What a job gives, once it is asked for. Where the process that had the job is gone, it is done here."""

    def __init__(self, job: Callable[..., T], words: tuple[Any, ...], future: Future[T] | None = None) -> None:
        self._job, self._words, self._future = job, words, future
        self._made: Callable[[T], T] | None = None

    def then(self, made: Callable[[T], T]) -> Pending[T]:
        """Give what `made` makes of the result."""
        self._made = made
        return self

    @property
    def done(self) -> bool:
        """Whether another process has done it, so that nobody has to wait."""
        return self._future is not None and self._future.done()

    def result(self) -> T:
        """The job's result, or what it raised."""
        result = self._done()
        return result if self._made is None else self._made(result)

    def _done(self) -> T:
        if self._future is not None:
            try:
                return self._future.result()
            except _GoneError:
                pass
        return self._job(*self._words)


class Workers:
    """Processes that do jobs, started when the first of many comes. None is left after the `with`, however it ends."""

    def __init__(self, files: int) -> None:
        self._left, self._here = files, 0
        self._count = min(_cores(), MOST)
        self.ahead = 2 * self._count
        """How many files to have begun before the first has to be ended: all are at work, and few are in memory."""
        self._threads: ThreadPoolExecutor | None = None
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # A job that is not done by now is one that nobody waits for: Ctrl-C does not wait for a long file.
        for process in self._processes:
            process.kill()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            with contextlib.suppress(OSError):
                _pipe(process.stdin).close()
            _pipe(process.stdout).close()
            process.wait()

    def next_file(self) -> None:
        """One file more was taken up."""
        self._left -= 1

    def submit(self, job: Callable[..., T], *words: Any) -> Pending[T]:
        """Begin a job: a function of a module, with words that can be pickled."""
        if self._threads is None and self._worth():
            self._start()
        if self._threads is None:
            return Pending(job, words)
        return Pending(job, words, self._threads.submit(self._elsewhere, job, words))

    def _worth(self) -> bool:
        """Whether enough is left: not where most of the files are remembered, of which the first few tell."""
        self._here += 1
        return self._count > 1 and self._left >= FEW and self._here > FEW // 2

    def _start(self) -> None:
        # As here: what lies in the current folder under a name of a library's is not that library.
        begin = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve()"
        # A machine that lets nobody start as many gets its answer all the same.
        with contextlib.suppress(OSError):
            for _ in range(self._count):
                self._processes.append(_process(begin))
                self._idle.put(self._processes[-1])
        self._count = len(self._processes)
        if self._count:
            self._threads = ThreadPoolExecutor(self._count)

    def _elsewhere(self, job: Callable[..., T], words: tuple[Any, ...]) -> T:
        try:
            sent = pickle.dumps((job, words))
        except Exception as error:
            raise _GoneError from error
        process = self._idle.get()
        try:
            if process is None:
                raise _GoneError
            try:
                _pipe(process.stdin).write(sent)
                _pipe(process.stdin).flush()
                done, result = pickle.load(_pipe(process.stdout))  # noqa: S301 - of a process of ours
            except Exception as error:
                process = None
                raise _GoneError from error
        finally:
            self._idle.put(process)
        if done:
            return result  # type: ignore[no-any-return]
        raise result if isinstance(result, Exception) else _GoneError


class _GoneError(Exception):
    """The process that had the job is not there any more."""


def _process(begin: str) -> subprocess.Popen[bytes]:
    """A Python of a group of its own: Ctrl-C is for the one who started it, at whose end its input ends."""
    return subprocess.Popen(  # noqa: S603 - Python itself
        [sys.executable, "-c", begin], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )


def serve() -> None:
    """Do jobs until nobody sends one any more. What sqlfluff prints goes to the errors."""
    jobs, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            job, words = pickle.load(jobs)  # noqa: S301 - of the process that started this one
            results.write(_answer(job, words))
            results.flush()


def _answer(job: Callable[..., Any], words: tuple[Any, ...]) -> bytes:
    try:
        return pickle.dumps((True, job(*words)))
    except Exception as error:  # noqa: BLE001 - raised again where the job came from
        try:
            pickle.loads(answer := pickle.dumps((False, error)))  # noqa: S301 - just made
        except Exception:  # noqa: BLE001 - an error that no pickle holds: whoever sent the job meets it again
            return pickle.dumps((False, None))
        return answer


def _cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pipe(end: Any) -> BinaryIO:
    assert end is not None  # noqa: S101 - both were asked for
    return end  # type: ignore[no-any-return]
