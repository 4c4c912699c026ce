"""A whole buckstop for a test: a private Redis, any number of each service, far sides that misbehave on request.

Everything lives in one directory made by mkdtemp: sockets, logs, the store's files. HTTP ports are picked by the
system, and kept over a restart. Nothing sleeps: every wait looks for its condition, and is bounded. All that was
started is ended by its process id. BUCKSTOP_BUILD names the build folder.

  waiting.py    until, at_once        service.py      one process, requests to it
  peers.py      HTTP and SMTP         customers.py    load, and a watch
  ports.py      kept while nobody listens
"""
import collections
import contextlib
import http.client
import itertools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import redis

from customers import Customers, Watch
from peers import Receiver
from service import ATTEMPT_MS, BINDS, BUILD, KILLED, KINDS, ROOT, Answer, Service, ask
from turns import TURN_LIMIT_US
from waiting import at_once, until

__all__ = ["ATTEMPT_MS", "BINDS", "BUILD", "KILLED", "KINDS", "ROOT", "TURN_LIMIT_US", "Answer", "Customers", "Receiver",
           "Service", "Skipped", "Watch", "World", "ask", "at_once", "count_facts", "facts_of", "main", "open_receiver",
           "open_world", "told_once", "until"]


REDIS_PORT, LINK_PORTS = "6379", {"submit": 7410, "route": 7411, "due": 7412, "outbox": 7413, "stream": 7414}  # in
# namespaces of their own, where nobody else is


