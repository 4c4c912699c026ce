#!/usr/bin/python3
"""Every kind of key in the store poisoned in turn, while contacts flow: wrong type, cut short, garbage behind a good
head, a first byte of no schema, a newer schema, empty.

Each row says what stands still while its key is bad: the record itself, its contact, its workspace, or its shard. All
else goes on: contacts of the same workspace, of another on the same shard, and of one on another shard are accepted,
routed, told and escalated. The request that names the bad record is refused in words, the last resort is told,
`buckstop audit` names it, no process spins and no line is said over and over. Once what belongs there is put back, all is well by
itself. A record of a newer schema is left alone, byte for byte.

Each kind of key is played in one way, drawn from BUCKSTOP_SEED; BUCKSTOP_POISON=NAME[,NAME...] or `all` plays these
kinds in every way. Ends with "N passed, N failed".
"""
import collections
import itertools
import json
import os
import random
import sys
import time

import poison
import world as w
from poison_cases import KINDS

POLICY = """workspace: DESK
last_resort: dana
channels:
  mail: { weight: 1, accept: auto, answer: spoken }
  form: { weight: 1, offer: 1h, answer: spoken }
  soon: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000, ways: [{ webhook: "HOOK", secret: pager }] }
  pat: { name: Pat M., capacity: 100000, ways: [{ webhook: "HOOK", secret: pager }] }
  dana: { name: Dana R., ways: [{ webhook: "HOOK", secret: pager }] }
teams:
  front: { lead: dana, members: [ada] }
  back: { lead: dana, members: [pat] }
rules:
  - { name: form, when: { channel: form }, then: { team: back } }
  - { name: rest, then: { team: front } }
promises:
  - { when: { channel: soon }, first_response: 1s, acknowledge: 1h, ladder: quiet }
ladders:
  quiet:
    - { at: due, tell: [lead] }
settings: { presence: 1h, makeups: 0 }
"""
LEASE_MS = 500
LINES_MAX = 6     # the same line about the same thing, while a key is bad
SHARE_MAX = 0.6   # of a core, by one process, while a key is bad
LATE_S = 8        # a step's lateness on this machine, at most


class Desk:
    """One workspace: who asks there, and what they were promised."""

    def __init__(self, world, receiver, name):
        self.world, self.receiver, self.name, self.shard = world, receiver, name, poison.shard_of(name)
        world.apply(POLICY.replace("HOOK", receiver.url("/" + name)).replace("DESK", name))
        self.token = world.cli("token", "issue", "--scope", "operator", "--workspace", name).strip()
        self.keys = itertools.count()

    def ask(self, method, path, body=None, key=None):
        """A store that had no time says nothing of the key that is bad: it is asked again, as a careful client does."""
        key = key or (f"{self.name}-{next(self.keys)}" if method == "POST" else None)
        for _ in range(4):
            answer = self.world.ask(method, path, body, key, token=self.token)
            if answer.status != 503 or answer["code"] != "store-away":
                break
        return answer

    def present(self):
        for person in ("ada", "pat", "dana"):
            w.until(f"{person} is here", lambda p=person: self.ask("PUT", f"/v1/people/{p}/presence").status == 200)

    def submit(self, channel, **more):
        body = {"channel": channel, "text": "hello", "customer": "kim", "return_way": "spoken", **more}
        answer = self.ask("POST", "/v1/contacts", body)
        assert answer.status == 202, answer
        return answer["contact"]

    def told(self, contact, purpose, person):
        return self.receiver.told().get((contact, purpose, person))

    def flow(self, seconds=LATE_S):
        """Accepted, routed, told, escalated."""
        late = self.submit("soon")
        for _ in range(5):
            contact = self.submit("mail")
            w.until(f"{self.name}: it is told", lambda c=contact: self.told(c, "assigned", "ada"), seconds)
        w.until(f"{self.name}: its step is told", lambda: self.told(late, "step", "dana"), seconds)

    def key(self, *words):
        return ":".join((f"b:{{{self.shard}}}",) + words)


class Ground:
    """Three workspaces: the one with the bad key, a neighbour on its shard, one far away."""

    def __init__(self, stack):
        self.receiver = w.open_receiver(stack)
        self.world = w.open_world(stack, POLICY.replace("HOOK", self.receiver.url("/desk")).replace("DESK", "desk"),
                                  options={"escalation": ["--lease-ms", str(LEASE_MS)]})
        near, far = poison.neighbours("desk")
        self.desk, self.near, self.far = (Desk(self.world, self.receiver, name) for name in ("desk", near, far))
        for desk in self.desks():
            desk.present()
            desk.flow()

    def desks(self):
        return self.desk, self.near, self.far

    def set_aside(self, after):
        """The facts of what was set aside since that event."""
        events, page = [], {"events": True}
        while page["events"]:
            page = self.desk.ask("GET", f"/v1/events?after={after}&limit=250").json()
            events += page["events"]
            after = events[-1]["number"] if events else after
        return [dict(fact, contact=event.get("contact", "")) for event in events for fact in event["facts"]
                if fact["fact"] == "set_aside"]

    def newest(self):
        return self.desk.ask("GET", "/v1/events?limit=1&after=0")["newest"]


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Quiet:
    """Nobody spins, nobody dies, nobody says the same over and over, between begin and end."""

    def __init__(self, world):
        self.world, self.began = world, time.monotonic()
        self.cpu = {name: cpu_of(service.process.pid) for name, service in world.services.items()}
        self.lines = {name: len(service.facts()) for name, service in world.services.items()}

    def check(self):
        took = time.monotonic() - self.began
        wrong = []
        for name, service in self.world.services.items():
            assert service.process.poll() is None, f"{name} ended: {service.text()[-3000:]}"
            share = (cpu_of(service.process.pid) - self.cpu[name]) / took
            if share > SHARE_MAX:
                wrong.append(f"{name} takes {share:.2f} of a core for {took:.1f} s")
            said = collections.Counter(json.dumps({k: v for k, v in row.items() if k not in ("time", "at", "level")})
                                       for row in service.facts()[self.lines[name]:]
                                       if row["level"] in ("error", "warning"))
            wrong += [f"{name} said {n} times in {took:.1f} s: {line}" for line, n in said.items() if n > LINES_MAX]
        return wrong


