#!/usr/bin/python3
"""A service whose place is taken says so, and ends: with status 1 and without a cry of its libraries.

Ends with "N passed, N failed".
"""
import json
import socket
import sys

import world as w

POLICY = """workspace: desk
last_resort: dana
people: { dana: { name: Dana R. } }
"""


def second_start(world, kind, *options):
    """The service again, at other places but for these: its status, and what it said."""
    path, links = world.dir + "/second.log", w.BINDS[kind]
    own = [word for link in links for word in ("--" + link, f"ipc://{world.dir}/second-{link}")]
    doors = ["--listen", "127.0.0.1:0"] if kind == "intake" else []
    process = world[kind].spawn([*world[kind].command(), *own, *doors, *options], path)
    try:
        status = process.wait(20)
    finally:
        process.kill()
        process.wait()
    with open(path, encoding="utf-8") as log:
        return status, log.read().splitlines()


def place_taken(stack):
    """Of every service each address where it would listen, one after the other."""
    world = w.open_world(stack, POLICY, options={"notification": ["--smtp", "smtp://127.0.0.1:1"]})
    taken = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    place = f"127.0.0.1:{taken.getsockname()[1]}"
    for kind in w.KINDS:
        links = w.BINDS[kind]
        for door in [*links, "health"] + ["listen"] * (kind == "intake"):
            address = place if door in ("health", "listen") else "tcp://" + place
            status, lines = second_start(world, kind, "--" + door, address)
            assert status == 1 and all(line.startswith("{") for line in lines), (kind, door, status, lines)
            assert any(json.loads(line)["level"] == "error" for line in lines), (kind, door, lines)
            if door in ("health", "listen"):
                says_why(lines, place, "Address already in use")


def says_why(lines, place, why):
    """Once, by whoever refused: the resolver or the system."""
    facts = [json.loads(line) for line in lines if json.loads(line)["level"] == "error"]
    assert len(facts) == 1 and facts[0]["endpoint"] == place and facts[0]["why"] == why, (place, facts)


def place_that_is_none(stack):
    world = w.open_world(stack, POLICY)
    for door in "health", "listen":
        # 192.0.2.0/24: nobody's (RFC 5737); .invalid: no name's (RFC 2606), whatever the resolver's words are here
        status, lines = second_start(world, "intake", "--" + door, "192.0.2.1:8000")
        assert status == 1, lines
        says_why(lines, "192.0.2.1:8000", "Cannot assign requested address")
        status, lines = second_start(world, "intake", "--" + door, "nohost.invalid:8000")
        assert status == 1 and any("name" in json.loads(line).get("why", "").lower() for line in lines), lines
        status, lines = second_start(world, "intake", "--" + door, "300.0.0.1:80")
        assert status == 2 and "300.0.0.1" in lines[0] and "127.0.0.1:7400" in lines[0], lines


def each_wrong_option_is_said(stack):
    world = w.open_world(stack, POLICY)
    wrong = {"health": "300.0.0.1:80", "durability": "always", "log-level": "loud"}
    status, lines = second_start(world, "routing", "--check", *(f"--{name}={text}" for name, text in wrong.items()))
    assert status == 2 and len(lines) == len(wrong), lines
    for line, (name, text) in zip(lines, wrong.items()):
        assert f"--{name}: '{text}'" in line, lines


CASES = [place_taken, place_that_is_none, each_wrong_option_is_said]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
