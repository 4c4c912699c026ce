#!/usr/bin/python3
"""Notification against a real Redis and real peers that are silent, slow, wrong or gone.

BUCKSTOP_BUILD names the build folder. Starts a private Redis and buckstop-notification, writes workspace, contact and
deliveries as the other services would, and looks at what the far sides got. Effects are counted by id. Ends with
"N passed, N failed".
"""
import asyncio
import collections
import contextlib
import hashlib
import hmac
import importlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import redis
import zmq
from aiosmtpd.smtp import SMTP

import waiting
from ports import free_port
from turns import TURN_LIMIT_US, Turns

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUCKSTOP_BUILD", os.path.join(ROOT, "build"))
CONTACT = "01HZZZZZZZZZZZZZZZZZZZZZZZ"
ATTEMPT_MS = 1500
RATE_FLOOR = int(os.environ.get("BUCKSTOP_RATE_FLOOR", "1000"))
POLICY = """workspace: acme
last_resort: ada
people:
  ada: { name: Ada L. }
teams:
  front: { lead: ada, members: [ada] }
"""


def until(what, seconds, condition):
    return waiting.until(what, condition, seconds)


# ---- far sides -------------------------------------------------------------------------------------

Call = collections.namedtuple("Call", "at path headers body")


class Receiver:
    """HTTP on one port; the path says how it behaves."""

    def __init__(self):
        self.calls, self.opened = [], 0
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.forever = asyncio.Event()
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        smtp = self.loop.run_until_complete(
            self.loop.create_server(lambda: SMTP(self, hostname="test"), "127.0.0.1", 0)
        )
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        mute = self.loop.run_until_complete(asyncio.start_server(self.mute, "127.0.0.1", 0))
        self.mute_port = mute.sockets[0].getsockname()[1]
        self.mails = []
        self.ready.set()
        self.loop.run_forever()

    async def mute(self, reader, writer):
        await self.forever.wait()

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        return "250 taken"

    async def serve(self, reader, writer):
        self.opened += 1
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
        before = sum(1 for call in self.calls if call.path == path and call.headers.get("buckstop-id") == headers.get("buckstop-id"))
        self.calls.append(Call(time.monotonic(), path, headers, body))
        if path == "/silent":
            await self.forever.wait()
        if path == "/slow":
            await asyncio.sleep(0.6)  # the far side is slow: this is what is tested
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        if path == "/500" and not before:
            answer = b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n"
        if path == "/429" and not before:
            answer = b"HTTP/1.1 429 no\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"
        if path == "/404":
            answer = b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n"
        if path == "/garbage" and not before:
            answer = b"\x00\xff\x16 220 hello SMTP?\r\n" * 50
        if path == "/lost" and not before:
            return False
        writer.write(answer)
        await writer.drain()
        return answer.startswith(b"HTTP")

    def of(self, path):
        return [call for call in self.calls if call.path == path]

    def ids(self, path):
        return {call.headers["buckstop-id"] for call in self.of(path)}


# ---- the store, as the other services write it ------------------------------------------------------


