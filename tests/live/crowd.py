"""A crowd at a console: many who watch, and many who work, each with a session and a stream of their own.

All streams are read by one thread; what a person does is done in a thread of theirs.
"""
import base64
import collections
import functools
import hashlib
import json
import queue
import re
import secrets
import selectors
import socket
import threading
import time

from test_console import call_once, sign_in

COUNTS, FRAME = re.compile(rb'"counts":(\{[^}]*\})'), re.compile(rb"\r\n[0-9a-fA-F]+\r\n")  # of a chunk
DONE = {"accept": {}, "reply": {"text": "so it is"}, "resolve": {"text": "done"}}
# What the policy says; so often a person does again what was refused since it is busy; and of a board that is so short
# what is theirs may not be on it.
PRESENCE_S, AGAIN, SHORT = 20, 20, 20


class Crowd:
    """Sockets that watch, read by one thread: of each the last counts that came, and how often the board did."""

    def __init__(self, port, headers, limit=200):
        n = len(headers)
        self.selector, self.last, self.boards, self.bytes = selectors.DefaultSelector(), [b"{}"] * n, [0] * n, 0
        self.tails, self.ended, self.going = [b""] * n, 0, True
        self.links = [socket.create_connection(("127.0.0.1", port)) for _ in range(n)]
        for at, link in enumerate(self.links):
            link.sendall(f"GET /board/stream?limit={limit} HTTP/1.1\r\nHost: h\r\n{headers[at]}\r\n\r\n".encode())
            link.setblocking(False)
            self.selector.register(link, selectors.EVENT_READ, at)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while self.going:
            for key, _ in self.selector.select(0.1):
                self.take(key.data, key.fileobj)

    def take(self, at, link):
        try:
            got = link.recv(1 << 18)
        except OSError:
            got = b""
        if not got:
            self.ended += 1
            self.selector.unregister(link)
            return
        self.bytes += len(got)
        self.heard(at, got)

    def heard(self, at, got):
        text = self.tails[at] + got
        found = COUNTS.findall(FRAME.sub(b"", text))
        self.last[at] = found[-1] if found else self.last[at]
        self.boards[at] += got.count(b"event: board")
        self.tails[at] = text[-400:]

    def counts(self):
        return {json.dumps(json.loads(counts), sort_keys=True) for counts in self.last}

    def close(self):
        self.going = False
        self.thread.join()
        for link in self.links:
            link.close()


def unchunked(raw):
    """The chunks of a body that are whole, the last of all empty (RFC 9112, 7.1); and the bytes behind them."""
    whole, at = [], 0
    while (end := raw.find(b"\r\n", at)) >= 0:
        size = int(raw[at:end], 16)
        if len(raw) < end + size + 4:
            break
        whole.append(raw[end + 2:end + 2 + size])
        at = end + size + 4
    return whole, raw[at:]


@functools.lru_cache(64)
def understood(event):
    """Its kind, its data, and who is offered what by it. Two hundred hear the same bytes: they are read once."""
    lines = dict(line.split(": ", 1) for line in event.decode().split("\n"))
    data, offers = json.loads(lines["data"]), collections.defaultdict(list)
    for row in data.get("contacts", []):
        offers[row["offered_to"]].append(row["id"])
    return lines["event"], data, offers


