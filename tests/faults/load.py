"""Customers and people under whom the faults happen: a steady load of contacts with known keys, each seen to its end.

Customers come at a fixed rate, whatever the answers (as long as fewer than WAITING_MAX are without one). They are
careful: the same request with the same key, at the other intake too, until there is an answer but 503 and 429, after a
pause that Retry-After and PAUSE_MAX bound. People act on what they are told, and on nothing else: so a notice that
never comes leaves a contact without an end, and the check finds it.

  mail   accepted at once; its owner replies, then resolves it; acknowledgement and reply go to the customer's callback
  form   offered; accepted, then resolved
  soon   nobody answers until its promise is broken and the lead is told: then it is resolved
  post   as mail, with notices to its owner by SMTP and the answer spoken
  quick  its owner sits there, reads the log, and resolves it as soon as it is theirs
"""
import asyncio
import bisect
import contextlib
import json
import random
import re
import time

KINDS = ("quick mail quick form quick soon quick mail quick form "
         "quick soon quick mail quick form quick soon quick post").split()
QUICK, QUICK_S = "quinn", 0.2
WAITING_MAX, REQUEST_S, PAUSE_MAX, AVOID_S = 500, 2.0, 1.0, 0.5
KEEP_MAX = 64  # idle connections to one intake
RENEW_S = 1.0  # presence
SUBJECT = re.compile(r"(mail|form|soon|post|quick|canary) of (\S+)")


class Link:
    """Keep-alive connections to one intake."""

    def __init__(self, service):
        self.service, self.idle, self.avoid_until = service, [], 0.0

    async def ask(self, head, body):
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                break
            writer.close()
        else:
            reader, writer = await asyncio.open_connection(self.service.host, self.service.port)
        done = False
        try:
            writer.write(head + body)
            answer = await self.read(reader)
            done = True
            return answer
        finally:
            if done and len(self.idle) < KEEP_MAX:
                self.idle.append((reader, writer))
            else:
                writer.transport.abort()

    @staticmethod
    async def read(reader):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.I)
        again = re.search(rb"retry-after: *(\d+)", head, re.I)
        body = await reader.readexactly(int(length[1])) if length else b""
        return int(head[9:12]), int(again[1]) if again else 0, body

    def close(self):
        while self.idle:
            self.idle.pop()[1].transport.abort()


