"""One service as a process: started, asked, killed, started again; and requests to it over HTTP."""
import http.client
import json
import os
import re
import signal
import subprocess

from ports import free_port
from turns import Turns
from waiting import until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUCKSTOP_BUILD", os.path.join(ROOT, "build"))
KINDS = ("notification", "escalation", "routing", "intake")
BINDS = {"intake": ("submit",), "routing": ("route",), "escalation": ("due",), "notification": ("outbox", "stream"),
         "console": (), "archive": ()}
HTTP_KINDS = ("intake", "console")
ATTEMPT_MS = 500
KILLED = 99


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
        self.process, self.health, self.starts = None, 0, 0
        self.host = world.host(self.name)
        self.port = free_port(self.host) if kind in HTTP_KINDS and not world.network else 0
        self.turns = Turns(lambda: self.process.pid if self.process else None, lambda: self.ask("/metrics").body.decode())

    def start(self, *options, wait=True, under=(), **environment):
        """under: a command that becomes the service, with something changed about it."""
        assert not self.process, f"{self.name} runs"
        self.starts, self.health = self.starts + 1, 0
        self.log = f"{self.world.dir}/{self.name}.{self.starts}.log"
        self.process = self.spawn([*under, *self.command(), *options], self.log, **environment)
        if wait:
            self.wait()
        return self

    def command(self):
        command = [f"{BUILD}/buckstop-{self.kind}", "--health", f"{self.host}:0", "--log-format", "json",
                   "--redis", self.world.store_address()]
        for link in ("submit", "route", "due", "outbox", "stream"):
            command += ["--" + link, self.world.endpoints(link, self.number if link in BINDS[self.kind] else None)]
        if self.world.network:
            command.append("--plain-bind")
        if self.kind in HTTP_KINDS:
            command += ["--listen", f"{self.host}:{self.port}"]
        if self.kind == "console":
            intake = self.world["intake-1"]
            command += ["--intake", f"http://{intake.host}:{intake.port}"]
        return command + list(self.world.options.get(self.kind, ()))

    def spawn(self, command, path, **environment):
        """A process where this service lives."""
        with open(path, "wb") as log:
            return subprocess.Popen([*self.world.inside(self.name), *command], stdout=log, stderr=log,
                                    cwd=self.world.dir, env={**self.world.environment, **environment})

    def finds_health(self):
        """Has it said where its health answers?"""
        assert self.process.poll() is None, f"{self.name} ended: {self.text()}"
        for fact in self.facts("listening"):
            if fact.get("for") == "health":
                self.health = int(fact["port"])
                return True
        return False

    def listens(self):
        """Health answers; the ports are known."""
        until(f"{self.name} listens", self.finds_health, 20)
        return self

    def wait(self):
        self.listens()
        until(lambda: f"{self.name} is ready: {self.text()}", self.ready, 20)
        if self.kind in HTTP_KINDS:
            ports = until("its port", lambda: [fact["port"] for fact in self.facts("listening") if "http" in fact])
            self.port = int(ports[0])
        return self

    def ready(self):
        assert self.process.poll() is None, f"{self.name} ended: {self.text()}"
        return self.ask("/readyz").status == 200

    def ask(self, path):
        return ask(self.health, "GET", path, host=self.host)

    def metric(self, name):
        text = self.turns.metrics()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        assert found, f"{self.name} has no metric {name}"
        return float(found.group(1))

    def longest_turn(self):
        """Of its loop, since this was asked before; microseconds (turns.py)."""
        return self.turns.longest_us()

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


def ask(port, method, path, body=None, token=None, key=None, timeout=10.0, kind="application/json",
        host="127.0.0.1"):
    """One request, one connection. A body that is no text is sent as JSON. OSError or HTTPException: no answer."""
    link = http.client.HTTPConnection(host, port, timeout=timeout)
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