class House:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="buckstop-live-")
        self.processes = []
        os.mkdir(f"{self.dir}/secrets")
        with open(f"{self.dir}/secrets/pager", "w") as key:
            key.write("a key\n")
        subprocess.run(
            ["protoc", f"--proto_path={ROOT}/proto", f"--python_out={self.dir}"]
            + [f"buckstop/v1/{name}.proto" for name in ("record", "event", "action", "envelope")],
            cwd=f"{ROOT}/proto", check=True,
        )
        sys.path.insert(0, self.dir)
        self.pb = importlib.import_module("buckstop.v1.record_pb2")
        self.events = importlib.import_module("buckstop.v1.event_pb2")
        self.envelopes = importlib.import_module("buckstop.v1.envelope_pb2")
        self.start_redis()
        self.made = 0
        workspace = self.pb.Workspace(name="acme", policy_version=1, policy=POLICY, link_key=bytes(32))
        self.redis.set("b:{0}:w:acme", self.record("w", workspace))
        self.redis.sadd("b:workspaces", "acme")
        contact = self.pb.Contact(
            id=CONTACT, workspace="acme", state=self.pb.CONTACT_STATE_OWNED, channel="chat", team="front",
            subject="My card", owner="ada", accountable="ada", opened_at=self.now(), review_at=self.now() + 86400000,
        )
        self.redis.set(f"b:{{0}}:c:acme:{CONTACT}", self.record("c", contact))

    def start_redis(self):
        sock = f"{self.dir}/redis.sock"
        self.redis_process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", sock, "--dir", self.dir, "--appendonly", "yes",
             "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"],
            stdout=subprocess.DEVNULL,
        )
        self.redis = redis.Redis(unix_socket_path=sock)
        until("redis answers", 20, self.redis_answers)

    def redis_answers(self):
        try:
            return self.redis.ping()
        except redis.exceptions.RedisError:
            return False

    def now(self):
        seconds, micros = self.redis.time()
        return seconds * 1000 + micros // 1000

    @staticmethod
    def record(kind, message, version=1):
        event = os.urandom(8)
        return b"A0\x01" + kind.encode() + struct.pack(">QI", version, 0) + event + message.SerializeToString()

    def delivery(self, **given):
        self.made += 1
        now = given.pop("now", None) or self.now()
        fields = dict(
            id=f"{os.getpid():016x}-{self.made}", workspace="acme", contact=CONTACT, person="ada",
            purpose=self.pb.DELIVERY_PURPOSE_ASSIGNED, way=self.pb.WAY_KIND_WEBHOOK, secret="pager",
            subject="Yours: My card", body="Please look. Grüße", created_at=now, due=now,
        )
        fields.update(given)
        return self.pb.Delivery(**fields)

    def put(self, *deliveries):
        pipe = self.redis.pipeline()
        for delivery in deliveries:
            pipe.set(f"b:{{0}}:d:acme:{delivery.id}", self.record("d", delivery))
            pipe.zadd("b:{0}:due:d", {f"acme:{delivery.id}": delivery.due})
        pipe.execute()
        return deliveries[0]

    def waiting(self):
        return self.redis.zcard("b:{0}:due:d")

    def told(self, kind):
        count = 0
        for entry in self.redis.lrange(f"b:{{0}}:tl:acme:{CONTACT}", 0, -1):
            event = self.events.Event.FromString(entry)
            count += sum(1 for fact in event.facts if fact.kind == kind)
        return count

    def close(self):
        for service in self.processes:
            service.stop()
        self.redis_process.terminate()
        self.redis_process.wait()
        shutil.rmtree(self.dir)