class World:
    """Replicas: how many of each kind. Options: more arguments of a kind. The policy's workspace must be `desk`.

    Network: every service and Redis live in namespaces of their own and speak TCP (tests/faults/network.py); else all
    of it goes over unix sockets.
    """

    opened = []  # of the case that runs: their logs are shown when it fails

    def __init__(self, policy, replicas=None, options=None, network=None):
        self.dir, self.network = tempfile.mkdtemp(prefix="buckstop-live-"), network
        self.socket = self.dir + "/redis.sock"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("BUCKSTOP_")}
        self.redis_process, self.redis = None, redis.Redis(unix_socket_path=self.socket)
        self.clients, self.watches, self.closing, self.counter = [], [], False, itertools.count()
        os.mkdir(self.dir + "/secrets")
        for name in ("pager", "callback"):
            with open(f"{self.dir}/secrets/{name}", "w", encoding="utf-8") as key:
                key.write("0123456789abcdef")
        self.options = {"notification": ["--secrets", self.dir + "/secrets", "--private-targets", "--private-callbacks",
                                         "--attempt-ms", str(ATTEMPT_MS)]}
        for kind, more in (options or {}).items():
            self.options[kind] = self.options.get(kind, []) + list(more)
        self.services = {}
        for kind in KINDS:
            for number in range(1, (replicas or {}).get(kind, 1) + 1):
                service = Service(self, kind, number)
                self.services[service.name] = service
        self.policy, self.last_words = policy, ""

    def start(self):
        self.start_redis()
        self.apply(self.policy)
        self.token = self.issue("operator")
        for service in self.services.values():
            service.start(wait=False)
        for service in self.services.values():
            service.wait()

    def add(self, kind):
        """One more of a kind, once the others run: a console, say, which wants to know where intake is."""
        service = Service(self, kind, len(self.of(kind)) + 1)
        self.services[service.name] = service
        return service.start()

    def __getitem__(self, name):
        return self.services[name if "-" in name else name + "-1"]

    def of(self, kind):
        return [service for service in self.services.values() if service.kind == kind]

    def endpoints(self, link, number):
        """Where this one binds; or, without a number, where all receivers of the link do."""
        kind = next(kind for kind, links in BINDS.items() if link in links)
        numbers = [number] if number else [service.number for service in self.of(kind)] or [1]
        if self.network:
            return ",".join(f"tcp://{self.host(f'{kind}-{n}')}:{LINK_PORTS[link]}" for n in numbers)
        return ",".join(f"ipc://{self.dir}/{link}-{n}" for n in numbers)

    # -- where it is

    def host(self, name):
        return self.network.address(name) if self.network else "127.0.0.1"

    def inside(self, name):
        """The words before a command that bring it to where that process lives."""
        return self.network.inside(name) if self.network else []

    def store_address(self):
        return f"{self.host('redis')}:{REDIS_PORT}" if self.network else "unix:" + self.socket

    # -- the store

    def start_redis(self, **environment):
        tcp = ["--bind", self.host("redis"), "--protected-mode", "no"] if self.network else []
        self.redis_process = subprocess.Popen(
            [*self.inside("redis"), "redis-server", "--port", REDIS_PORT if self.network else "0", *tcp, "--unixsocket",
             self.socket, "--dir", self.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
             "--maxmemory-policy", "noeviction", "--stream-node-max-entries", "1", "--enable-debug-command", "yes"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
        until("redis answers", self.redis_answers, 60)  # it may have much to read

    def redis_answers(self):
        with contextlib.suppress(redis.RedisError):
            return self.redis.ping()
        return False

    def end_redis(self, number=signal.SIGKILL):
        self.redis_process.send_signal(number)
        self.redis_process.wait()
        self.redis.connection_pool.disconnect()

    @contextlib.contextmanager
    def redis_stopped(self):
        self.redis_process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.redis_process.send_signal(signal.SIGCONT)

    # -- the command line

    def call(self, *words):
        environment = {**self.environment, "BUCKSTOP_REDIS": "unix:" + self.socket}
        return subprocess.run([f"{BUILD}/buckstop", *words], env=environment, cwd=self.dir, capture_output=True,
                              text=True, timeout=120, check=False)

    def cli(self, *words, status=0):
        return self.ended(self.call(*words), words, status)

    @staticmethod
    def ended(done, words, status):
        assert done.returncode == status, f"buckstop {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if status else "")

    def apply(self, policy, status=0):
        path = self.dir + "/policy.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(policy)
        return self.patiently("policy", "apply", path, status=status)

    def patiently(self, *words, status=0):
        """As its exit status says: a store that had no time is asked again."""
        tries = []
        until(lambda: f"the store has time: {tries[-1]}", lambda: tries.append(self.call(*words)) or tries[-1].returncode != 3, 30)
        return self.ended(tries[-1], words, status)

    def audit(self):
        """Clean, or it says what is not. Promises: opened = pending + kept + broken + released is one of its checks."""
        done = self.call("audit", "--json")
        report = json.loads(done.stdout)
        assert done.returncode == 0 and not report["findings"] and not report["unsettled"], report
        return report

    # -- requests

    def ask(self, method, path, body=None, key=None, at=1, timeout=10.0, token="", kind="application/json"):
        """token: None for none at all; else the operator's."""
        token = self.token if token == "" else token
        intake = self[f"intake-{at}"]
        return ask(intake.port, method, path, body, token, key, timeout, kind, intake.host)

    def issue(self, scope, *more):
        return self.patiently("token", "issue", "--scope", scope, "--workspace", "desk", *more).strip()

    def insist(self, method, path, body=None, key=None, at=1, seconds=30.0, heard=None):
        """As a careful client: the same request with the same key, at any intake, until there is an answer but 503."""
        end, ats = time.monotonic() + seconds, len(self.of("intake"))
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.ask(method, path, body, key, at)
                if heard:
                    heard(answer)
                if answer.status != 503:
                    return answer
            assert not self.closing and time.monotonic() < end, f"no answer within {seconds} s: {method} {path}"
            at = at % ats + 1
            threading.Event().wait(0.02)

    def submit(self, channel="mail", key=None, at=1, **more):
        """One contact, whatever happens meanwhile: its id."""
        body = {"channel": channel, "text": "hello", "customer": f"customer {next(self.counter)}", **more}
        key = key or f"submit-{secrets.token_hex(8)}"  # an answer that was lost is asked for again, and it is one contact
        answer = self.insist("POST", "/v1/contacts", body, key, at)
        assert answer.status == 202, answer
        return answer["contact"]

    def act(self, contact, action, person, key=None, at=1, **more):
        body = {"action": action, "person": person, **more}
        key = key or f"{action}-{secrets.token_hex(8)}"  # as above: it is done once
        return self.insist("POST", f"/v1/contacts/{contact}/actions", body, key, at)

    def present(self, *people):
        for person in people:
            answer = self.insist("PUT", f"/v1/people/{person}/presence")
            assert answer.status == 200, answer

    def view(self, contact, at=1):
        answer = self.insist("GET", "/v1/contacts/" + contact, at=at)
        assert answer.status == 200, answer
        return answer.json()

    def contacts(self):
        """Every open contact."""
        found, after = [], ""
        while True:
            page = self.insist("GET", "/v1/contacts?limit=500" + (f"&after={after}" if after else "")).json()
            found += page["contacts"]
            after = page.get("next")
            if not after:
                return found

    def watch(self, *words):
        watch = Watch(self, *words)
        self.watches.append(watch)
        return watch

    def count(self, pattern):
        """Members of all sorted sets of that pattern."""
        return sum(self.redis.zcard(key) for key in self.redis.keys(pattern))

    def settled(self):
        """Nothing is in the outbox any more."""
        return self.count("b:{*}:due:d") == 0

    def longest_turns(self):
        """name -> the longest turn of its loop since this was asked before; microseconds."""
        return {name: service.longest_turn() for name, service in self.services.items()}

    # -- the end

    def close(self):
        """Ends all that was started. A service that had ended by itself, or does not end with 0, is a failure."""
        self.closing = True
        for client in self.clients:
            client.stop()
        for watch in self.watches:
            watch.stop()
        if self.redis_process:
            self.redis_process.send_signal(signal.SIGCONT)
        wrong = []
        for service in self.services.values():
            if service.process:
                try:
                    status = service.end()
                    if status:
                        wrong.append(f"{service.name} ended with {status}: {service.text()[-4000:]}")
                except AssertionError as error:
                    wrong.append(str(error))
        if self.redis_process:
            self.redis_process.kill()
            self.redis_process.wait()
        self.last_words = self.logs()
        shutil.rmtree(self.dir, ignore_errors=True)
        assert not wrong, "\n".join(wrong)

    def logs(self, lines=8):
        return "".join(f"    | {service.name}: {line}\n" for service in self.services.values() if service.starts
                       for line in service.text().splitlines()[-lines:])


def facts_of(view):
    return [fact for event in view["timeline"] for fact in event["facts"]]


def count_facts(view):
    return collections.Counter(fact["fact"] for fact in facts_of(view))


def told_once(view, ids):
    """Each notice of the contact ended once, and arrived under one id: a double carries the id of the first."""
    counts = count_facts(view)
    rendered = sum(fact.get("number", 0) for fact in facts_of(view) if fact["fact"] == "notice")
    delivered, moot = counts["delivered"], counts["delivery_moot"] + counts["delivery_bundled"]
    assert rendered == delivered + moot, (view["contact"], rendered, counts)
    assert delivered <= len(ids) <= rendered, (view["contact"], ids, counts)


# ---- running cases -----------------------------------------------------------------------------------


class Skipped(Exception):
    """This machine can't; the reason is said."""


def main(cases):
    """Runs each case, or those named by arguments; each makes its own world and ends it. The last line counts."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a time limit, say: what was started is ended
    passed = failed = 0
    for case in cases:
        if sys.argv[1:] and case.__name__ not in sys.argv[1:]:
            continue
        began = time.monotonic()
        try:
            with contextlib.ExitStack() as stack:
                case(stack)
            passed += 1
            print(f"ok    {case.__name__} {time.monotonic() - began:.1f} s", flush=True)
        except Skipped as reason:
            print(f"skip  {case.__name__}: {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL  {case.__name__} {time.monotonic() - began:.1f} s")
            traceback.print_exc(file=sys.stdout)
            for world in World.opened:
                print(world.last_words)
        World.opened.clear()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def open_world(stack, policy, start=True, **given):
    """A world that the case's end closes."""
    world = World(policy, **given)
    stack.callback(world.close)
    World.opened.append(world)
    if start:
        world.start()
    return world


def open_receiver(stack):
    receiver = Receiver()
    stack.callback(receiver.close)
    return receiver
