#!/usr/bin/python3
"""How long the machine held its breath: it paused, or a host took its processors, and nobody could go on.

One process for each processor only looks at the clock, every few milliseconds. Where it looks late, and did not wait for
a processor by what the kernel says, everybody else on that processor stood still as well: what a test measured meanwhile
is longer by as much, and no loop's fault. What it finds lies in memory that it shares with whoever asked.
"""
import atexit
import functools
import itertools
import mmap
import os
import select
import struct
import subprocess
import sys
import threading
import time

LOOK_S, LATE_S, ANSWER_S = 0.004, 0.010, 2.0
ROW = struct.Struct("dd")  # held, and when it looked last; seconds


def held_of(late, waited):
    """Of a look that was so long in coming: what was no wait for a processor, seconds."""
    return max(0.0, late - LOOK_S - waited) if late > LATE_S else 0.0


def witness(number, processor):
    """Until standard input ends, with whoever asked."""
    os.sched_setaffinity(0, {processor})
    file = os.open("/proc/self/schedstat", os.O_RDONLY)

    def waited_s():
        return int(os.pread(file, 100, 0).split()[1]) / 1e9

    held, last, waited = 0.0, time.monotonic(), waited_s()
    with mmap.mmap(sys.stdout.fileno(), 0) as shared:
        while not select.select([sys.stdin], [], [], LOOK_S)[0]:
            now, before, waited = time.monotonic(), waited, waited_s()  # each time: older waits hide no pause
            held += held_of(now - last, waited - before)
            last = now
            ROW.pack_into(shared, number * ROW.size, held, now)


class Breath:
    def __init__(self):
        processors = sorted(os.sched_getaffinity(0))
        with open(os.memfd_create("breath"), "r+b") as file:
            file.truncate(len(processors) * ROW.size)
            self.shared = mmap.mmap(file.fileno(), 0)
            self.witnesses = [subprocess.Popen([sys.executable, __file__, str(number), str(processor)],
                                               stdin=subprocess.PIPE, stdout=file)
                              for number, processor in enumerate(processors)]
        atexit.register(self.end)

    def held(self, soon=False):
        """Up to now, of each processor; soon: up to a moment ago, which is not waited for."""
        if soon:
            return [held for held, _ in ROW.iter_unpack(self.shared[:len(self.witnesses) * ROW.size])]
        now, end = time.monotonic(), time.monotonic() + ANSWER_S
        while True:
            rows = list(itertools.islice(ROW.iter_unpack(self.shared[:]), len(self.witnesses)))
            if all(looked > now for _, looked in rows) or time.monotonic() > end:
                return [held for held, _ in rows]
            threading.Event().wait(LOOK_S)

    def end(self):
        for process in self.witnesses:
            process.stdin.close()
            process.wait()


@functools.lru_cache(maxsize=None)
def machine():
    """Of this process's machine: begun by whoever asks first."""
    return Breath()


class Took:
    """A stretch of time, less what the machine held its breath within."""

    def __init__(self, soon=False):
        self.before, self.began = machine().held(soon), time.monotonic()

    def held(self):
        """Where it was longest; all of a machine, or one processor, seconds."""
        return max(now - before for now, before in zip(machine().held(), self.before))

    def seconds(self):
        took = time.monotonic() - self.began
        return took - self.held()


if __name__ == "__main__":
    witness(int(sys.argv[1]), int(sys.argv[2]))
