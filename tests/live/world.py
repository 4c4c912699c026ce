"""A whole buckstop for a test: a private Redis, any number of each service, far sides that misbehave on request.

Everything lives in one directory made by mkdtemp: sockets, logs, the store's files. HTTP ports are picked by the
system, and kept over a restart. Nothing sleeps: every wait looks for its condition, and is bounded. All that was started
is ended by its process id. BUCKSTOP_BUILD names the build folder.
"""
import asyncio
import collections
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import redis
from aiosmtpd.smtp import SMTP

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUCKSTOP_BUILD", os.path.join(ROOT, "build"))
KINDS = ("notification", "escalation", "routing", "intake")
BINDS = {"intake": ("submit",), "routing": ("route",), "escalation": ("due",), "notification": ("outbox", "stream")}
ATTEMPT_MS = 500
TURN_LIMIT_US = 20000
KILLED = 99


def until(what, condition, seconds=10.0):
    """Waits for a condition, in short steps; fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}"
        threading.Event().wait(0.01)


def at_once(*calls):
    """Each in a thread of its own, let go together; what they gave, in order."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# ---- far sides ---------------------------------------------------------------------------------------

Call = collections.namedtuple("Call", "at path headers body")


class Receiver:
    """HTTP and SMTP peers on one thread. `behave` says how: by path for calls, under "smtp" for mail.

    ok, 500, 404, 429, garbage, lost (closed without an answer), slow (0.3 s), silent; for mail ok, 451, garbage, silent.
    """

    ANSWERS = {
        "ok": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "500": b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n",
        "404": b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n",
        "429": b"HTTP/1.1 429 no\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        "garbage": b"\x00\xff\x16 220 hello SMTP?\r\n" * 50,
    }

    def __init__(self):
        self.calls, self.mails, self.behave = [], [], collections.defaultdict(lambda: "ok")
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.forever = asyncio.Event()
        http_server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024))
        smtp = self.loop.run_until_complete(asyncio.start_server(self.serve_smtp, "127.0.0.1", 0, backlog=1024))
        self.inner = self.loop.run_until_complete(
            self.loop.create_server(lambda: SMTP(self, hostname="test"), "127.0.0.1", 0))
        self.port, self.smtp_port = (server.sockets[0].getsockname()[1] for server in (http_server, smtp))
        ready.set()
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self.loop), return_exceptions=True))
        self.loop.close()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append(envelope)
        return "250 taken"

    async def serve_smtp(self, reader, writer):
        """A door before the mail server, that may be silent or mad."""
        how = self.behave["smtp"]
        with contextlib.suppress(ConnectionError):
            if how == "silent":
                await self.forever.wait()
            elif how == "ok":
                await self.pass_on(reader, writer)
            else:
                writer.write(b"451 not now\r\n" if how == "451" else self.ANSWERS["garbage"])
                await writer.drain()
        writer.close()

    async def pass_on(self, reader, writer):
        inner_reader, inner_writer = await asyncio.open_connection(*self.inner.sockets[0].getsockname())

        async def copy(source, target):
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self.one(reader, writer):
                pass
        writer.close()

    async def one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        path = lines[0].split(" ")[1]
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        how = self.behave[path]
        self.calls.append(Call(time.monotonic(), path, headers, body))
        if how == "silent":
            await self.forever.wait()
        if how == "lost":
            return False
        if how == "slow":
            await asyncio.sleep(0.3)  # the far side is slow: this is what is tested
            how = "ok"
        writer.write(self.ANSWERS[how])
        await writer.drain()
        return how != "garbage"

    def of(self, path):
        return [call for call in list(self.calls) if call.path == path]

    def ids(self, path=None):
        return {call.headers.get("buckstop-id") for call in list(self.calls) if path in (None, call.path)}

    def ids_by_contact(self):
        """contact -> ids of all that was told about it."""
        ids = collections.defaultdict(set)
        for (contact, _, _), some in self.told().items():
            ids[contact] |= some
        return ids

    def told(self):
        """(contact, purpose, person) -> ids under which it was told."""
        told = collections.defaultdict(set)
        for call in list(self.calls):
            body = json.loads(call.body)
            told[body["contact"], body["purpose"], body["person"]].add(body["id"])
        return told