class Person:
    """Somebody at the page, with a session of their own: one thing after the other, each request as the page sends it."""

    def __init__(self, world, name, token):
        cookie, session = sign_in(world, token)
        assert session["person"] == name and session["scope"] == "person", session
        self.world, self.name, self.csrf, self.cookie = world, name, session["csrf"], cookie.split(";")[0]
        self.answers, self.refused, self.counts = collections.Counter(), [], {}
        self.seen, self.resolved, self.beats, self.next_beat, self.looked = set(), [], 0, 0, 0
        self.todo = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while job := self.todo.get():
            try:
                job[0](*job[1:])
            except Exception as error:  # pylint: disable=broad-except
                self.refused.append(error)

    def ask(self, method, path, body=None, **more):
        csrf = {} if method == "GET" else {"Buckstop-CSRF": self.csrf}
        for _ in range(AGAIN):
            answer = call_once(self.world, method, path, body, {"Cookie": self.cookie, **csrf, **more})
            # the same again, by its key
            busy = answer.status == 503 and answer["code"] in ("busy", "no-answer-in-time", "store-away")
            self.answers["busy" if busy else answer.status] += 1
            if not busy:
                break
            threading.Event().wait(float(answer.headers["retry-after"]))
        assert answer.status == 200, (method, path, answer)
        return answer

    def hears(self, event):
        """In the thread that reads all streams: what is to do is only noted down."""
        kind, data, offers = understood(event)
        self.counts = data.get("counts", self.counts)
        self.offered(offers.get(self.name, ()))
        if kind == "board" and data["more"]:
            self.todo.put((self.find_mine,))
        if time.monotonic() >= self.next_beat:
            self.next_beat = float("inf")
            self.todo.put((self.beat,))

    def offered(self, contacts):
        for contact in contacts:
            if contact not in self.seen:
                self.seen.add(contact)
                self.todo.put((self.work, contact))

    def find_mine(self):
        """What is mine may rank behind what the board holds: then it is asked for (desk.js)."""
        self.looked += 1
        found = self.ask("GET", f"/board/held?person={self.name}")["contacts"]
        self.offered([row["id"] for row in found if row["offered_to"] == self.name])

    def beat(self):
        """When a third of the presence has passed (presence.js)."""
        try:
            self.ask("PUT", f"/v1/people/{self.name}/presence", b"")
            self.beats += 1
        finally:
            self.next_beat = time.monotonic() + PRESENCE_S / 3

    def work(self, contact):
        for action, more in DONE.items():
            self.ask("POST", f"/v1/contacts/{contact}/actions", {"action": action, **more},
                     **{"Idempotency-Key": f"{contact} {action}"})
        self.resolved.append(contact)

    def leave(self):
        self.next_beat = float("inf")
        self.todo.put((self.ask, "DELETE", f"/v1/people/{self.name}/presence", b""))
        self.todo.put((self.ask, "DELETE", "/session", b""))
        self.close()

    def close(self):
        self.todo.put(None)


class Desks(Crowd):
    """Their streams: each hears their own."""

    def __init__(self, port, people):
        self.people, self.begun, self.texts = people, [False] * len(people), [b""] * len(people)
        super().__init__(port, ["Cookie: " + person.cookie for person in people], SHORT)

    def heard(self, at, got):
        raw = self.tails[at] + got
        if not self.begun[at]:
            head, self.begun[at], raw = raw.partition(b"\r\n\r\n")
            if not self.begun[at]:
                raw = head
            elif not head.startswith(b"HTTP/1.1 200 "):
                self.people[at].refused.append(head)
        chunks, self.tails[at] = unchunked(raw) if self.begun[at] else ([], raw)
        self.ended += b"" in chunks
        *whole, self.texts[at] = b"".join([self.texts[at], *chunks]).split(b"\n\n")
        for event in whole:
            self.people[at].hears(event)


def tokens_for(world, names):
    """As `token issue` makes them (token.c), by the record of one that it made: two hundred calls take long."""
    first = world.issue("person", "--person", names[0])
    public = first.split("_")[1]
    key = next(key.decode() for key in world.redis.keys("b:*") if key.decode().endswith(":" + public))
    record, tokens = world.redis.get(key), {names[0]: first}
    was = hashlib.blake2b(base64.urlsafe_b64decode(first[-43:] + "="), digest_size=32).digest()
    assert was in record and names[0].encode() in record, record
    for name in names[1:]:
        secret, mine = secrets.token_bytes(32), public[:-4] + name.replace("p", "0")
        now = hashlib.blake2b(secret, digest_size=32).digest()
        world.redis.set(key.replace(public, mine), record.replace(was, now).replace(names[0].encode(), name.encode()))
        tokens[name] = f"bs_{mine}_{base64.urlsafe_b64encode(secret).decode()[:43]}"
    return tokens
