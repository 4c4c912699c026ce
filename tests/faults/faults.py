#!/usr/bin/python3
"""Faults drawn from a seed, one after the other, on the real processes under load; a report line for each, then what
must hold is checked. tests/faults/run builds and starts this.

A fault counts when at least COUNTS_FROM contacts a second were acknowledged in the second before it; else it is
repeated. The load's second figure is over the fault and its recovery: what came late is in it. Recovery ends when all
services are ready and a fresh contact was accepted, routed and told.
"""
import argparse
import collections
import contextlib
import glob
import importlib
import itertools
import multiprocessing
import os
import queue
import random
import signal
import sys
import time
import traceback

from ground import Ground, Skipped, w
import check

COUNTS_FROM = 100  # acknowledged a second
SHORT, SHORT_EACH, LONG, LONG_EACH = 55, 1, 1000, 50
A_GROUND = 40  # faults on one ground: then all is checked, and a new one begins; what Redis has to read stays small
FAILURES_MAX = 10  # in one job of the long form; the short one ends with the first
HERE = os.path.dirname(os.path.abspath(__file__))

Done = collections.namedtuple("Done", "kind counted before during recovery")


def find_kinds():
    """name -> (function, needs the network), of all modules kinds_*.py."""
    kinds = {}
    for path in sorted(glob.glob(HERE + "/kinds_*.py")):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for name, function in module.KINDS.items():
            assert name not in kinds, f"two kinds are called '{name}'"
            kinds[name] = function, getattr(module, "NEEDS_NETWORK", False)
    return kinds


def at_least(bound, kind=int):
    """Of argparse: a number, and no smaller one."""
    def read(text):
        number = kind(text)
        if not bound <= number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is less than {bound}, or no number at all")
        return number
    read.__name__ = "number"
    return read


def check_arguments(parser, given):
    """What argparse does not know."""
    unknown = set(given.kind or ()) - set(find_kinds())
    if unknown:
        parser.error(f"no such kind: {', '.join(sorted(unknown))}; --list prints them")
    if given.faults and given.first > given.faults:
        parser.error(f"--first {given.first} is behind the last of --faults {given.faults}")
    folder = os.path.dirname(os.path.abspath(given.report or "."))
    if given.report and (os.path.isdir(given.report) or not os.access(folder, os.W_OK)):
        parser.error(f"--report: {given.report} can't be written")


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/faults/run", description=__doc__.split("\n\n")[0],
        epilog="Example:  tests/faults/run --seed 7 --faults 10 --kind killed --kind 'Redis killed'")
    parser.add_argument("--faults", type=at_least(1), metavar="N", help=f"how many at least ({SHORT})")
    parser.add_argument("--long", action="store_true",
                        help=f"at least {LONG} faults, each kind at least {LONG_EACH} times")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="the same: the same faults")
    parser.add_argument("--first", type=at_least(1), default=1, metavar="N", help="begin at this number")
    parser.add_argument("--jobs", type=at_least(1), default=1, metavar="N",
                        help="so many grounds at once (1); which fault comes on which ground depends on it")
    parser.add_argument("--kind", action="append", metavar="KIND", help="only this one; may be given again")
    parser.add_argument("--rate", type=at_least(1, float), default=None, help="contacts a second that come")
    parser.add_argument("--unix", action="store_true", help="over unix sockets, without network namespaces")
    parser.add_argument("--list", action="store_true", help="prints the kinds")
    parser.add_argument("--report", metavar="FILE", help="the report goes there too")
    parser.add_argument("--check-arguments", action="store_true", help="says what is wrong with them, and ends")
    given = parser.parse_args()
    check_arguments(parser, given)
    return given


class Report:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8") if path else None
        self.done = []

    def say(self, line=""):
        sys.stdout.write(line + "\n")  # whole, among those of other jobs
        sys.stdout.flush()
        if self.file:
            self.file.write(line + "\n")
            self.file.flush()

    def fault(self, number, done, what):
        self.done.append(done)
        load = f"load {done.before:.0f}/s -> {done.during:.0f}/s" + ("" if done.counted else " (does not count)")
        self.say(f"{number:4}  {done.kind + ' ' + what:58} {load:24} recovered in {done.recovery:.1f} s")

    def table(self):
        self.say()
        self.say(f"{'KIND':36} {'TIMES':>5} {'COUNTED':>7} {'LOAD BEFORE':>11} {'DURING':>7} "
                 f"{'RECOVERY p50':>12} {'MAX':>6}")
        by_kind = collections.defaultdict(list)
        for done in self.done:
            by_kind[done.kind].append(done)
        for kind, some in sorted(by_kind.items()):
            counted = [done for done in some if done.counted]
            recovery = sorted(done.recovery for done in some)
            least = min((done.before for done in counted), default=0)
            during = sorted(done.during for done in some)
            self.say(f"{kind:36} {len(some):5} {len(counted):7} {f'>= {least:.0f}/s':>11} "
                     f"{f'{during[len(during) // 2]:.0f}/s':>7} {f'{recovery[len(recovery) // 2]:.1f} s':>12} "
                     f"{f'{recovery[-1]:.1f} s':>6}")


