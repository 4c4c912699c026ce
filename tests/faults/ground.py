"""The ground on which faults happen: two of every service, a private Redis, far sides, a steady load; over TCP in
network namespaces when this machine lets us make them, else over unix sockets.

What a fault may use (a module kinds_*.py exports KINDS = {name: function}; fault (ground, draw) makes the fault, waits
a bounded time, undoes it, and returns in a few words what it did, say to whom; False: there was nothing to do it to,
so another follows):

  ground.world       processes: world.services, world.of ("intake"), world["routing-2"], world.redis (a client over its
                     unix socket), world.end_redis (), world.start_redis (); see tests/live/world.py
  ground.records     the far sides: records.behave[path] for calls ("/people", "/customer"), ["smtp"] for mail
  ground.network     cuts packets (network.py); None: no namespaces here. NEEDS_NETWORK = True in a module leaves it out
  ground.load        customers and people; load.acknowledged is key -> contact
  ground.one (draw)  one service, drawn;  ground.for_a_while (draw, least, most)  seconds that pass
  ground.until (what, condition, seconds)
  ground.expects (pattern, ...)  lines of level error that this fault may cause, until the next one
  ground.afterwards (look)       look () is called once all is well again, before the next fault
  ground.events      the workspace's events (check.py): events.newest (), events.facts_after (number)
  ground.excuse (contact)        it is out of reach for good: the check at the end leaves it out
  ground.long        the long form: there is time
A fault that finds wrong what it looks at raises AssertionError. Skipped (why) says that this machine can't.
"""
import contextlib
import http.client
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "live"))
# pylint: disable=wrong-import-position
import world as w
from check import Events
from load import Load
from network import WORLD, Network
from records import Records
from world import Skipped

__all__ = ["Ground", "Skipped", "WORLD"]

POLICY = """workspace: desk
last_resort: dana
manager: eve
default_team: front
mail_from: desk@example.com
channels:
  mail: { weight: 1, accept: auto, answer: callback }
  form: { weight: 1, offer: 30s, answer: spoken }
  soon: { weight: 1, accept: auto, answer: spoken }
  post: { weight: 1, accept: auto, answer: spoken }
  quick: { weight: 1, accept: auto, answer: spoken }
  canary: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000, ways: [{ webhook: "PEOPLE", secret: pager }] }
  ben: { name: Ben K., capacity: 100000, ways: [{ webhook: "PEOPLE", secret: pager }] }
  cara: { name: Cara M., capacity: 100000, ways: [{ webhook: "PEOPLE", secret: pager }] }
  mia: { name: Mia S., capacity: 100000, ways: [{ mail: mia@example.com }] }
  quinn: { name: Quinn T., capacity: 100000 }
  dana: { name: Dana R., ways: [{ webhook: "PEOPLE", secret: pager }] }
  eve: { name: Eve T., ways: [{ webhook: "PEOPLE", secret: pager }] }
teams:
  front: { lead: dana, members: [ada, ben] }
  post: { lead: dana, members: [mia] }
  canaries: { lead: dana, members: [cara] }
  quick: { lead: dana, members: [quinn] }
rules:
  - { name: quick, when: { channel: quick }, then: { team: quick } }
  - { name: post, when: { channel: post }, then: { team: post } }
  - { name: canary, when: { channel: canary }, then: { team: canaries } }
promises:
  - { when: { channel: soon }, first_response: 1s, ladder: steep }
  - { when: { channel: mail }, first_response: 60s, ladder: steep }
ladders:
  steep:
    - { at: 50%, tell: [owner] }
    - { at: due, tell: [lead] }
    - { after: 10s, tell: [manager] }
  default:
    - { at: due, tell: [lead] }
templates:
  assigned:
    subject: "assigned: {subject}"
    body: "assigned {contact}"
settings: { presence: 10s, decline: 2s, reopen: 20s, makeups: 0 }
"""
PEOPLE = ("ada", "ben", "cara", "mia", "quinn", "dana", "eve")
PRESENCE_S = 10
RATE, WELL_S = 115, 30
TWO = {kind: 2 for kind in w.KINDS}
NAMES = ["redis"] + [f"{kind}-{n}" for kind in w.KINDS for n in (1, 2)]


