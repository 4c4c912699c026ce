#!/usr/bin/python3
"""A service killed between any two of its five steps, one kill point after the other, while customers go on.

Every contact that was acknowledged is there exactly once, every promise was ended at most once, and every notice
arrived, under one id: a double carries the id of the first. The points are read from the sources, so that a new one is
tried without being listed; work.c gives its own to each service. Ends with "N passed, N failed".
"""
import collections
import pathlib
import re
import sys
import time

import world as w

POLICY = """workspace: desk
last_resort: dana
default_team: front
channels:
  mail: { weight: 1, accept: auto, answer: callback }
  form: { weight: 1, offer: 1m, answer: callback }
  soon: { weight: 1, accept: auto, answer: spoken }
  phone: { weight: 50, accept: auto, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000, ways: [{ webhook: "HOOK", secret: pager }] }
  ben: { name: Ben K., capacity: 100000, ways: [{ webhook: "HOOK", secret: pager }] }
  pat: { name: Pat M., capacity: 100, ways: [{ webhook: "HOOK", secret: pager }] }
  dana: { name: Dana R., ways: [{ webhook: "HOOK", secret: pager }] }
teams:
  front: { lead: dana, members: [ada, ben] }
  phones: { lead: dana, members: [pat] }
rules:
  - { name: phone, when: { channel: phone }, then: { team: phones } }
promises:
  - { when: { channel: soon }, first_response: 1s, acknowledge: 1h, ladder: quiet }
ladders:
  quiet:
    - { at: due, tell: [lead] }
settings: { presence: 1h, makeups: 0 }
"""
# passed by a race only: the record moved between its lease and its commit
BY_RACE = {"escalation.before-load"}
PASS = 3  # the process ends at this one: what came before is under way
FIRST = {"escalation.before-load", "routing.after-load"}  # passed seldom: at the first one


def kill_points():
    """service -> names, from the sources, of those who commit what happens to contacts (archive: test_archive.py)."""
    found = collections.defaultdict(set)
    root = pathlib.Path(w.ROOT)
    for source in root.glob("services/*/*.c"):
        for service, step in re.findall(r'kill_point \("(\w+)\.([\w-]+)"\)', source.read_text()):
            if service in w.KINDS:
                found[service].add(f"{service}.{step}")
    for step in re.findall(r'pass \(self, "([\w-]+)"\)', (root / "common/service/work.c").read_text()):
        for service in w.KINDS:
            found[service].add(f"{service}.{step}")
    return found


class Lives:
    """What customers and people do, in turns; each request is sent again until it is answered."""

    def __init__(self, world, callback):
        self.world, self.callback = world, callback

    def one(self, who, key):
        return (self.mail, self.mail, self.form, self.soon, self.soon, self.phone, self.phone, self.phone)[who](key)

    def submit(self, channel, key, **more):
        more.setdefault("return_way", "spoken")
        return self.world.submit(channel, key, subject=key, customer=key, **more)

    def owner(self, contact):
        return w.until("somebody owns it", lambda: self.world.view(contact).get("owner"), 90)

    def done(self, answer):
        assert answer.status == 200, answer

    def mail(self, key):
        contact = self.submit("mail", key, return_way="callback", return_to=self.callback)
        self.done(self.world.act(contact, "reply", self.owner(contact), key + "r", text="here you are"))
        return contact

    def form(self, key):
        contact = self.submit("form", key)
        answer = self.world.insist("POST", f"/v1/contacts/{contact}/messages", {"text": "and more"}, key + "m")
        assert answer.status == 202, answer
        person = w.until("it is offered", lambda: self.world.view(contact).get("offered_to"), 30)
        self.done(self.world.act(contact, "accept", person, key + "a"))
        return contact

    def phone(self, key):
        """Three customers, and one person with room for two: somebody always waits."""
        contact = self.submit("phone", key)
        self.done(self.world.act(contact, "note", self.owner(contact), key + "n", text="rang"))
        again = self.submit("phone", key + "+", text="and again")
        self.done(self.world.act(contact, "resolve", "pat", key + "r", text="done"))
        self.done(self.world.act(again, "resolve", self.owner(again), key + "+r", text="done"))
        return contact

    def soon(self, key):
        """Somebody writes to it in the very moment in which its promise breaks."""
        contact = self.submit("soon", key)
        due, n = time.monotonic() + 0.9, 0
        w.until("its promise is near", lambda: time.monotonic() >= due)
        while self.world.view(contact)["counts"]["broken"] == 0:
            n += 1
            self.done(self.world.act(contact, "note", "dana", f"{key}n{n}", text="soon"))
        return contact


def every_point(stack):
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY.replace("HOOK", receiver.url("/hook")), replicas={"intake": 2})
    points = kill_points()
    for service, names in points.items():
        assert len(names) >= 4, f"{service} has only {sorted(names)}"
    world.present("ada", "ben", "pat", "dana")
    lives = w.Customers(world, Lives(world, receiver.url("/customer")).one, 8)
    order = sorted((name.split(".")[1], name) for names in points.values() for name in names)  # services in turns
    never = []
    for _, point in order:
        service = world[point.split(".")[0]]
        lives.more(3)
        if service.kind == "routing":  # so that it finds something to load when it comes back
            w.until("somebody waits", lambda: lives.go_on() and world.count("b:{*}:q:desk"))
        service.kill()
        service.start(wait=False, BUCKSTOP_KILL_AT=point, BUCKSTOP_KILL_COUNT=str(1 if point in FIRST else PASS))
        try:
            service.wait_killed(5 if point in BY_RACE else 60)
        except AssertionError:
            never.append(point)
        service.start()
    lives.more(12)
    contacts = lives.end()
    assert set(never) <= BY_RACE, f"never came to {never}"
    print(f"      {len(order)} kill points, {len(contacts)} rounds; not met: {never or 'none'}")
    check(world, receiver, contacts)


def check(world, receiver, contacts):
    w.until("the outbox is empty", world.settled, 60)
    views = {key: world.view(contact) for key, contact in contacts.items()}
    everyone = collections.Counter(contact["customer"] for contact in world.contacts())
    twice = [key for key, n in everyone.items() if n > 1]
    assert not twice, f"there more than once: {twice}"
    told, ids = receiver.told(), receiver.ids_by_contact()
    for key, view in views.items():
        assert view["customer"] == key, (key, view)
        w.told_once(view, ids[view["contact"]])
        check_told(view, told)
        counts = view["counts"]
        pending = sum(promise["state"] == "pending" for promise in view["promises"])
        assert counts["opened"] == pending + counts["kept"] + counts["broken"] + counts["released"], view
    purposes = collections.Counter(purpose for _, purpose, _ in told)
    print("      " + ", ".join(f"{n} {purpose}" for purpose, n in sorted(purposes.items())),
          f"in {len(receiver.calls)} calls")
    world.audit()


def check_told(view, told):
    """What must be told was told, and answered once."""
    contact, owner, counts = view["contact"], view.get("owner"), w.count_facts(view)
    needed = {"mail": [("assigned", owner), ("reply", "")], "soon": [("assigned", owner), ("step", "dana")]}
    for purpose, person in needed.get(view["channel"], []):
        ids = told[contact, purpose, person]
        assert len(ids) == 1, (purpose, person, ids, counts, contact)
    if view["channel"] == "mail":
        assert counts["replied"] == 1 and counts["promise_kept"] >= 1, counts


CASES = [every_point]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