def schedule(seed, kinds, total, each):
    """The kinds in their order: each at least so often, together at least so many."""
    draw = random.Random(seed)
    names = [name for name in kinds for _ in range(each)]
    names += [draw.choice(kinds) for _ in range(total - len(names))]
    draw.shuffle(names)
    return names


def one_fault(ground, number, kind, function, seed, report):
    """True when it counts."""
    draw = random.Random(f"{seed}:{number}")
    before = ground.loaded(COUNTS_FROM)
    ground.expected, ground.looks = [], []
    began = time.monotonic()
    what = function(ground, draw)
    if what is False:
        report.say(f"{number:4}  {kind}: found nothing to do")
        return False
    what = what or ""
    undone = time.monotonic()
    ground.well()
    ended = time.monotonic()
    ground.look()
    errors = ground.errors()
    assert not errors, "errors that are not of this fault:\n" + "\n".join(errors[:10])
    counted = before >= COUNTS_FROM
    report.fault(number, Done(kind, counted, before, ground.load.rate_in(began, ended), ended - undone), what)
    return counted


class Run:
    """The faults of one job: of all numbers, each so many-th."""

    def __init__(self, given, report, job=0):
        self.given, self.report, self.job, self.skipped, self.failed = given, report, job, {}, 0
        self.kinds = {name: function for name, (function, _) in find_kinds().items()}
        if given.kind:
            self.kinds = {name: self.kinds[name] for name in given.kind}
        each = LONG_EACH if given.long else 1 if given.faults or given.kind else SHORT_EACH
        total = given.faults or (LONG if given.long else SHORT)
        order = schedule(given.seed, list(self.kinds), total, each)
        self.total = given.faults or len(order)
        numbers = range(given.first + job, self.total + 1, given.jobs)
        self.to_do = collections.deque((number, order[number - 1]) for number in numbers)
        self.more = itertools.count(self.total + 1 + job, given.jobs)
        self.again = len(numbers)

    def repeat(self, kind):
        """What did not count comes again, at most as often as there are faults."""
        if self.again > 0:
            self.again -= 1
            self.to_do.append((next(self.more), kind))

    def on_ground(self):
        """So many faults on one ground, then the check."""
        number = kind = None
        with contextlib.ExitStack() as stack:
            given = self.given
            more = {"rate": given.rate} if given.rate else {}
            try:
                ground = Ground(stack, f"g{self.to_do[0][0]}", long=given.long, network=not given.unix, **more)
                w.World.opened.append(ground.world)
                if not ground.network:
                    self.leave_out(ground.why_no_network)
                for _ in range(min(A_GROUND, len(self.to_do))):
                    number, kind = self.to_do.popleft()
                    if kind not in self.skipped:
                        self.one(ground, number, kind)
                kind = "the check"
                self.report.say("      " + check.check(ground))
            except Exception:  # pylint: disable=broad-except
                self.failed += 1
                logs = "".join(world.logs(20) for world in w.World.opened)
                self.report.say(f"FAIL  seed {given.seed}, fault {number} ({kind}):\n{traceback.format_exc()}\n{logs}")
        w.World.opened.clear()

    def one(self, ground, number, kind):
        try:
            if not one_fault(ground, number, kind, self.kinds[kind], self.given.seed, self.report):
                self.repeat(kind)
        except Skipped as why:
            self.skip(kind, str(why))

    def skip(self, kind, why):
        self.skipped[kind] = why
        self.report.say(f"      left out: {kind}: {why}")

    def leave_out(self, why):
        for kind, (_, needs_network) in find_kinds().items():
            if needs_network and kind in self.kinds and kind not in self.skipped:
                self.skip(kind, f"no network namespaces here ({why})")

    def all(self):
        """After a failure the long form goes on, on a new ground."""
        while self.to_do and self.failed < (FAILURES_MAX if self.given.long else 1):
            self.on_ground()


def job(given, report, number, answers):
    """In a process of its own: says its lines itself, and at its end what it has done."""
    run = Run(given, report, number)
    run.all()
    answers.put((report.done, run.skipped, run.failed))


def run_jobs(given, report):
    """(kinds left out, failed), of all jobs. Whoever ends without an answer has failed."""
    answers = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=job, args=(given, report, number, answers), daemon=True)
                 for number in range(given.jobs)]
    for process in processes:
        process.start()
    skipped, failed, open_still = {}, 0, len(processes)
    while open_still:
        try:
            done, left_out, bad = answers.get(timeout=1)
        except queue.Empty:
            if any(process.is_alive() for process in processes) or not answers.empty():
                continue
            return skipped, failed + open_still
        report.done += done
        skipped.update(left_out)
        failed += bad
        open_still -= 1
    return skipped, failed


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended, jobs too
    given = arguments()
    if given.check_arguments:
        return 0
    if given.list:
        print("\n".join(find_kinds()))
        return 0
    report = Report(given.report)
    run = Run(given, report)
    report.say(f"seed {given.seed}, {run.total} faults of {len(run.kinds)} kinds")
    began = time.monotonic()
    skipped, failed = run_jobs(given, report)
    report.table()
    report.say(f"{time.monotonic() - began:.0f} s; {len(skipped)} kinds left out")
    report.say(f"{len(report.done)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
