#!/usr/bin/python3
"""The lock of deploy/up (deploy/lib.sh): who comes second is told whom to stop.

Ends with "N passed, N failed".
"""
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile

import world as w
from waiting import until

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "lib.sh")
FIRST = '. "$0"; lock "$1"; start tail "$1.log" tail -f /dev/null; echo "$$ ${STARTED[0]}"; wait'


def first_start(stack, lock):
    """Both process ids: of the shell, and of what it started."""
    process = stack.enter_context(subprocess.Popen(["/bin/bash", "-euc", FIRST, LIB, lock], stdout=subprocess.PIPE,
                                                   text=True))
    stack.callback(process.kill)
    shell, child = map(int, process.stdout.readline().split())
    stack.callback(end, child)
    return process, shell, child


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def second_start(lock):
    return subprocess.run(["/bin/bash", "-euc", '. "$0"; lock "$1"; echo free', LIB, lock], capture_output=True,
                          text=True, timeout=20, check=False)


def who_runs_is_named(stack):
    lock = os.path.join(stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-up-")), "lock")
    process, shell, child = first_start(stack, lock)
    done = second_start(lock)
    assert done.returncode == 1 and f"stop it:  kill {shell} " in done.stderr, done
    process.kill()
    process.wait()
    done = second_start(lock)
    left = f"an earlier start left runs in {os.path.dirname(lock)}: tail {child};"
    assert done.returncode == 1 and left in done.stderr, done
    assert re.search(rf"kill {child} ", done.stderr), done
    end(child)
    until("the lock is free", lambda: second_start(lock).stdout == "free\n")


CASES = [who_runs_is_named]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
