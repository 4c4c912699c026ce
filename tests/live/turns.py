"""How long a loop stood still: the longest turn that a service tells of, less what its process waited for a processor, and
what the machine held its breath (breath.py)."""
import contextlib
import re
import threading
import time

from breath import Took

TURN_LIMIT_US = 20000
WINDOW_S = 0.1


def told(metrics):
    """The longest turn by the clock, and of the processor; microseconds. metrics: the text of /metrics; asked, both begin
    again."""
    return [1e6 * float(re.search(rf"^buckstop_loop_longest_turn_{word} (\S+)$", metrics, re.M).group(1))
            for word in ("seconds", "cpu_seconds")]


def waited_us(pid):
    """For a processor, of the first thread, which is the loop's; by the kernel."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1000
    return 0.0


class Turns:
    """On a machine with too few processors for all who want one a turn is long since its process had to wait: that is no
    loop that stood still. What the kernel says of that wait (of the first thread, which is the loop's) is taken off a
    turn's length, never off the processor's time that a turn took. A pause of the whole machine is taken off both: a host
    that took the processor away may have let its time go on. It is looked at in short windows, so that the waits of other
    moments hide no turn: one that waits for a peer is a window of its own, and in it nothing waits for a processor.

    A window reaches from before the last question to behind this one's answer: the turn that answers is told of by the next.
    Whoever asks for metrics ends a turn's record, so all ask here.
    """

    def __init__(self, pid, metrics):
        """pid, metrics: functions; metrics: the text of /metrics."""
        self.pid, self.ask = pid, metrics
        self.lock, self.asked = threading.Lock(), (None, 0.0, Took(soon=True))
        self.worst, self.enough, self.thread = 0, None, None

    def longest_us(self):
        """Since this was asked before."""
        if self.thread:
            self.enough.set()
            self.thread.join(10)
        self.metrics()
        worst, self.worst, self.enough = round(self.worst), 0, threading.Event()
        self.thread = threading.Thread(target=self.go_on, args=(self.enough,), daemon=True)
        self.thread.start()
        return worst

    def metrics(self):
        """Their text."""
        with self.lock:
            pid = self.pid()
            before, self.asked = self.asked, (pid, waited_us(pid), Took(soon=True))
            began = time.monotonic()
            try:
                text = self.ask()
            except TimeoutError:  # what it will answer to nobody
                self.worst = max(self.worst, 1e6 * (time.monotonic() - began))
                raise
            with contextlib.suppress(AttributeError):  # it is too busy to tell: the next one is told
                self.look(pid, before, *told(text))
            return text

    def look(self, pid, before, wall, processor):
        if max(wall, processor) <= self.worst:
            return
        waited = waited_us(pid) - (before[1] if before[0] == pid else 0.0)
        paused = 1e6 * before[2].held()
        self.worst = max(self.worst, processor - paused, wall - waited - paused)

    def go_on(self, enough):
        while not enough.wait(WINDOW_S):
            try:
                self.metrics()
            except Exception:  # pylint: disable=broad-except
                return  # it has ended, or stands still: whoever asks next is told so
