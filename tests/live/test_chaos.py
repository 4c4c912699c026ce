#!/usr/bin/python3
"""Faults drawn from a seed, one after the other and all kinds mixed, while customers go on; then the same must hold as
after the kill points: each contact once, each notice under one id, every promise counted, the audit clean.

BUCKSTOP_SEED repeats a run (its faults, not their timing), BUCKSTOP_CHAOS_SECONDS makes it longer. Ends with "N passed,
N failed".
"""
import collections
import contextlib
import os
import random
import signal
import sys
import time

import redis

import test_kill_points as kill_points
import world as w

SEED = int(os.environ.get("BUCKSTOP_SEED", random.randrange(1 << 30)))
SECONDS = float(os.environ.get("BUCKSTOP_CHAOS_SECONDS", "15"))


class Faults:
    """What can happen; each undoes itself, after a time that is drawn."""

    def __init__(self, world, draw):
        self.world, self.draw = world, draw

    def for_a_while(self, most):
        over = time.monotonic() + self.draw.random() * most
        w.until("it was long enough", lambda: time.monotonic() > over)

    def one(self):
        return self.draw.choice(list(self.world.services.values()))

    def killed(self):
        service = self.one()
        service.kill()
        self.for_a_while(0.3)
        service.start()

    def ended(self):
        service = self.one()
        assert service.end() == 0, service.text()
        service.start()

    def frozen(self):
        service = self.one()
        service.process.send_signal(signal.SIGSTOP)
        self.for_a_while(2)
        service.process.send_signal(signal.SIGCONT)

    def all_of_a_kind(self):
        services = self.world.of(self.draw.choice(w.KINDS))
        for service in services:
            service.kill()
        self.for_a_while(0.5)
        for service in services:
            service.start()

    def store_killed(self):
        self.world.end_redis()
        self.for_a_while(1.5)
        self.world.start_redis()

    def store_stopped(self):
        with self.world.redis_stopped():
            self.for_a_while(2)

    def connections_cut(self):
        for _ in range(10):
            with contextlib.suppress(redis.RedisError):
                self.world.redis.execute_command("CLIENT", "KILL", "TYPE", "normal")
            self.for_a_while(0.04)


KINDS = (Faults.killed,) * 6 + (Faults.connections_cut,) * 2 + (
    Faults.ended, Faults.frozen, Faults.all_of_a_kind, Faults.store_killed, Faults.store_stopped)


def faults_of_all_kinds(stack):
    print(f"      BUCKSTOP_SEED={SEED}", flush=True)
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, kill_points.POLICY.replace("HOOK", receiver.url("/hook")),
                         replicas={kind: 2 for kind in w.KINDS})
    world.present("ada", "ben", "pat", "dana")
    lives = w.Customers(world, kill_points.Lives(world, receiver.url("/customer")).one, 8)
    draw = random.Random(SEED)
    faults, done, over = Faults(world, draw), collections.Counter(), time.monotonic() + SECONDS
    while time.monotonic() < over:
        lives.go_on()
        fault = draw.choice(KINDS)
        fault(faults)
        done[fault.__name__] += 1
        faults.for_a_while(0.4)
    lives.more(20, 60)
    contacts = lives.end()
    print("      " + ", ".join(f"{n} {name}" for name, n in done.items()), f"; {len(contacts)} rounds")
    kill_points.check(world, receiver, contacts)


CASES = [faults_of_all_kinds]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
