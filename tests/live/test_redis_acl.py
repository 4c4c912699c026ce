#!/usr/bin/python3
"""Redis as deploy/redis has it: every service, the command line and the audit as that one user, who may do nothing else.

Ends with "N passed, N failed".
"""
import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile

import redis

import test_kill_points as kill_points
import world as w
from ports import free_port

PASSWORD = "a password with spaces and #"
REFUSED = ["FLUSHALL", "FLUSHDB", "CONFIG SET maxmemory 1", "CONFIG REWRITE", "CONFIG RESETSTAT", "KEYS *", "EVAL return 0",
           "SHUTDOWN", "REPLICAOF NO ONE", "ACL LIST", "ACL SETUSER x on", "CLIENT KILL ID 1", "SAVE",
           "BGSAVE", "MONITOR", "SCRIPT FLUSH", "FUNCTION FLUSH", "RENAME b:conf b:x", "SWAPDB 0 1", "DUMP b:conf",
           "MIGRATE h 1 b:conf 0 1", "GET other:key", "SET other:key 1", "PUBLISH other x", "SUBSCRIBE b:wave", "RANDOMKEY"]
ALLOWED = ["PUBLISH b:wave x", "WAIT 0 100", "ROLE", "BGREWRITEAOF", "SCAN 0", "CONFIG GET appendonly"]