class Ground:
    def __init__(self, stack, key, rate=RATE, long=False, network=True):
        """key: tells the contacts of several grounds apart."""
        self.long, self.excused, self.expected, self.looks, self.read, self.canaries = long, set(), [], [], {}, 0
        self.network, self.why_no_network = self.make_network(stack) if network else (None, "not asked for")
        self.records = Records(self.network.address(WORLD) if self.network else "127.0.0.1")
        stack.callback(self.records.close)
        smtp = f"smtp://{self.records.host}:{self.records.smtp_port}"
        policy = POLICY.replace("PEOPLE", self.records.url("/people"))
        self.world = w.World(policy, replicas=TWO, network=self.network, options={
            "notification": ["--smtp", smtp, "--attempt-ms", "3000"]})
        stack.callback(self.world.close)
        self.world.start()
        self.events = Events(stack, self.world)
        self.load = Load(self.world, self.records, rate, key)
        stack.callback(self.load.close)
        self.world.present(*PEOPLE)
        self.load.start(*PEOPLE)

    @staticmethod
    def make_network(stack):
        try:
            network = Network(NAMES)
        except OSError as error:
            return None, str(error)
        stack.callback(network.close)
        return network, ""

    # -- for faults

    until = staticmethod(w.until)

    def one(self, draw):
        return draw.choice(list(self.world.services.values()))

    @staticmethod
    def for_a_while(draw, least, most):
        over = time.monotonic() + draw.uniform(least, most)
        w.until("it was long enough", lambda: time.monotonic() > over, most + 10)

    def expects(self, *patterns):
        self.expected += patterns

    def afterwards(self, look):
        self.looks.append(look)

    def excuse(self, contact):
        self.excused.add(contact)

    # -- around each

    def loaded(self, per_second, seconds=20):
        """The rate of acknowledged contacts over the last second, once it is that high."""
        end = time.monotonic() + seconds
        while True:
            self.load.go_on()
            now = time.monotonic()
            rate = self.load.rate_in(now - 1, now)
            if rate >= per_second or now > end:
                return rate
            w.until("some time has passed", lambda over=now + 0.05: time.monotonic() > over)

    def well(self):
        """Ready, all of them, and a fresh contact is accepted, routed and told; bounded. Nobody ended by itself."""
        end = time.monotonic() + WELL_S * (2 if self.long else 1)  # the backlog of a minute
        left = lambda: max(end - time.monotonic(), 0.1)
        for service in self.world.services.values():
            w.until(lambda s=service: f"{s.name} is ready: {s.text()[-2000:]}", lambda s=service: self.is_ready(s),
                    left())
        self.canaries += 1
        key = f"{self.load.key}-canary-{self.canaries}"
        self.load.submit_canary(key)
        contact = w.until("a fresh contact is accepted", lambda: self.load.acknowledged.get(key), left())
        w.until(lambda: f"its owner is told, and resolves it: {self.story(contact)}",
                lambda: contact in self.load.resolved, left())
        self.load.go_on()

    def story(self, contact):
        """What happened to one, in short."""
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            view = self.world.view(contact)
            facts = [{k: fact[k] for k in fact if k != "text"} for fact in w.facts_of(view)]
            return f"{contact}: {view['state']}, owner {view.get('owner')}, {facts}"
        return f"{contact} can't be asked about"

    def look(self):
        """What a fault wanted to see once all is well."""
        while self.looks:
            self.looks.pop()()

    @staticmethod
    def is_ready(service):
        """A service that was started without a wait is found by what it says of its ports."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return (service.health or service.finds_health()) and service.ready()
        return False

    def errors(self):
        """Lines of level error that nobody has expected, since this was asked before."""
        found = []
        for service in self.world.services.values():
            if not service.starts:
                continue
            known, at = self.read.get(service.name, ("", 0))
            if known != service.log:
                at = 0
            with open(service.log, encoding="utf-8", errors="replace") as log:
                log.seek(at)
                text = log.read()
            whole = text[:text.rfind("\n") + 1]
            self.read[service.name] = (service.log, at + len(whole.encode(errors="replace")))
            found += [f"{service.name}: {line}" for line in whole.splitlines() if self.is_error(line)]
        return found

    def is_error(self, line):
        if not line.startswith("{"):
            return True  # libraries that complain, and sanitizers
        row = json.loads(line)
        return row["level"] == "error" and not any(re.search(pattern, line) for pattern in self.expected)

    def settle(self, seconds=150):
        """No new customers; what was accepted comes to its end, and the outbox empties."""
        self.load.stop_customers()
        w.until(lambda: f"all customers have an answer: {self.load.waiting} wait", lambda: self.load.waiting == 0, 30)

        def open_still():
            return {k: c for k, c in self.load.unresolved().items() if c not in self.excused}

        def stories():
            return "\n".join(self.story(contact) for contact in list(open_still().values())[:3])

        w.until(lambda: f"people resolve all: {len(open_still())} are open still: {stories()}",
                lambda: self.load.go_on() and not open_still(), seconds)
        w.until("the outbox is empty", self.world.settled, seconds)