# ---- the system --------------------------------------------------------------------------------------


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, key):
        return json.loads(self.body)[key]

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


class Service:
    """One process; started again under the same name it keeps its port."""

    def __init__(self, world, kind, number):
        self.world, self.kind, self.number, self.name = world, kind, number, f"{kind}-{number}"
        self.process, self.port, self.health, self.starts = None, 0, 0, 0

    def start(self, *options, wait=True, under=(), **environment):
        """under: a command that becomes the service, with something changed about it."""
        assert not self.process, f"{self.name} runs"
        self.starts += 1
        self.log = f"{self.world.dir}/{self.name}.{self.starts}.log"
        command = [*under, f"{BUILD}/buckstop-{self.kind}", "--health", "127.0.0.1:0", "--log-format", "json",
                   "--redis", "unix:" + self.world.socket]
        for link in ("submit", "route", "due", "outbox", "stream"):
            command += ["--" + link, self.world.endpoints(link, self.number if link in BINDS[self.kind] else None)]
        if self.kind == "intake":
            command += ["--listen", f"127.0.0.1:{self.port}"]
        command += [*self.world.options.get(self.kind, ()), *options]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.world.dir,
                                            env={**self.world.environment, **environment})
        if wait:
            self.wait()
        return self

    def listens(self):
        """Health answers; the ports are known."""
        def look():
            assert self.process.poll() is None, f"{self.name} ended: {self.text()}"
            for fact in self.facts("listening"):
                if fact.get("for") == "health":
                    self.health = int(fact["port"])
                    return True
            return False

        until(f"{self.name} listens", look, 20)
        return self

    def wait(self):
        self.listens()
        until(lambda: f"{self.name} is ready: {self.text()}", self.ready, 20)
        if self.kind == "intake":
            self.port = until("its port", lambda: [int(fact["port"]) for fact in self.facts("listening") if "http" in fact])[0]
        return self

    def ready(self):
        assert self.process.poll() is None, f"{self.name} ended: {self.text()}"
        return self.ask("/readyz").status == 200

    def ask(self, path):
        return ask(self.health, "GET", path)

    def metric(self, name):
        text = self.ask("/metrics").body.decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        assert found, f"{self.name} has no metric {name}"
        return float(found.group(1))

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def facts(self, fact=None):
        lines = [line for line in self.text().split("\n")[:-1] if line.startswith("{")]
        return [row for row in map(json.loads, lines) if fact in (None, row["fact"])]

    def wait_killed(self, seconds=10):
        """The process ends at its kill point."""
        process, self.process = self.process, None
        try:
            assert process.wait(seconds) == KILLED, (self.name, process.returncode, self.text()[-2000:])
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} never came there") from None

    def end(self, number=signal.SIGTERM, seconds=20):
        process, self.process = self.process, None
        if process is None:
            return None
        process.send_signal(number)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} did not end: {self.text()[-2000:]}") from None

    def kill(self):
        return self.end(signal.SIGKILL)


