"""Clocks that jump: that of Redis, whose time is the time of everything, and that of a service's machine, which nobody
asks for more than a line of the log. The monotonic clocks go on: a process that is to jump is started under
clock_shim.c, and stays so.

When Redis' time jumps nothing fires for a moment, and it is said once. It comes back: what was promised in between is
owed by that other time, so jumps here are short.
"""
import contextlib
import functools
import mmap
import multiprocessing.util
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from ground import Skipped

HERE = os.path.dirname(os.path.abspath(__file__))
REDIS_JUMPS, MACHINE_JUMPS = (5, 20), (5, 600)  # seconds
STAYS = (2.5, 5.0)  # longer than nothing fires for


class Clock:
    """What one process takes for the time."""

    def __init__(self):
        self.path = os.path.join(directory(), f"clock-{id(self)}")
        with open(self.path, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        with open(self.path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.environment = {"LD_PRELOAD": shim(), "BUCKSTOP_CLOCK": self.path}

    def set(self, seconds):
        self.bytes[:8] = struct.pack("=q", int(seconds * 1000000))

    @contextlib.contextmanager
    def off(self, seconds):
        self.set(seconds)
        try:
            yield
        finally:
            self.set(0)


@functools.cache
def directory():
    path = tempfile.mkdtemp(prefix="buckstop-clock-")
    multiprocessing.util.Finalize(None, shutil.rmtree, (path, True), exitpriority=1)  # in a job, too, which knows no atexit
    return path


@functools.cache
def shim():
    path = os.path.join(directory(), "clock_shim.so")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise Skipped("no compiler for clock_shim.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", path, HERE + "/clock_shim.c"], check=True)
    return path


clocks = {}  # process -> its clock


def clock_of(process):
    """None: it was started without one."""
    return clocks.get(process.pid) if process else None


def redis_clock(ground):
    """Redis is started under the shim, unless it runs under it already."""
    world = ground.world
    clock = clock_of(world.redis_process)
    if not clock:
        clock = Clock()
        world.end_redis(signal.SIGTERM)
        world.start_redis(**clock.environment)
        clocks[world.redis_process.pid] = clock
        ground.well()
    return clock


def service_clock(ground, service):
    clock = clock_of(service.process)
    if not clock:
        clock = Clock()
        service.end()
        service.start(wait=False, **clock.environment)
        clocks[service.process.pid] = clock
        ground.well()
    return clock


def store_seconds(ground):
    seconds, micros = ground.world.redis.time()
    return seconds + micros / 1e6


def said(ground, escalation):
    return sum(fact["fact"].startswith("the store's clock jumped") for fact in escalation.facts())


def of_redis(ground, draw):
    clock, by = redis_clock(ground), draw.choice((-1, 1)) * draw.uniform(*REDIS_JUMPS)
    watchers = ground.world.of("escalation")
    before = {service.name: said(ground, service) for service in watchers}
    with clock.off(by):
        off = store_seconds(ground) - time.time()
        assert abs(off - by) < 1, f"it jumped by {off} instead of {by}"
        ground.for_a_while(draw, *STAYS)
    ground.until("it is said", lambda: all(said(ground, service) > before[service.name] for service in watchers), 10)
    for service in watchers:
        assert said(ground, service) <= before[service.name] + 2, f"{service.name} says it over and over"
    return f"by {by:+.1f} s, and back"


def of_a_machine(ground, draw):
    service = ground.one(draw)
    clock, by = service_clock(ground, service), draw.choice((-1, 1)) * draw.uniform(*MACHINE_JUMPS)
    jumps = lambda: said(ground, service)
    before = jumps()
    with clock.off(by):
        ground.for_a_while(draw, *STAYS)
    assert jumps() == before, f"{service.name} takes its own machine's clock for the store's"
    return f"{service.name} by {by:+.0f} s, and back"


KINDS = {"clock of Redis jumps": of_redis, "clock of a machine jumps": of_a_machine}
