#!/usr/bin/python3
"""A primary with a replica and three sentinels, two of every service, and customers who go on all the time.

With durability `replica` nothing that was acknowledged is lost in a fail-over; with `fsync` what is lost is noticed, and
said. BUCKSTOP_FAILOVERS: how many. Ends with "N passed, N failed".
"""
import contextlib
import http.client
import os
import signal
import sys
import time

import losses
import sentinel as s
import test_kill_points as kill_points
import world as w
from ports import free_port

FAILOVERS = int(os.environ.get("BUCKSTOP_FAILOVERS", "4"))


def open_desk(stack, durability):
    receiver = w.open_receiver(stack)
    world = s.open_guarded(stack, kill_points.POLICY.replace("HOOK", receiver.url("/hook")), durability)
    world.present("ada", "ben", "pat", "dana")
    return world, receiver


class Patient(kill_points.Lives):
    """A fail-over after which no replica is there for a while holds up whoever waits behind others, too."""

    def owner(self, contact):
        return w.until("somebody owns it", lambda: self.world.view(contact).get("owner"), 90)


def open_lives(stack, durability):
    world, receiver = open_desk(stack, durability)
    return world, receiver, w.Customers(world, Patient(world, receiver.url("/customer")).one, 8)


def open_submitters(stack, durability):
    """Customers who write and look no further: what they were told is looked at in the end."""
    world, _ = open_desk(stack, durability)
    return world, w.Customers(
        world, lambda _who, key: world.submit("mail", key, customer=key, return_way="spoken"), 6)


class Recovery:
    """From the fault until a new contact is acknowledged, by a customer who tries all the time."""

    def __init__(self, world):
        self.world, self.times, self.n = world, [], 0

    def measure(self, began):
        self.n += 1
        body = {"channel": "mail", "text": "hello", "customer": f"probe {self.n}", "return_way": "spoken"}
        answer = self.world.insist("POST", "/v1/contacts", body, f"probe-{self.n}", seconds=60)
        assert answer.status == 202, answer
        self.times.append(time.monotonic() - began)

    def __str__(self):
        return "accepted again after " + ", ".join(f"{seconds:.1f}" for seconds in self.times) + " s"


def killed(world, recovery):
    """kill -9; it comes back as a replica once another is primary."""
    old, began = world.nodes.primary(), time.monotonic()
    old.kill()
    world.nodes.taken_over(old)
    taken = time.monotonic() - began
    world.nodes.come_back(old)
    recovery.measure(began)
    return taken


def replica_loses_nothing(stack):
    world, receiver, lives = open_lives(stack, "replica")
    recovery, taken = Recovery(world), []
    for _ in range(FAILOVERS):
        lives.more(24, 60)
        taken.append(killed(world, recovery))
    lives.more(24, 60)
    contacts = lives.end()
    print(f"      {FAILOVERS} fail-overs, each after {', '.join(f'{t:.1f}' for t in taken)} s (then its old primary is "
          f"started as a replica); {recovery}; {len(contacts)} rounds")
    kill_points.check(world, receiver, contacts)
    assert world.redis.llen("b:lost") == 0
    for service in world.services.values():
        assert service.starts == 1, f"{service.name} was started again"


def stopped_and_back(stack):
    """The primary stands still, another takes over, and it comes back believing that it is one."""
    world, receiver, lives = open_lives(stack, "replica")
    recovery = Recovery(world)
    world.nodes.sentinels[2].kill()  # one of them is dead all the time
    lives.more(16, 60)
    old, began = world.nodes.primary(), time.monotonic()
    old.signal(signal.SIGSTOP)
    try:
        world.nodes.taken_over(old)
    finally:
        old.signal(signal.SIGCONT)
    world.nodes.both()
    recovery.measure(began)
    lives.more(16, 60)
    contacts = lives.end()
    print(f"      {recovery}, that is when it had become a replica; {len(contacts)} rounds")
    kill_points.check(world, receiver, contacts)
    assert world.redis.llen("b:lost") == 0