class Guarded(w.World):
    """The store has deploy/redis/redis.conf, and its users; the test itself is another one."""

    def __init__(self, policy, **given):
        super().__init__(policy, **given)
        self.redis = redis.Redis(unix_socket_path=self.socket, username="tester", password="tester")
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        with open(w.ROOT + "/deploy/redis/users.acl.example", encoding="utf-8") as example:
            self.users = example.read().replace("PUT-THE-SHA256-OF-THE-PASSWORD-HERE", digest)
        with open(self.dir + "/users.acl", "w", encoding="utf-8") as file:
            file.write(self.users + "user tester on >tester ~* &* +@all\n")
        with open(self.dir + "/redis-password", "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")
        self.environment |= {"BUCKSTOP_REDIS_USER": "buckstop", "BUCKSTOP_REDIS_PASSWORD_FILE": self.dir + "/redis-password"}

    more = ()

    def start_redis(self, **environment):
        self.redis_process = subprocess.Popen(
            ["redis-server", w.ROOT + "/deploy/redis/redis.conf", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir,
             "--aclfile", self.dir + "/users.acl", "--maxmemory", "256mb", "--logfile", self.dir + "/redis.log", *self.more],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
        w.until("redis answers", self.redis_answers, 60)

    def denied(self):
        """What Redis has refused to anybody since it was asked before."""
        rows = self.redis.execute_command("ACL", "LOG")
        self.redis.execute_command("ACL", "LOG", "RESET")
        return [(row[b"username"], row[b"reason"], row[b"object"]) for row in
                (row if isinstance(row, dict) else dict(zip(row[::2], row[1::2])) for row in rows)]


class Replicated(Guarded):
    """It has a replica, and nothing is acknowledged that this one lacks."""

    def __init__(self, policy):
        super().__init__(policy, options={kind: ["--durability", "replica"] for kind in w.KINDS})
        self.port, self.replica = free_port(), None
        self.more = ("--port", str(self.port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0")
        self.environment["BUCKSTOP_DURABILITY"] = "replica"

    def start_redis(self, **environment):
        super().start_redis(**environment)
        os.makedirs(self.dir + "/replica", exist_ok=True)
        self.replica = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.dir + "/replica/s", "--dir", self.dir + "/replica", "--replicaof",
             "127.0.0.1", str(self.port), "--masteruser", "tester", "--masterauth", "tester", "--appendonly", "yes"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        w.until("the replica is there", lambda: self.redis.info("replication").get("slave0", {}).get("state") == "online", 60)

    def close(self):
        if self.replica:
            self.replica.kill()
            self.replica.wait()
        super().close()


def open_guarded(stack, **given):
    receiver = w.open_receiver(stack)
    world = Guarded(kill_points.POLICY.replace("HOOK", receiver.url("/hook")), **given)
    stack.callback(world.close)
    w.World.opened.append(world)
    world.start()
    world.present("ada", "ben", "pat", "dana")
    return world, receiver


def command_line(world, contact):
    """Every command that goes to the store, and some more than once."""
    path = world.dir + "/customers.csv"
    with open(path, "w", encoding="utf-8") as file:
        file.write("id,name,mail\nann,Ann A.,ann@example.org\nbob,Bob B.,bob@example.org\n")
    world.cli("explain", contact)
    for words in (["policy", "show"], ["policy", "history"], ["policy", "diff", world.dir + "/policy.yaml"], ["token", "list"],
                  ["dead", "list"], ["customer", "import", path], ["customer", "show", "ann@example.org"],
                  ["customer", "link", "ann@example.org", "bob@example.org", "--by", "dana", "--reason", "one"],
                  ["customer", "unlink", "bob@example.org", "--by", "dana"], ["customer", "proposals"],
                  ["held", "begin", "--by", "dana", "--reason", "a test"], ["held", "list"], ["held", "end", "--by", "dana"],
                  ["workspace", "list"], ["audit"],
                  ["customer", "forget", "ann@example.org", "--by", "dana", "--reason", "asked"]):
        done = world.call(*words)
        assert done.returncode in (0, 1) and "NOPERM" not in done.stderr, (words, done)
    token = world.cli("token", "issue", "--scope", "channel", "--workspace", "desk").strip()
    world.cli("token", "revoke", token)
    with open(world.dir + "/trial.yaml", "w", encoding="utf-8") as file:
        file.write("workspace: trial\nlast_resort: dana\npeople: { dana: {} }\n")
    world.cli("policy", "apply", world.dir + "/trial.yaml")
    world.cli("workspace", "remove", "trial", "--yes")


def all_as_that_user(stack):
    world, receiver = open_guarded(stack)
    os.mkdir(world.dir + "/archive")
    world.options["archive"] = ["--dir", world.dir + "/archive"]
    world.options["console"] = []
    for kind in ("archive", "console"):
        if os.path.exists(f"{w.BUILD}/buckstop-{kind}"):
            world.add(kind)
    lives = w.Customers(world, kill_points.Lives(world, receiver.url("/customer")).one, 4)
    lives.more(8, 90)
    assert not world.denied()
    keys = world.redis.dbsize()
    world.end_redis(signal.SIGTERM)
    world.start_redis()  # it reads its file as the default user, who must be able to do all that stands there
    assert world.redis.dbsize() >= keys / 2, (keys, world.redis.dbsize())
    lives.more(8, 90)
    lives.end()
    command_line(world, next(iter(lives.done.values())))
    w.until("nothing is left to send", world.settled, 30)
    world.audit()
    assert not world.denied()


def waits_for_a_replica(stack):
    """With durability `replica` that user needs WAIT, and a channel: both stand in the example, and without WAIT it is said."""
    world = Replicated("workspace: desk\nlast_resort: dana\npeople: { dana: {} }\nchannels: { mail: { weight: 1 } }\n")
    stack.callback(world.close)
    w.World.opened.append(world)
    world.start()
    world.present("dana")
    contacts = [world.submit("mail") for _ in range(5)]
    assert len(world.contacts()) == len(contacts) and not world.denied()
    assert world.redis.info("commandstats")["cmdstat_wait"]["calls"] > 0
    world.redis.execute_command("ACL", "SETUSER", "buckstop", "-wait")
    world["intake"].kill()
    world["intake"].start(wait=False)
    w.until("it is said", lambda: "refuses its user 'buckstop'" in world["intake"].text() and "'wait'" in world["intake"].text(), 30)
    world.redis.execute_command("ACL", "SETUSER", "buckstop", "+wait")
    world["intake"].wait()
    world.submit("mail")
    world.audit()


def and_nothing_else(stack):
    world = Guarded("workspace: desk\nlast_resort: dana\npeople: { dana: {} }\n")
    stack.callback(world.close)
    world.start_redis()
    link = redis.Redis(unix_socket_path=world.socket, username="buckstop", password=PASSWORD)
    link.set("b:here", "1")
    for words in REFUSED:
        command = ["EVAL", "return 0", "0"] if words.startswith("EVAL ") else words.split(" ")
        try:
            found = link.execute_command(*command)
        except redis.exceptions.NoPermissionError:
            continue
        raise AssertionError(f"{words}: {found}")
    for words in ALLOWED:
        link.execute_command(*words.split(" "))
    for name, password in (("buckstop", "wrong"), ("default", ""), (None, None)):
        stranger = redis.Redis(unix_socket_path=world.socket, username=name, password=password)
        with contextlib.suppress(redis.exceptions.AuthenticationError, redis.exceptions.ResponseError):
            raise AssertionError(f"{name} got in: {stranger.get('b:here')}")


def default_user_without_rights(stack):
    """Redis 7.0 would come back from its next start without what it has acknowledged: it is refused before."""
    world = Guarded("workspace: desk\nlast_resort: dana\npeople: { dana: {} }\n")
    stack.callback(world.close)
    with open(world.dir + "/users.acl", encoding="utf-8") as file:
        users = file.read()
    with open(world.dir + "/users.acl", "w", encoding="utf-8") as file:
        file.write(users.replace("user default off resetpass ~* &* +@all", "user default off"))
    world.start_redis()
    said = world.cli("policy", "apply", w.ROOT + "/deploy/policies/example.yaml", status=3)
    assert "user default off resetpass ~* &* +@all" in said and "all would be gone" in said, said


def wrong_password_is_said(stack):
    world = Guarded("workspace: desk\nlast_resort: dana\npeople: { dana: {} }\n")
    stack.callback(world.close)
    world.start_redis()
    with open(world.dir + "/redis-password", "w", encoding="utf-8") as file:
        file.write("wrong\n")
    said = world.cli("audit", status=3)
    assert "WRONGPASS" in said and "redis at unix:" in said, said


def unfilled_file_is_refused(stack):
    """Whoever forgets the password has no store that lets anybody in, but none."""
    with open(w.ROOT + "/deploy/redis/users.acl.example", encoding="utf-8") as example:
        users = example.read()
    assert re.search(r"^user default off resetpass ~\* &\* \+@all$", users, re.M)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-acl-"))
    done = subprocess.run(["redis-server", "--port", "0", "--unixsocket", folder + "/s", "--aclfile", w.ROOT + "/deploy/redis/users.acl.example"],
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0 and "user buckstop" not in done.stdout and "ACL" in done.stdout, done


if __name__ == "__main__":
    sys.exit(w.main([all_as_that_user, waits_for_a_replica, and_nothing_else, default_user_without_rights, wrong_password_is_said, unfilled_file_is_refused]))