class Service:
    number = 0

    def __init__(self, house, *options, name="notification", own=None, **environment):
        Service.number += 1
        self.turns = Turns(lambda: self.process.pid, self.ask_metrics)
        self.log = f"{house.dir}/{name}-{Service.number}.log"
        self.stream = f"ipc://{house.dir}/stream-{Service.number}"
        command = [f"{BUILD}/buckstop-{name}", *options, *(own or [] if "--redis" in options else self.alone(house))]
        self.process = subprocess.Popen(command, stderr=open(self.log, "w"), env={**os.environ, **environment})
        house.processes.append(self)
        until("the service is ready", 20, lambda: re.search(r"(?<!not )\bready\b", self.text()) or self.process.poll() is not None)
        self.port = re.search(r"port=(\d+)", self.text()).group(1)

    def alone(self, house):
        """Options of a notification without the others."""
        at = f"ipc://{house.dir}/"
        return ["--redis", f"unix:{house.dir}/redis.sock", "--shards", "1", "--health", "127.0.0.1:0", "--outbox",
                f"{at}outbox-{self.number}", "--stream", self.stream, "--route", f"{at}route", "--due", f"{at}due", "--submit",
                f"{at}submit", "--secrets", f"{house.dir}/secrets", "--private-targets", "--private-callbacks", "--attempt-ms",
                str(ATTEMPT_MS)]

    def text(self):
        with open(self.log) as log:
            return log.read()

    def ask_metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def metric(self, name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", self.turns.metrics(), re.M).group(1))

    def longest_turn_us(self):
        """Since this was asked before."""
        return self.turns.longest_us()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


# ---- conversations -------------------------------------------------------------------------------------


def every_way(house, far):
    """Signed webhook, Slack-shaped webhook, mail and log; each once; dense numbers on the stream."""
    service = Service(house, "--smtp", f"smtp://127.0.0.1:{far.smtp_port}")
    subscriber = zmq.Context.instance().socket(zmq.SUB)
    subscriber.connect(service.stream)
    subscriber.setsockopt(zmq.SUBSCRIBE, b"acme.")
    subscriber.setsockopt(zmq.RCVTIMEO, 10000)

    def heard():
        """Something is published until the subscription has arrived."""
        house.put(house.delivery(address="ada", way=house.pb.WAY_KIND_LOG))
        return subscriber.poll(200)

    until("the stream is heard", 10, heard)
    until("nothing waits", 10, lambda: house.waiting() == 0)
    url = f"http://127.0.0.1:{far.port}"
    with open(f"{house.dir}/secrets/pager.next", "w") as key:
        key.write("next key")
    hook = house.put(
        house.delivery(address=f"{url}/ok"),
        house.delivery(address=f"{url}/slack", way=house.pb.WAY_KIND_SLACK),
        house.delivery(address="ada@example.com", way=house.pb.WAY_KIND_MAIL),
        house.delivery(address="ada", way=house.pb.WAY_KIND_LOG),
    )
    until("all four are delivered", 10, lambda: house.waiting() == 0)
    os.unlink(f"{house.dir}/secrets/pager.next")
    call = far.of("/ok")[0]
    stamp = call.headers["buckstop-timestamp"].encode()
    signatures = ["v1=" + hmac.new(key, stamp + b"." + call.body, hashlib.sha256).hexdigest() for key in (b"a key", b"next key")]
    assert call.headers["buckstop-signature"] == ",".join(signatures)
    assert json.loads(call.body)["id"] == hook.id == call.headers["idempotency-key"]
    assert json.loads(far.of("/slack")[0].body) == {"text": "*Yours: My card*\nPlease look. Grüße"}
    until("the mail is there", 5, lambda: far.mails)
    assert len(far.mails) == 1 and far.mails[0].rcpt_tos == ["ada@example.com"]
    assert " notice " in service.text()
    numbers, told = [], house.told(house.events.FACT_KIND_DELIVERED)
    while len(numbers) < told:
        _, frame = subscriber.recv_multipart()
        numbers.append(house.envelopes.Envelope.FromString(frame).event.number)
    assert told > 4 and numbers == list(range(numbers[0], numbers[0] + told)), numbers
    subscriber.close()
    assert service.stop() == 0


def bad_peers(house, far):
    """Silent, lost, 500, garbage, 429, refusing, unknown: nobody else waits, all is sent again with the same bytes."""
    service = Service(house, "--smtp", f"smtp://127.0.0.1:{far.mute_port}")
    url = f"http://127.0.0.1:{far.port}"
    closed = free_port()
    bad = [house.delivery(address=f"{url}{path}") for path in ("/500", "/garbage", "/lost", "/429")]
    never = [house.delivery(address=address) for address in (f"{url}/silent", f"http://127.0.0.1:{closed}/", "http://nowhere.invalid/")]
    mail = house.delivery(address="ada@example.com", way=house.pb.WAY_KIND_MAIL)
    retried = house.told(house.events.FACT_KIND_DELIVERY_RETRIED)
    service.longest_turn_us()
    house.put(*bad, *never, mail)
    for n in range(20):
        good = house.put(house.delivery(address=f"{url}/good"))
        until("a good peer's page", 2, lambda: good.id in far.ids("/good"))
    until("the bad ones are taken at last", 20, lambda: sum(len(far.of(p)) >= 2 for p in ("/500", "/garbage", "/lost", "/429")) == 4)
    until("those that never answer are tried again", 20, lambda: len(far.of("/silent")) >= 2)
    turn = service.longest_turn_us()
    for _ in range(3):  # a machine that stands still for a moment is not a loop that does: what blocks, blocks each time
        if turn < TURN_LIMIT_US:
            break
        house.put(*[house.delivery(address=f"{url}/silent"), house.delivery(address=f"http://127.0.0.1:{closed}/")])
        for n in range(20):
            good = house.put(house.delivery(address=f"{url}/good"))
            until("a good peer's page", 2, lambda: good.id in far.ids("/good"))
        turn = service.longest_turn_us()
    for path in ("/500", "/garbage", "/lost", "/429"):
        calls = far.of(path)
        assert len({call.body for call in calls}) == 1 and len(far.ids(path)) == 1, path
    first, second = far.of("/429")[:2]
    assert second.at - first.at >= 3
    until("each failure is told", 5, lambda: house.told(house.events.FACT_KIND_DELIVERY_RETRIED) >= retried + 7)
    pipe = house.redis.pipeline()
    for delivery in (*never, mail):
        pipe.zrem("b:{0}:due:d", f"acme:{delivery.id}").delete(f"b:{{0}}:d:acme:{delivery.id}")
    pipe.execute()
    service.stop()
    print(f"longest turn beside bad peers: {turn:.0f} us")
    assert turn < TURN_LIMIT_US, turn


def silent_hosts(house, far):
    """80 silent hosts, and one under 200 spellings, thousands of callbacks: log, mail, pages and a healthy customer go on."""
    service = Service(house, "--smtp", f"smtp://127.0.0.1:{far.smtp_port}", "--attempt-ms", "5000")
    url = f"http://127.0.0.1:{far.port}"
    silent = []
    for _ in range(80):
        silent.append(socket.socket())
        silent[-1].bind(("127.0.0.1", 0))
        silent[-1].listen(1024)
    ports = [peer.getsockname()[1] for peer in silent]
    customer = dict(person="", purpose=house.pb.DELIVERY_PURPOSE_REPLY)
    known = house.put(house.delivery(address=f"{url}/back", **customer))
    until("the customer's host answers", 5, lambda: known.id in far.ids("/back"))
    for n in range(30):
        house.put(*[house.delivery(address=f"http://127.0.0.1:{port}/", **customer) for port in ports],
                  *[house.delivery(address=f"http://u{n}-{k}@LOCALHOST:{ports[0]}/", **customer) for k in range(7)])
    worst, lines, began = 0, 0, time.monotonic()
    while time.monotonic() < began + 15:
        mails, start = len(far.mails), time.monotonic()
        page, back = house.delivery(address=f"{url}/page"), house.delivery(address=f"{url}/back", **customer)
        house.put(page, back, house.delivery(address="ada@example.com", way=house.pb.WAY_KIND_MAIL),
                  house.delivery(address="ada", way=house.pb.WAY_KIND_LOG))
        lines += 1
        until("a page beside silent hosts", 4, lambda: page.id in far.ids("/page"))
        until("a healthy customer beside silent hosts", 4, lambda: back.id in far.ids("/back"))
        until("a mail beside silent hosts", 4, lambda: len(far.mails) > mails)
        until("the log beside silent hosts", 4, lambda: service.text().count(" notice ") >= lines)
        worst = max(worst, time.monotonic() - start)
    held = service.metric('buckstop_deliveries_total{way="webhook",outcome="held"}')
    print(f"beside 80 silent hosts and {30 * 87} callbacks: at most {worst:.2f} s, held {held:.0f} times")
    assert held < 3 * 30 * 87, held
    assert service.metric("buckstop_outbox_held_age_seconds") > 5
    service.process.kill()
    for peer in silent:
        peer.close()


def dead_letter(house, far):
    """404 is for good: out of the timers, into the dead letters, with its reason."""
    service = Service(house)
    dead = house.put(house.delivery(address=f"http://127.0.0.1:{far.port}/404"))
    until("it is dead", 5, lambda: house.redis.zscore("b:{0}:dead:acme", dead.id))
    assert house.waiting() == 0
    service.stop()
    service = Service(house)
    until("the gauge shows it", 5, lambda: service.metric("buckstop_dead_letters") == 1)
    left = house.pb.Delivery.FromString(house.redis.get(f"b:{{0}}:d:acme:{dead.id}")[32:])
    assert left.dead and "404" in left.last_error, left
    service.stop()


def kill_points(house, far):
    """Killed at each point, and another takes over: the receiver counts one effect, by id."""
    for point in ("leased", "before-send", "after-send", "after-commit"):
        path = f"/kill-{point}"
        victim = Service(house, BUCKSTOP_KILL_AT=f"notification.{point}")
        delivery = house.put(house.delivery(address=f"http://127.0.0.1:{far.port}{path}"))
        assert victim.process.wait(10) == 99, point
        heir = Service(house)
        until(f"delivered after {point}", 15, lambda: house.waiting() == 0)
        assert far.ids(path) == {delivery.id}, point
        assert not house.redis.exists(f"b:{{0}}:d:acme:{delivery.id}"), point
        heir.stop()


def two_replicas(house, far):
    """A slow receiver, two replicas: each delivery is sent once."""
    one, two = Service(house), Service(house)
    deliveries = [house.delivery(address=f"http://127.0.0.1:{far.port}/slow") for _ in range(100)]
    house.put(*deliveries)
    until("all are delivered", 20, lambda: house.waiting() == 0)
    retried = house.told(house.events.FACT_KIND_DELIVERY_RETRIED)  # a machine that paused for longer than an attempt
    assert len(far.ids("/slow")) == 100 and len(far.of("/slow")) <= 100 + retried, (len(far.of("/slow")), retried)
    one.stop()
    two.stop()


def drain(house, far):
    """SIGTERM in the middle of a slow call: it is finished, recorded, and the status is 0."""
    before = len(far.of("/slow"))
    service = Service(house)
    house.put(house.delivery(address=f"http://127.0.0.1:{far.port}/slow"))
    until("the call is under way", 5, lambda: len(far.of("/slow")) > before)
    assert service.stop() == 0
    assert house.waiting() == 0


def store_away(house, far):
    """The store stops in the middle of a send and comes back: sent again or recorded, never lost."""
    before = len(far.of("/slow"))
    service = Service(house)
    delivery = house.put(house.delivery(address=f"http://127.0.0.1:{far.port}/slow"))
    until("the call is under way", 5, lambda: len(far.of("/slow")) > before)
    house.redis_process.kill()
    house.redis_process.wait()
    until("health answers meanwhile", 5, lambda: service.metric("buckstop_store_ready") == 0)
    house.start_redis()
    until("it is delivered", 20, lambda: house.waiting() == 0)
    assert delivery.id in {call.headers["buckstop-id"] for call in far.of("/slow")[before:]}
    service.stop()


class Desk:
    """The other three services, an operator's token, and a policy in which people and customers are really told."""

    def __init__(self, house, far):
        self.house = house
        at = f"ipc://{house.dir}/"
        common = ["--redis", f"unix:{house.dir}/redis.sock", "--health", "127.0.0.1:0", "--outbox",
                  f"{at}out", "--stream", f"{at}events", "--route", f"{at}route", "--due", f"{at}due", "--submit", f"{at}submit"]
        policy = f"""workspace: desk
last_resort: ada
links: http://intake.example
people:
  ada: {{ name: Ada L., ways: [{{ webhook: "http://127.0.0.1:{far.port}/page", secret: pager }}] }}
teams:
  front: {{ lead: ada, members: [ada] }}
"""
        house.redis.flushall()
        with open(f"{house.dir}/desk.yaml", "w") as file:
            file.write(policy)
        with open(f"{house.dir}/secrets/callback", "w") as key:
            key.write("callback key")
        self.cli(house, "policy", "apply", f"{house.dir}/desk.yaml")
        self.token = self.cli(house, "token", "issue", "--scope", "operator", "--workspace", "desk").split()[0]
        self.services = [
            Service(house, *common, name="intake", own=["--listen", "127.0.0.1:0"]),
            Service(house, *common, name="routing"),
            Service(house, *common, name="escalation"),
            Service(house, *common, name="notification", own=["--secrets", f"{house.dir}/secrets", "--private-targets",
                                                              "--private-callbacks",
                                                              "--smtp", f"smtp://127.0.0.1:{far.smtp_port}"]),
        ]
        port = re.search(r"listening http=.* port=(\d+)", self.services[0].text()).group(1)
        self.url = f"http://127.0.0.1:{port}"

    @staticmethod
    def cli(house, *words):
        command = [f"{BUILD}/buckstop", *words, "--redis", f"unix:{house.dir}/redis.sock"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"{}")

    def facts(self, contact):
        return json.dumps(self.ask("GET", f"/v1/contacts/{contact}"))


def a_whole_life(house, far):
    """Through all services: the offer with its link, the reply by callback and by mail; one that fails comes back."""
    desk = Desk(house, far)
    desk.ask("PUT", "/v1/people/ada/presence")
    back = f"http://127.0.0.1:{far.port}"
    rows = [("callback", f"{back}/back", 'kept'), ("mail", "eve@example.org", 'kept'), ("callback", f"{back}/404", "returned")]
    for way, to, expect in rows:
        contact = desk.ask("POST", "/v1/contacts", {"channel": "chat", "subject": f"My card, {expect}", "text": "Where is it?",
                                                    "customer": "eve", "return_way": way, "return_to": to})["contact"]
        page = until("ada is asked", 10, lambda: [c for c in far.of("/page") if json.loads(c.body)["contact"] == contact])[0]
        assert "http://intake.example/l/" in json.loads(page.body)["body"]
        desk.ask("POST", f"/v1/contacts/{contact}/actions", {"action": "accept", "person": "ada"})
        desk.ask("POST", f"/v1/contacts/{contact}/actions", {"action": "reply", "person": "ada", "text": "It was sent today."})
        if expect == "kept":
            until("the promise is kept", 10, lambda: "promise_kept" in desk.facts(contact))
        else:
            until("it is back with its owner", 10, lambda: "delivery_failed" in desk.facts(contact))
            until("who is told", 10, lambda: any(json.loads(c.body)["purpose"] == "returned" for c in far.of("/page")))
    call = [c for c in far.of("/back") if json.loads(c.body)["purpose"] == "reply"][0]
    mac = hmac.new(b"callback key", call.headers["buckstop-timestamp"].encode() + b"." + call.body, hashlib.sha256)
    assert call.headers["buckstop-signature"] == "v1=" + mac.hexdigest()
    assert "It was sent today." in json.loads(call.body)["body"]
    assert any(b"It was sent today." in mail.content for mail in far.mails)
    for service in desk.services:
        assert service.stop() == 0


def rate(house, far):
    """Deliveries a second through the log."""
    n, now = 20000, house.now()
    for _ in range(n // 1000):
        house.put(*[house.delivery(way=house.pb.WAY_KIND_LOG, address="ada", now=now) for _ in range(1000)])
    began = time.monotonic()
    service = Service(house)
    until("all are delivered", 120, lambda: house.waiting() == 0)
    speed = n / (time.monotonic() - began)
    turn = service.longest_turn_us()
    service.stop()
    print(f"log way: {speed:.0f} deliveries a second, longest turn {turn:.0f} us")
    assert speed >= RATE_FLOOR, speed


def main():
    wanted = sys.argv[1:]
    passed = failed = 0
    for case in (every_way, bad_peers, silent_hosts, dead_letter, kill_points, two_replicas, drain, store_away, a_whole_life, rate):
        if wanted and case.__name__ not in wanted:
            continue
        house, far = House(), Receiver()
        began = time.monotonic()
        try:
            case(house, far)
            passed += 1
            print(f"ok   {case.__name__} {time.monotonic() - began:.1f} s")
        except Exception as error:  # a failed case says why, the others go on
            failed += 1
            print(f"FAIL {case.__name__}: {type(error).__name__}: {error}")
            for service in house.processes:
                print("".join("    | " + line + "\n" for line in service.text().splitlines()[-12:]))
        finally:
            house.close()
            for name in [name for name in sys.modules if name.startswith("buckstop")]:
                del sys.modules[name]
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