def fsync_loses_loudly(stack):
    """What the replica had not yet is gone; those who knew say so, end, and start afresh; nothing is gone silently."""
    world, lives = open_submitters(stack, "fsync")
    noticed, before = [], world.nodes.failovers()
    for n in range(FAILOVERS):
        old = world.nodes.primary()
        replica = world.nodes.other(old)
        lives.more(16, 60)
        if n % 2:  # a replica that lags: it is cut off while the primary goes on
            replica.link.replicaof("127.0.0.1", free_port())
            lives.more(16, 60)
        old.kill()
        world.nodes.taken_over(old)
        world.nodes.come_back(old)
        noticed += losses.restart_ended(world)
    lives.more(16, 60)
    accepted = lives.end()
    there = {contact["customer"]: contact["contact"] for contact in world.contacts()}
    gone = [key for key, contact in accepted.items() if there.get(key) != contact]
    lines = world.redis.lrange("b:lost", 0, -1)
    print(f"      {len(accepted)} acknowledged, {len(gone)} of them gone; {len(noticed)} services noticed, {len(lines)} lines")
    assert lines or not gone, f"gone, and nobody says so: {gone}"
    assert lines and noticed, (lines, noticed)
    # a machine that pauses makes the sentinels change over once more: what was said to that primary is lost like all else
    assert len(lines) >= len(noticed) or world.nodes.failovers() - before > FAILOVERS, (lines, noticed)
    losses.looked_after(world, len(lines))


def unknown_at_start(stack):
    """Every service is started while no sentinel answers; then while one of three does; then they find it."""
    receiver = w.open_receiver(stack)
    world = s.open_guarded(stack, kill_points.POLICY.replace("HOOK", receiver.url("/hook")), "replica", start=False)
    world.start_redis()
    world.apply(world.policy)
    world.token = world.issue("operator")
    for node in world.nodes.sentinels:
        node.kill()
    for service in world.services.values():
        service.start(wait=False).listens()

    def says(words):
        return all(words in service.ask("/readyz").body.decode() for service in world.services.values())

    w.until("all say why", lambda: says("0 of 3 sentinels name a primary, most must name the same one"))
    world.nodes.sentinels[0].start()
    w.until("one is not enough", lambda: says("1 of 3 sentinels name a primary"))
    world.nodes.sentinels[1].start()
    for service in world.services.values():
        service.wait()
    world.present("ada", "dana")
    world.submit("mail", return_way="spoken")
    world.nodes.sentinels[2].start()
    world.audit()


def wrong_settings(stack):
    """A fail-over to a node that would lose data: nobody works there before it is set right."""
    world, lives = open_submitters(stack, "fsync")
    wrong = (("maxmemory-policy", "allkeys-lru", "noeviction"), ("appendonly", "no", "yes"),
             ("appendfsync", "everysec", "always"))
    for name, value, right in wrong:
        old = world.nodes.primary()
        new = world.nodes.other(old)
        new.link.config_set(name, value)
        lives.more(8, 60)
        w.until("the replica is in step", lambda p=old: world.nodes.in_step(p), 20)
        old.kill()
        world.nodes.taken_over(old)
        for service in world.services.values():
            w.until(f"{service.name} says what is wrong",
                    lambda s=service: f"redis has {name} {value}: set {right}" in s.ask("/readyz").body.decode(), 30)
        with contextlib.suppress(OSError, http.client.HTTPException):
            assert world.ask("POST", "/v1/contacts", {"channel": "mail", "text": "x"}).status == 503
        new.link.config_set(name, right)
        losses.restart_ended(world)
        world.nodes.come_back(old)
    lives.more(8, 60)
    lives.end()
    world.cli("audit", "--forget-losses")  # it may have lagged when it was stopped
    world.audit()


def passwords(stack):
    """Nodes and sentinels with passwords of their own."""
    nodes = s.Nodes(password="of the nodes", sentinel_password="of the sentinels")
    receiver = w.open_receiver(stack)
    world = s.open_guarded(stack, kill_points.POLICY.replace("HOOK", receiver.url("/hook")), "replica", nodes=nodes)
    world.present("ada", "dana")
    world.submit("mail", return_way="spoken")
    old = nodes.primary()
    old.kill()
    nodes.taken_over(old)
    nodes.come_back(old)
    world.submit("mail", return_way="spoken")
    for service in world.services.values():  # who refused is named: it was no sentinel
        whys = [fact["why"] for fact in service.facts("not ready")]
        assert any(f"primary 127.0.0.1:{old.port}: " in why for why in whys), (service.name, whys)
    world.audit()


CASES = [replica_loses_nothing, stopped_and_back, fsync_loses_loudly, unknown_at_start, wrong_settings, passwords]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
