#!/usr/bin/python3
"""What takes longer than two seconds says how far it is: a request is held up until that line has come.

Ends with "N passed, N failed".
"""
import fcntl
import json
import os
import re
import subprocess
import sys
import threading

import world as w
from relay import relayed, said
from test_backup import Spare

POLICY = """workspace: desk
last_resort: dana
channels:
  mail: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { capacity: 100000, ways: [{ log: ada }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""
WAITS, ANSWERS = "^-- waiting for the store: .", r"^-- \d+ answers of the store so far$"
PIPE_SIZE, SIP = 4096, 64
MANY, LAG_S = 40, 0.1  # this store is slow by so much each time; an answer has 0.9 s


def open_desk(stack):
    world = w.open_world(stack, POLICY)
    world.environment["BUCKSTOP_TOKEN"] = world.token
    world.environment["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{world['intake'].port}"
    world.present("ada")
    return world


def write(world, name, text):
    with open(f"{world.dir}/{name}", "w", encoding="utf-8") as file:
        file.write(text)
    return name


def tells(stack, world, words, at, line, after="", far=None):
    """Held up at a request it says this line; and that one behind it, which nobody waits for."""
    held = []

    def hold(_):
        held.append(w.until(lambda: f"{words}: {said(world)}", lambda: re.search(line, said(world), re.M), 30))
    status, told = relayed(stack, world, words, at, hold, far)
    assert held and re.search(after, told, re.M), (words, held, told)
    return status


def who_asks_the_store(stack):
    world = open_desk(stack)
    write(world, "next.yaml", POLICY.replace("dana: {", "zoe: {}\n  dana: {"))
    assert tells(stack, world, ("audit",), b"SCAN", r"^-- \d+ contacts read, \d+ a second; 0 findings$") in (0, 3)
    tells(stack, world, ("policy", "apply", "next.yaml"), b"EVALSHA", WAITS)
    world.cli("held", "begin", "--by", "dana", "--reason", "a drill")
    world.submit()
    w.until("a notice waits", lambda: json.loads(world.cli("held", "list", "--json")))
    tells(stack, world, ("held", "release", "--all", "--by", "dana"), b"EVALSHA", WAITS, ANSWERS)


def one_among_many(stack):
    """Each answer of the store comes in time, and there are many of them."""
    world = open_desk(stack)

    def lags(words, at, line):
        status, told = relayed(stack, world, words, at, lambda _: threading.Event().wait(LAG_S))
        assert status == 0 and re.search(line, told, re.M), (words, status, told)
    write(world, "next.yaml", POLICY.replace("ada: {", "ada: { name: Ada L.,"))
    names = [f"former{n}" for n in range(MANY)]
    world.redis.sadd("b:workspaces", *names)  # a policy is compared with those of all others
    lags(("policy", "apply", "next.yaml"), b":w:former", ANSWERS)
    world.redis.srem("b:workspaces", *names)
    write(world, "people.csv", "name,mail\n" + "".join(f"Name {n},c{n}@example.org\n" for n in range(MANY)))
    lags(("customer", "import", "people.csv", "--in-flight", "1"), b"EVALSHA",
         r"^-- \d+ rows, \d+ a second, \d+ % of the file$")


def who_asks_intake(stack):
    world = open_desk(stack)
    for contact in [world.submit() for _ in range(3)]:
        w.until("ada has it", lambda contact=contact: world.view(contact)["state"] == "owned")
    repair = ("repair", "resolve", "--owner", "ada", "--reason", "a drill", "--by", "dana")
    for _ in range(5):  # where the store had no time for one of them: the same again, for those that are left
        left = len(world.contacts())
        status = tells(stack, world, repair, b"/actions", "^-- waiting for http", far=world["intake"].port)
        if status == 0 or "does not answer in time" not in said(world):
            break
    assert status == 0 and re.search(f"^-- 1 of {left} contacts$", said(world), re.M), (status, left, said(world))


def a_copy_and_back(stack):
    world = open_desk(stack)
    waits = "^-- waiting for redis$"
    assert tells(stack, world, ("backup", "first"), b"cluster", waits) == 0
    assert tells(stack, world, ("backup", "second"), b"SYNC", waits) == 0
    spare = Spare(stack, world, "spare")
    assert tells(stack, world, ("restore", "first"), b"REPLICAOF", waits, far=spare.socket) == 0
    # Redis goes where nobody is
    with open(world.dir + "/restore.err", "w+", encoding="utf-8") as errors:
        command = subprocess.Popen([f"{w.BUILD}/buckstop", "restore", "first", "--replace", "--redis",
                                    "unix:" + spare.socket, "--reach", "127.0.0.2"],
                                   env=world.environment, cwd=world.dir, stderr=errors)
        stack.callback(command.wait)
        stack.callback(command.kill)

        def waited():
            errors.seek(0)
            return "-- waiting for redis to take the copy\n" in errors.read()
        w.until("it says so", waited, 30)


def an_archive_that_is_read(stack):
    """Whoever takes what it prints is slow."""
    world = open_desk(stack)
    os.mkdir(world.dir + "/archive")
    world.options["archive"] = ["--dir", world.dir + "/archive"]
    world.add("archive")
    for _ in range(60):
        world.submit()
    w.until("all is told", lambda: len(world.contacts()) == 60 and world.settled(), 60)
    read = ("archive", "read", world.dir + "/archive", "--json")
    w.until("it is archived", lambda: len(world.call(*read).stdout) > SIP * 400, 60)
    with open(world.dir + "/read.err", "w+", encoding="utf-8") as errors:
        command = subprocess.Popen([f"{w.BUILD}/buckstop", *read], env=world.environment, stdout=subprocess.PIPE,
                                   stderr=errors)
        stack.callback(command.wait)
        stack.callback(command.kill)
        fcntl.fcntl(command.stdout, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

        def told():
            assert os.read(command.stdout.fileno(), SIP), "it has ended"
            errors.seek(0)
            return re.search(r"^-- \d+ events read$", errors.read(), re.M)
        w.until("it says how far it is", told, 60)


if __name__ == "__main__":
    sys.exit(w.main([who_asks_the_store, one_among_many, who_asks_intake, a_copy_and_back, an_archive_that_is_read]))