# ---- one of them, in one way -------------------------------------------------------------------------

def refused_in_words(answer, statuses):
    """Done, or a problem document; one of these, where they are named."""
    if answer is None:
        return ""
    if statuses and answer.status not in statuses:
        return f"answered with {answer}"
    if answer.status >= 400:
        try:
            problem = answer.json()
        except ValueError:
            return f"refused without words: {answer}"
        if not problem.get("code") or not problem.get("detail"):
            return f"refused without words: {answer}"
    return ""


def audit_names(world, subject):
    """It says so, and exits 1."""
    done = world.call("audit", "--json")
    findings = json.loads(done.stdout)["findings"] if done.stdout.startswith("{") else []
    named = [finding for finding in findings if subject in finding["subject"] or subject in finding["detail"]]
    return done.returncode == 1 and named, f"audit: {done.returncode} {findings[:4]} {done.stderr[-300:]}"


def stands_still(case, desk):
    return (case.stops == "shard" and desk.name != case.ground.far.name) or (case.stops == "desk" and desk is case.desk)


def attempt(wrong, what, call):
    """What fails is noted; the rest is looked at, too."""
    try:
        return call()
    except Exception as error:  # pylint: disable=broad-except
        wrong.append(f"{what}: {str(error)[:600]}")
        return None


def play(ground, kind, way):
    """What does not hold, in words."""
    wrong, case = [], kind(ground)
    case.prepare()
    after, quiet = ground.newest(), Quiet(ground.world)
    bad = poison.Poison(ground.world.redis, case.key, way, random.Random(7))
    assert bad.plant(), case.key
    try:
        answer = attempt(wrong, "request", case.request)
        if answer is not None:
            words = refused_in_words(answer, case.refused)
            wrong += [words] if words else []
        for desk in ground.desks():
            if not stands_still(case, desk):
                attempt(wrong, f"{desk.name} goes on", desk.flow)
        if way is poison.newer:
            w.until("attempts would have been counted", lambda: time.monotonic() > quiet.began + 4)
            if not bad.untouched():
                wrong.append("a newer record was changed")
        elif case.ours:
            attempt(wrong, "it is said", lambda: said(ground, case, after))
        if way is not poison.newer and case.subject:
            named, words = audit_names(ground.world, case.subject)
            if not named:
                wrong.append(words)
        wrong += quiet.check()
    finally:
        case.mended = bad.mend()
    attempt(wrong, "after it was mended", case.well)
    for desk in ground.desks():
        attempt(wrong, f"{desk.name} after it was mended", lambda d=desk: d.flow(20))
    attempt(wrong, "the outbox is empty", lambda: w.until("settled", ground.world.settled, 30))
    attempt(wrong, "audit after it was mended", lambda: w.until(
        lambda: ground.world.call("audit").stdout[-2000:], lambda: ground.world.call("audit").returncode == 0, 30))
    return wrong


def said(ground, case, after):
    """By the log, by an event where events can be written, and to the last resort."""
    def logged():
        return any(case.ours in service.text() for service in ground.world.services.values())

    def told():
        return any(case.ours in call.body.decode(errors="replace") and '"dana"' in call.body.decode(errors="replace")
                   and "set aside" in call.body.decode(errors="replace")
                   for call in list(ground.receiver.calls))

    w.until("the log names it", logged, 15)
    if case.stops == "nothing":
        w.until("an event names it", lambda: any(case.ours in json.dumps(fact) for fact in ground.set_aside(after)), 40)
        w.until("the last resort is told", told, 15)


def rows():
    """(kind, way) that are played."""
    wanted = os.environ.get("BUCKSTOP_POISON", "")
    if wanted:
        return [(kind, way) for kind in KINDS for way in kind.ways if wanted == "all" or kind.name in wanted.split(",")]
    seed = int(os.environ.get("BUCKSTOP_SEED", random.randrange(1 << 30)))
    print(f"      BUCKSTOP_SEED={seed}", flush=True)
    draw = random.Random(seed)
    return [(kind, draw.choice(kind.ways)) for kind in KINDS]


def poisoned(stack):
    ground, wrong = Ground(stack), []
    for kind, way in rows():
        began = time.monotonic()
        found = play(ground, kind, way)
        print(f"      {kind.name} {way.__name__}: {time.monotonic() - began:.1f} s"
              + "".join("\n        ! " + line for line in found), flush=True)
        wrong += [f"{kind.name} {way.__name__}: {line}" for line in found]
    assert not wrong, "\n".join(wrong)


CASES = [poisoned]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
