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
    for kind, links in w.BINDS.items():
        for door in [*links, "health"] + ["listen"] * (kind == "intake"):
            address = place if door in ("health", "listen") else "tcp://" + place
            status, lines = second_start(world, kind, "--" + door, address)
            assert status == 1 and all(line.startswith("{") for line in lines), (kind, door, status, lines)
            assert any(json.loads(line)["level"] == "error" for line in lines), (kind, door, lines)


CASES = [place_taken]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
