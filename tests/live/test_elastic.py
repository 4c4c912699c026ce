#!/usr/bin/python3
"""Replicas of every service come and go under load: their addresses stand under one name, which is looked up again.

The services run with a hosts file of their own (a mount namespace: root; skipped for others) in which the name's
addresses change. At the end all that was acknowledged is there, told once. Ends with "N passed, N failed".
"""
import contextlib
import os
import sys

import ports
import test_kill_points as kill_points
import world as w

NAME, ROUNDS, LINKS = "replicas.test", 2, ("submit", "route", "due", "outbox", "stream")
HOSTS = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"')


def address(number):
    return f"127.0.0.{number + 1}"


def free_port():
    """One that is free at both addresses."""
    while True:
        with contextlib.suppress(OSError):
            return ports.hold(address(2), ports.hold(address(1)))


class Named(w.World):
    """All replicas of a kind are behind one name."""

    def __init__(self, policy):
        super().__init__(policy, replicas={kind: 2 for kind in w.KINDS})
        self.ports = {link: free_port() for link in LINKS}
        self.hosts = self.dir + "/hosts"

    def endpoints(self, link, number):
        return f"tcp://{address(number) if number else NAME}:{self.ports[link]}"

    def named(self, *numbers):
        """What the name stands for from now on; written in one piece into the file that the services see."""
        text = "127.0.0.1 localhost\n" + "".join(f"{address(number)} {NAME}\n" for number in numbers)
        with open(self.hosts, "w", encoding="utf-8") as file:
            file.write(text)

    def start_named(self, *names):
        for name in names:
            self.services[name].start(wait=False, under=(*HOSTS, self.hosts))
        for name in names:
            self.services[name].wait()

    def connected(self, link, number):
        """Connections to where that replica binds, of all processes."""
        packed = bytes(map(int, address(number).split(".")))[::-1].hex().upper() + f":{self.ports[link]:04X}"
        rows = []
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):  # there as a mapped address
            with open(table, encoding="utf-8") as lines:
                rows += [line.split() for line in lines][1:]
        return sum(row[2].endswith(packed) and row[3] == "01" for row in rows)


def names(number):
    return [f"{kind}-{number}" for kind in w.KINDS]


def hints_reach(world, *numbers):
    w.until(f"hints reach replicas {numbers}", lambda: all(
        world.connected(link, number) for link in ("route", "due", "outbox", "stream") for number in numbers), 20)


def come_and_go(stack):
    if os.geteuid() != 0:
        raise w.Skipped("a hosts file of its own needs root")
    receiver = w.open_receiver(stack)
    world = Named(kill_points.POLICY.replace("HOOK", receiver.url("/hook")))
    stack.callback(world.close)
    w.World.opened.append(world)
    world.named(1)
    world.start_redis()
    world.apply(world.policy)
    world.token = world.issue("operator")
    world.start_named(*names(1))
    world.present("ada", "ben", "pat", "dana")
    lives = w.Customers(world, kill_points.Lives(world, receiver.url("/customer")).one, 8)
    hints_reach(world, 1)
    assert not world.connected("route", 2)
    stays, other = 1, 2
    for _ in range(ROUNDS):
        lives.more(20, 60)
        world.start_named(*names(other))
        world.named(1, 2)
        hints_reach(world, 1, 2)
        lives.more(20, 60)
        world.named(other)
        for name in names(stays):
            assert world.services[name].end() == 0, world.services[name].text()
        lives.more(20, 60)
        hints_reach(world, other)
        stays, other = other, stays
    contacts = lives.end()
    print(f"      {ROUNDS} rounds of coming and going, {len(contacts)} contacts")
    kill_points.check(world, receiver, contacts)


CASES = [come_and_go]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