def ask(port, method, path, body=None, token=None, key=None, timeout=10.0, kind="application/json"):
    """One request, one connection. A body that is no text is sent as JSON. OSError or HTTPException: no answer."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {}
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        if kind:
            headers["Content-Type"] = kind
        body = body if isinstance(body, (str, bytes)) else json.dumps(body)
    if key:
        headers["Idempotency-Key"] = key
    try:
        link.request(method, path, body, headers)
        answer = link.getresponse()
        return Answer(answer.status, dict(answer.headers), answer.read())
    finally:
        link.close()


class World:
    """Replicas: how many of each kind. Options: more arguments of a kind. The policy's workspace must be `desk`."""

    opened = []  # of the case that runs: their logs are shown when it fails

    def __init__(self, policy, replicas=None, options=None):
        self.dir = tempfile.mkdtemp(prefix="buckstop-live-")
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

    def __getitem__(self, name):
        return self.services[name if "-" in name else name + "-1"]

    def of(self, kind):
        return [service for service in self.services.values() if service.kind == kind]

    def endpoints(self, link, number):
        """Where this one binds; or, without a number, where all receivers of the link do."""
        kind = next(kind for kind, links in BINDS.items() if link in links)
        numbers = [number] if number else [service.number for service in self.of(kind)] or [1]
        return ",".join(f"ipc://{self.dir}/{link}-{n}" for n in numbers)

    # -- the store

    def start_redis(self):
        self.redis_process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir, "--appendonly", "yes",
             "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--enable-debug-command",
             "yes"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("redis answers", self.redis_answers, 20)

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
        done = self.call(*words)
        assert done.returncode == status, f"buckstop {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if status else "")

    def apply(self, policy, status=0):
        path = self.dir + "/policy.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(policy)
        return self.cli("policy", "apply", path, status=status)

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
        return ask(self[f"intake-{at}"].port, method, path, body, token, key, timeout, kind)

    def issue(self, scope, *more):
        return self.cli("token", "issue", "--scope", scope, "--workspace", "desk", *more).strip()

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
        answer = self.insist("POST", "/v1/contacts", body, key, at)
        assert answer.status == 202, answer
        return answer["contact"]

    def act(self, contact, action, person, key=None, at=1, **more):
        return self.insist("POST", f"/v1/contacts/{contact}/actions", {"action": action, "person": person, **more}, key, at)

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
        return {name: int(service.metric("buckstop_loop_longest_turn_microseconds"))
                for name, service in self.services.items()}

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


class Watch:
    """buckstop watch --json; the numbers it printed."""

    def __init__(self, world, *words):
        server = f"http://127.0.0.1:{world['intake'].port}"
        self.process = subprocess.Popen(
            [f"{BUILD}/buckstop", "watch", "--json", "--server", server, "--stream", world.endpoints("stream", None),
             *words], env={**world.environment, "BUCKSTOP_TOKEN": world.token}, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.events, self.errors = [], []
        self.threads = [threading.Thread(target=self.read), threading.Thread(target=self.read_errors)]
        for thread in self.threads:
            thread.start()

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def numbers(self):
        return [event["number"] for event in list(self.events)]

    def facts(self):
        return [fact["fact"] for event in list(self.events) for fact in event["facts"]]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(10)
        for thread in self.threads:
            thread.join(5)
        return status


class Customers:
    """Threads that each send one contact after the other, and keep what they were promised: key -> contact.

    one (who, key) does one round and returns the contact. What it raises ends that thread, and is raised by end.
    """

    def __init__(self, world, one, n=6, prefix=""):
        self.world, self.one, self.prefix = world, one, prefix
        self.going, self.done, self.errors = True, {}, []
        world.clients.append(self)
        self.threads = [threading.Thread(target=self.run, args=(who,)) for who in range(n)]
        for thread in self.threads:
            thread.start()

    def run(self, who):
        n = 0
        try:
            while self.going:
                n += 1
                key = f"{self.prefix}{who}-{n}"
                self.done[key] = self.one(who, key)
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)
            self.going = False

    def go_on(self):
        if self.errors:
            raise self.errors[0]
        return True

    def more(self, n, seconds=20):
        """So many more rounds are done."""
        had = len(self.done)
        until(f"{n} more rounds", lambda: self.go_on() and len(self.done) >= had + n, seconds)

    def stop(self):
        self.going = False
        for thread in self.threads:
            thread.join()

    def end(self):
        self.stop()
        self.go_on()
        return self.done


def facts_of(view):
    return [fact for event in view["timeline"] for fact in event["facts"]]


def count_facts(view):
    return collections.Counter(fact["fact"] for fact in facts_of(view))


def told_once(view, ids):
    """Each notice of the contact ended once, and arrived under one id: a double carries the id of the first."""
    counts = count_facts(view)
    rendered = sum(fact.get("number", 0) for fact in facts_of(view) if fact["fact"] == "notice")
    delivered, moot = counts["delivered"], counts["delivery_moot"]
    assert rendered == delivered + moot, (view["contact"], rendered, counts)
    assert delivered <= len(ids) <= rendered, (view["contact"], ids, counts)


# ---- running cases -----------------------------------------------------------------------------------


class Skipped(Exception):
    """This machine can't; the reason is said."""


def main(cases):
    """Runs each case, or those named by arguments; each makes its own world and ends it. The last line counts."""
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
