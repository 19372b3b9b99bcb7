"""Keep several processes answering: begin them, replace what dies, end all of them together."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from indicant.errors import IndicantError
from indicant.process.between import threads
from indicant.process.ending import EndedError
from indicant.process.sandbox import follow_parent

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Start = Callable[[int, Callable[[], None]], None]

ASKING: Final = ("SIGTERM", "SIGINT", "SIGHUP")
"""The signals that ask all to end."""
_SHORT: Final = 5.0
"""A process that lived for less seconds died at once."""
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_GRACE: Final = 10.0
"""How many seconds beyond their time processes have to end before they are ended."""
_LOOKS: Final = 10
"""At how many looks in a row a process has to show no sign of life to be stuck."""
_FAULT: Final = 70
_READIER: Final = "300"
"""How much readier than others the system is to end a process that answers when memory is out:
it is replaced, and the one that keeps them all is not."""


@dataclass
class _Place:
    """One of the processes: the number that the system gives it, and what became of those before.

    Where there is none, one is begun at the time ``due``. ``beats`` is how often it has shown that
    it lives, and ``silent`` at how many looks it had not done so once more.
    """

    pid: int = 0
    since: float = 0.0
    wait: float = 0.0
    due: float = 0.0
    beats: int = 0
    silent: int = 0
    stuck: bool = False


@dataclass(frozen=True)
class Watch:
    """How it is known that a process is stuck.

    Args:
        seconds: how long one may show no sign of life.
        beats: what tells how often one has, by its number.
        holder: what tells which process all others wait for, as the system calls it, or nought.
    """

    seconds: float
    beats: Callable[[int], int]
    holder: Callable[[], int] = lambda: 0


class Supervisor:
    """Has several processes answer that are forked from this one.

    This one does nothing else. It has no other thread, since none would live on in those that it
    forks, nor what it holds be given back there.
    """

    def __init__(
        self,
        count: int,
        start: Start,
        seconds: float,
        *,
        log: Callable[[str], None],
        died: Callable[[int, str], None],
        watch: Watch,
    ) -> None:
        """Take what a process does.

        Args:
            count: how many there are.
            start: what each does until it is asked to end: it is given its number, and what tells
                that it takes requests.
            seconds: how long one may take to end once it is asked to.
            log: what writes a line.
            died: what is done once one has ended, with its number, and with ``died`` or ``stuck``
                where nobody asked it to.
            watch: how it is known that one is stuck.

        Raises:
            IndicantError: there are no forks here.
        """
        demand_forks()
        self._start, self._seconds, self._log, self._died = start, seconds, log, died
        self._watch, self._look = watch, 0.0
        self._places = [_Place() for _ in range(count)]
        self._begun: set[int] = set()
        self._asked: list[int] = []
        self._late = float("inf")

    def run(self, begun: Callable[[], None], ending: Callable[[], None]) -> None:
        """Run the processes until this one is asked to end and they have.

        Args:
            begun: what is done once all of them take requests.
            ending: what is done first once they are asked to end.

        Raises:
            EndedError: the terminal is gone, and all have ended.
            IndicantError: one died before all took requests.
        """
        self._life, self._alive = os.pipe()
        self._told, self._tell = os.pipe()
        self._woken, waking = os.pipe()
        for one in (self._told, self._woken, waking):
            os.set_blocking(one, False)
        before = {one: signal.getsignal(one) for one in map(_number, (*ASKING, "SIGCHLD"))}
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for name in ASKING:
            if before[_number(name)] != signal.SIG_IGN:
                signal.signal(_number(name), self._ask)
        try:
            self._keep(begun, ending)
        finally:
            self._kill()
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            for one in (self._life, self._alive, self._told, self._tell, self._woken, waking):
                os.close(one)
        if signal.SIGHUP in self._asked:
            raise EndedError(signal.SIGHUP)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        """Note what this process is asked for; who asks by the keyboard again waits no longer."""
        if number == signal.SIGINT and number in self._asked:
            self._late = 0.0
        self._asked.append(number)

    def _keep(self, begun: Callable[[], None], ending: Callable[[], None]) -> None:
        whole = ended = False
        while True:
            now = time.monotonic()
            if self._asked and not ended:
                ended, self._late = True, min(self._late, now + self._seconds + _GRACE)
                ending()
                self._signal(signal.SIGTERM)
            self._bury(now, whole=whole)
            if ended and not any(one.pid for one in self._places):
                return
            if now >= self._late:
                self._signal(signal.SIGKILL)
            if not self._asked:
                self._find_stuck(now)
                self._fill(now)
            if not whole and len(self._begun) == len(self._places):
                whole = True
                begun()
            self._wait(now)

    def _wait(self, now: float) -> None:
        """Wait for a signal, for word of a process, or until something is due."""
        dues = [one.due for one in self._places if not one.pid and not self._asked]
        if not self._asked:
            dues.append(self._look)
        next_due = min([*dues, self._late, now + 60.0])
        woken, _, _ = select.select(
            [self._told, self._woken], [], [], max(0.05, next_due - time.monotonic())
        )
        for one in woken:
            with contextlib.suppress(BlockingIOError):
                said = os.read(one, 4_096)
                if one == self._told:
                    self._begun.update(said)

    def _find_stuck(self, now: float) -> None:
        """End those that have shown no sign of life for their time: they are replaced.

        What counts is how often this process has looked, so that one that was itself held up, with
        all others or without, blames nobody for it.
        """
        if now < self._look:
            return
        self._look = now + self._watch.seconds / _LOOKS
        silent = []
        for number, place in enumerate(self._places):
            beats = self._watch.beats(number)
            place.silent = place.silent + 1 if beats == place.beats else 0
            place.beats = beats
            if place.pid and not place.stuck and place.silent >= _LOOKS:
                silent.append(place)
        holder = self._watch.holder() if silent else 0
        guilty = [one for one in silent if one.pid == holder] or silent
        for place in silent:
            # Those that wait for another one get round to it once that is ended.
            place.silent = 0
        for place in guilty:
            place.stuck = True
            self._note(process=place.pid, stuck=self._watch.seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(place.pid, signal.SIGKILL)

    def _fill(self, now: float) -> None:
        for number, place in enumerate(self._places):
            if not place.pid and place.due <= now and not self._asked:
                place.silent, place.stuck = 0, False
                try:
                    place.pid, place.since = self._fork(number), now
                except OSError as error:
                    # Of processes or memory there may be enough again later.
                    self._put_off(place, now)
                    self._note(process=None, ended=error.strerror, replacedAfter=place.wait)

    def _put_off(self, place: _Place, now: float) -> None:
        place.wait = min(max(_FIRST_WAIT, 2 * place.wait), _LONGEST_WAIT)
        place.due = now + place.wait

    def _note(self, **said: object) -> None:
        """Write a line, where it can be written."""
        with contextlib.suppress(OSError, ValueError):
            self._log(json.dumps(said))

    def _bury(self, now: float, *, whole: bool) -> None:
        """Take note of those that died.

        Raises:
            IndicantError: one died before all took requests.
        """
        for number, place in enumerate(self._places):
            if not place.pid:
                continue
            found, status = os.waitpid(place.pid, os.WNOHANG)
            if not found:
                continue
            pid, place.pid = place.pid, 0
            self._died(number, "" if self._asked else "stuck" if place.stuck else "died")
            if self._asked:
                continue
            code = os.waitstatus_to_exitcode(status)
            how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
            if not whole:
                raise IndicantError(
                    f"a process of the service ended before it took requests ({how})",
                    help="give it more memory, or let fewer processes answer",
                )
            if now - place.since < _SHORT:
                self._put_off(place, now)
            else:
                place.wait, place.due = 0.0, now
            self._note(process=pid, ended=how, replacedAfter=place.wait)

    def _fork(self, number: int) -> int:
        """Begin a process, and return its number; it does not return there."""
        asking: set[int] = {_number(one) for one in (*ASKING, "SIGCHLD")}
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        # What comes in between would be done by what belongs to this process alone.
        signal.pthread_sigmask(signal.SIG_BLOCK, asking)
        try:
            pid = os.fork()
            if not pid:
                self._be(number, parent, asking)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, asking)
        return pid

    def _be(self, number: int, parent: int, asking: set[int]) -> NoReturn:
        """Answer as one of the processes, and end."""
        code = _FAULT
        try:
            signal.set_wakeup_fd(-1)
            # The keyboard and the terminal ask all of a group, and the parent asks in its time.
            for name in ("SIGINT", "SIGHUP"):
                signal.signal(_number(name), signal.SIG_IGN)
            for name in ("SIGTERM", "SIGCHLD"):
                signal.signal(_number(name), signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, asking)
            follow_parent(parent)
            os.close(self._alive)
            threading.Thread(target=_follow, args=(self._life,), daemon=True).start()
            with contextlib.suppress(OSError):
                Path("/proc/self/oom_score_adj").write_text(_READIER, encoding="ascii")
            self._start(number, lambda: _say(self._tell, number))
            code = 0
        except BaseException as error:  # what nobody foresaw may quote a patient
            frames = traceback.extract_tb(error.__traceback__)
            place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
            self._note(fault=type(error).__name__, place=place)
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _signal(self, number: int) -> None:
        for place in self._places:
            if place.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(place.pid, number)

    def _kill(self) -> None:
        """End at once what is left."""
        self._signal(signal.SIGKILL)
        for place in self._places:
            if place.pid:
                os.waitpid(place.pid, 0)
                place.pid = 0


def demand_forks() -> None:
    """Do nothing where a process can be forked.

    Raises:
        IndicantError: it cannot.
    """
    if not hasattr(os, "fork"):
        raise IndicantError(
            "this system has no forks, so that one process answers",
            help="leave --processes out, and start several services behind a proxy",
        )


def demand_one_thread() -> None:
    """Do nothing where this process may be forked.

    Raises:
        IndicantError: something runs beside it, which would not go on in the children.
    """
    if threads() > 1:
        raise IndicantError(
            "something runs beside the process that is to be forked, such as the reasoner",
            help="compile the guideline first where it can be kept (indicant check), "
            "or leave --processes out",
        )


def _number(name: str) -> signal.Signals:
    return signal.Signals[name]


def _say(pipe: int, number: int) -> None:
    os.write(pipe, bytes([number]))


def _follow(pipe: int) -> None:
    """End this process as soon as nobody is left who could write to a pipe."""
    while os.read(pipe, 1):
        pass
    os._exit(1)
