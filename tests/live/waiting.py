"""Waits that look for their condition, and calls that are let go together. Nothing here sleeps."""
import concurrent.futures
import threading
import time

from breath import Took


def until(what, condition, seconds=10.0):
    """Waits for a condition, in short steps; fails after so many seconds in which the machine let others go on."""
    took = Took(soon=True)
    end = took.began + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end or took.seconds() < seconds, \
            f"not within {seconds} s: {what() if callable(what) else what}"
        threading.Event().wait(0.01)


def at_once(*calls):
    """Each in a thread of its own, let go together; what they gave, in order."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