class Load:
    """All of it runs on the loop of the far sides. `key` tells runs apart."""

    def __init__(self, world, records, rate, key="c"):
        self.world, self.records, self.rate, self.key = world, records, rate, key
        self.links = [Link(service) for service in world.of("intake")]
        self.acknowledged, self.times = {}, []  # key -> contact; when
        self.owners, self.acting, self.resolved, self.errors = {}, set(), set(), []
        self.going, self.submitting, self.waiting, self.refused, self.asked = True, True, 0, 0, 0
        self.draw, self.tasks = random.Random(key), set()
        self.people = []

    def start(self, *people):
        self.people = people
        self.records.told = self.told
        self.records.loop.call_soon_threadsafe(lambda: (self.begin(self.customers()), self.begin(self.presence())))

    def begin(self, coroutine):
        task = self.records.loop.create_task(self.guard(coroutine))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def guard(self, coroutine):
        try:
            await coroutine
        except AssertionError as error:
            self.errors.append(str(error))

    # -- requests

    def link(self):
        now = time.monotonic()
        fine = [link for link in self.links if link.avoid_until <= now]
        return self.draw.choice(fine or self.links)

    async def insist(self, method, path, body=None, key=None):
        """The answer: status and what it said. Ends without one only when the load is closed."""
        body = json.dumps(body).encode() if body is not None else b""
        head = (f"{method} {path} HTTP/1.1\r\nHost: buckstop\r\nAuthorization: Bearer {self.world.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                + (f"Idempotency-Key: {key}\r\n" if key else "") + "\r\n").encode()
        while self.going:
            link = self.link()
            pause = 0.05
            try:
                async with asyncio.timeout(REQUEST_S):
                    status, again, answer = await link.ask(head, body)
                if status not in (503, 429):
                    return status, answer
                pause = min(max(again, 0.1), PAUSE_MAX) * self.draw.uniform(0.3, 1)
                self.refused += 1
            except (OSError, EOFError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                link.avoid_until = time.monotonic() + AVOID_S
                link.close()
            await asyncio.sleep(pause)  # a client's back-off
        return 0, b""

    # -- customers

    async def customers(self):
        began, n = time.monotonic(), 0
        while self.submitting:
            now = time.monotonic()
            while n < (now - began) * self.rate:
                n += 1
                if self.waiting < WAITING_MAX:
                    self.begin(self.customer(n))
            await asyncio.sleep(0.005)

    async def customer(self, n):
        kind = KINDS[n % len(KINDS)]
        contact = await self.submit(kind, f"{self.key}-{n}")
        while kind == "quick" and contact and self.going:
            status, _ = await self.act(contact, "resolve", QUICK, text="done")
            if status == 200:
                self.resolved.add(contact)
                return
            await asyncio.sleep(QUICK_S)  # it is not theirs yet

    async def submit(self, kind, key):
        body = {"channel": kind, "subject": f"{kind} of {key}", "text": "Where is my card? I wait since Monday.",
                "customer": key}
        if kind == "mail":
            body |= {"return_way": "callback", "return_to": self.records.url("/customer")}
        self.asked += 1
        self.waiting += 1
        status, answer = await self.insist("POST", "/v1/contacts", body, key)
        self.waiting -= 1
        if status == 0:
            return None
        assert status == 202, f"{key}: {status} {answer[:300]!r}"
        self.acknowledged[key] = json.loads(answer)["contact"]
        self.times.append(time.monotonic())
        return self.acknowledged[key]

    # -- people

    def told(self, notice):
        """Called where a far side took it, on the loop; twice for a double: the key makes that harmless."""
        found = SUBJECT.search(notice.subject)
        if not found or not self.going:
            return
        kind = found[1]
        does = {("offer", "form"): self.accept, ("assigned", "mail"): self.answer, ("assigned", "post"): self.answer,
                ("assigned", "canary"): self.resolve, ("step", "soon"): self.resolve}.get((notice.purpose, kind))
        if notice.purpose == "assigned":
            self.owners[notice.contact] = notice.person
        if does and (notice.contact, does) not in self.acting:
            self.acting.add((notice.contact, does))
            self.begin(self.acts(does, notice))

    async def acts(self, does, notice):
        try:
            await does(notice)
        finally:
            self.acting.discard((notice.contact, does))

    async def accept(self, notice):
        status, _ = await self.act(notice.contact, "accept", notice.person)
        if status in (200, 409):  # 409: taken back meanwhile; who owns it is looked up
            self.owners[notice.contact] = notice.person
            await self.resolve(notice)

    async def answer(self, notice):
        status, _ = await self.act(notice.contact, "reply", notice.person, text="here you are")
        if status == 200:
            await self.resolve(notice)

    async def resolve(self, notice):
        """By its owner, whoever that is by now. Without an owner: somebody will be told again."""
        contact = notice.contact
        owner = self.owners.get(contact, notice.person)
        status, _ = await self.act(contact, "resolve", owner, text="done")
        if status == 409:
            status, answer = await self.insist("GET", "/v1/contacts/" + contact)
            view = json.loads(answer) if status == 200 else {}
            if view.get("state") in ("resolved", "closed"):
                status = 200
            elif view.get("accountable"):
                status, _ = await self.act(contact, "resolve", view["accountable"], text="done")
        if status == 200:
            self.resolved.add(contact)
            self.owners.pop(contact, None)

    async def act(self, contact, action, person, **more):
        body = {"action": action, "person": person, **more}
        status, answer = await self.insist("POST", f"/v1/contacts/{contact}/actions", body,
                                           f"{contact}-{action}-{person}")
        assert status in (0, 200, 409), f"{action} {contact} by {person}: {status} {answer[:300]!r}"
        return status, answer

    async def presence(self):
        while self.going:
            for person in self.people:
                self.begin(self.insist("PUT", f"/v1/people/{person}/presence"))
            await asyncio.sleep(RENEW_S)

    # -- asked from outside the loop

    def submit_canary(self, key):
        self.records.loop.call_soon_threadsafe(lambda: self.begin(self.submit("canary", key)))

    def go_on(self):
        assert not self.errors, "\n".join(self.errors[:5])
        return True

    def count(self, began, ended):
        """Acknowledged between two moments."""
        return bisect.bisect_left(self.times, ended) - bisect.bisect_left(self.times, began)

    def rate_in(self, began, ended):
        return self.count(began, ended) / max(ended - began, 0.001)

    def unresolved(self):
        """key -> contact: acknowledged, and not brought to its end."""
        return {key: contact for key, contact in dict(self.acknowledged).items() if contact not in self.resolved}

    def stop_customers(self):
        self.submitting = False

    def close(self):
        self.going = self.submitting = False
        with contextlib.suppress(RuntimeError):
            self.records.loop.call_soon_threadsafe(lambda: [link.close() for link in self.links])
