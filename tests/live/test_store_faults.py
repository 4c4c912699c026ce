#!/usr/bin/python3
"""The whole system while its Redis is away, killed, stopped, power_failure, slow, nearly full, or loses connections.

What waits is answered 503 with Retry-After within a second, health answers, nothing hangs; after the return every
contact that was answered 202 is there once, and timers go on. Ends with "N passed, N failed".
"""
import collections
import contextlib
import glob
import http.client
import os
import signal
import sys
import threading
import time

import redis

import losses
import world as w
from breath import Took

POLICY = """workspace: desk
last_resort: dana
default_team: front
channels:
  mail: { weight: 1, accept: auto, answer: spoken }
  soon: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000, ways: [{ webhook: "HOOK", secret: pager }] }
  dana: { name: Dana R., ways: [{ webhook: "HOOK", secret: pager }] }
teams:
  front: { lead: dana, members: [ada] }
promises:
  - { when: { channel: soon }, first_response: 2s, ladder: quiet }
ladders:
  quiet:
    - { at: due, tell: [lead] }
settings: { presence: 1h, makeups: 0 }
"""
DUE_S = 2.2  # by then a promise of `soon` is overdue
HANGS = 3.0  # seconds: no answer takes that long, whatever happens
# Intake waits for half a second and answers within one; later on a machine that held its breath for so long, or kept intake
# waiting for a processor.
PAUSED_S = 0.1


class Load:
    """Customers who do not insist: each answer is looked at. Those not accepted are sent again with their key."""

    def __init__(self, world, n=6):
        self.world, self.accepted, self.refused, self.slowest, self.lost = world, {}, 0, 0.0, 0
        self.took, self.waited, self.customers = Took(), waited(world), w.Customers(world, self.one, n)

    def one(self, _who, key):
        while True:
            took = Took(soon=True)
            answer = self.world.ask("POST", "/v1/contacts", {"channel": "mail", "text": "hello", "customer": key}, key)
            passed = time.monotonic() - took.began
            self.slowest = max(self.slowest, passed if passed < HANGS else took.seconds())
            if answer.status == 202:
                self.accepted[key] = answer["contact"]
                return answer["contact"]
            assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, answer
            assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
            self.refused += 1
            if self.world.closing or not self.customers.going:
                return None
            threading.Event().wait(0.02)

    def refuses(self, n):
        had = self.refused
        w.until(f"{n} refusals", lambda: self.customers.go_on() and self.refused >= had + n)

    def end(self):
        self.customers.end()
        assert self.slowest < HANGS, self.slowest
        late = answers_above_a_second(self.world)
        held = max(self.took.held(), waited(self.world) - self.waited)
        assert late == 0 or held > PAUSED_S, f"{late} requests were answered after more than a second"
        print(f"      {len(self.accepted)} accepted, {self.refused} refused, slowest {self.slowest:.2f} s")
        once_each(self.world, self.accepted)


def waited(world):
    """How long intake's loop has waited for a processor, seconds (the kernel's word)."""
    with open(f"/proc/{world['intake'].process.pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9


def answers_above_a_second(world):
    intake = world["intake"]
    in_time = intake.metric('buckstop_intake_answer_seconds_bucket{le="1"}')
    return intake.metric("buckstop_intake_answer_seconds_count") - in_time


def once_each(world, accepted):
    """Each that was acknowledged is there, under the id that was told; none is there twice."""
    there = collections.defaultdict(list)
    for contact in world.contacts():
        there[contact["customer"]].append(contact["contact"])
    twice = {key: ids for key, ids in there.items() if len(ids) > 1}
    assert not twice, f"there more than once: {twice}"
    gone = [key for key, contact in accepted.items() if there[key] != [contact]]
    assert not gone, f"acknowledged, and not there: {gone}"


def open_desk(stack):
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY.replace("HOOK", receiver.url("/hook")))
    world.present("ada", "dana")
    return world, receiver


def health_answers(world):
    for service in world.services.values():
        took = Took()
        assert service.ask("/healthz").status == 200
        assert took.seconds() < 1, service.name


def not_ready(world):
    for service in world.services.values():
        w.until(f"{service.name} says that it is not ready", lambda s=service: s.ask("/readyz").status == 503)


def told_step(receiver, contact):
    return bool(receiver.told().get((contact, "step", "dana")))


def all_is_told(world, receiver, accepted):
    """Every contact has an owner; of some hundred it is looked at who was told: each notice came under one id."""
    w.until("all have an owner", lambda: all(contact.get("owner") for contact in world.contacts()), 20)
    w.until("the outbox is empty", world.settled, 60)
    told, ids = receiver.told(), receiver.ids_by_contact()
    for contact in list(accepted.values())[::len(accepted) // 300 + 1]:
        w.told_once(world.view(contact), ids[contact])
        assert told[contact, "assigned", "ada"], contact


# ---- the cases -----------------------------------------------------------------------------------------


def away_at_start(stack):
    world, receiver = open_desk(stack)
    for service in world.services.values():
        assert service.end() == 0, service.name
    world.end_redis()
    for service in world.services.values():
        service.start(wait=False).listens()
    health_answers(world)
    not_ready(world)
    world.start_redis()
    for service in world.services.values():
        service.wait()
    contact = world.submit("soon")
    w.until("its promise breaks, and the lead is told", lambda: told_step(receiver, contact))
    world.audit()


def killed_and_restarted(stack):
    world, receiver = open_desk(stack)
    load = Load(world)
    load.customers.more(20)
    soon = [world.submit("soon") for _ in range(5)]
    began = time.monotonic()
    world.end_redis()
    load.refuses(12)
    health_answers(world)
    not_ready(world)
    w.until("the promises are overdue", lambda: time.monotonic() > began + DUE_S)
    assert not any(told_step(receiver, contact) for contact in soon)
    world.start_redis()
    for contact in soon:
        w.until("its promise breaks, and the lead is told", lambda c=contact: told_step(receiver, c))
    load.customers.more(20)
    load.end()
    all_is_told(world, receiver, load.accepted)
    world.audit()


def stopped(stack):
    """SIGSTOP for three seconds: the connections hold, and say nothing."""
    world, receiver = open_desk(stack)
    load = Load(world)
    load.customers.more(20)
    soon = [world.submit("soon") for _ in range(5)]
    began = time.monotonic()
    with world.redis_stopped():
        load.refuses(12)
        health_answers(world)
        not_ready(world)
        w.until("three seconds are over", lambda: time.monotonic() > began + 3)
        health_answers(world)
    for contact in soon:
        w.until("its promise breaks, and the lead is told", lambda c=contact: told_step(receiver, c))
    load.customers.more(20)
    load.end()
    all_is_told(world, receiver, load.accepted)
    world.audit()


def power_failure(stack):
    """Everything is killed at once, Redis too, and comes back in another order."""
    world, receiver = open_desk(stack)
    load = Load(world)
    load.customers.more(20)
    soon = [world.submit("soon") for _ in range(5)]
    load.customers.going = False
    for service in world.services.values():
        service.process.kill()
    world.end_redis()
    with contextlib.suppress(OSError, http.client.HTTPException):
        load.customers.end()
    for service in world.services.values():
        service.end()
        service.start(wait=False)
    world.start_redis()
    for service in world.services.values():
        service.wait()
    for contact in soon:
        w.until("its promise breaks, and the lead is told", lambda c=contact: told_step(receiver, c))
    once_each(world, load.accepted)
    all_is_told(world, receiver, load.accepted)
    world.audit()


def torn_transaction(stack):
    """The append-only file ends within a transaction: its beginning is gone for good, also after the next restart."""
    world, _ = open_desk(stack)
    for service in world.services.values():
        service.process.send_signal(signal.SIGSTOP)
    world.redis.eval("redis.call ('SET', 'torn:1', 'x') redis.call ('SET', 'torn:2', 'y')", 0)
    world.end_redis()
    path = max(glob.glob(world.dir + "/appendonlydir/*.incr.aof"), key=os.path.getmtime)
    with open(path, "rb") as file:
        os.truncate(path, file.read().rindex(b"torn:2") + 3)
    world.start_redis()
    for service in world.services.values():
        service.process.send_signal(signal.SIGCONT)
    w.until("it is ready again", lambda: all(service.ready() for service in world.services.values()))
    for restarts in range(2):
        assert not world.redis.keys("torn:*"), f"back after {restarts} restarts"
        world.submit("mail")
        w.until("the file is written anew", lambda: rewritten(world))
        world.end_redis()
        world.start_redis()
        w.until("it is ready again", lambda: all(service.ready() for service in world.services.values()))
    assert not world.redis.keys("torn:*")
    world.audit()


def rewritten(world):
    info = world.redis.info()
    return world.redis.hget("b:conf", "run") == info["run_id"].encode() and not info["aof_rewrite_in_progress"]


def slow(stack):
    """Redis stands still for 0.3 s, again and again, and once for longer than anybody waits."""
    world, receiver = open_desk(stack)
    load = Load(world)
    soon = [world.submit("soon") for _ in range(5)]
    for seconds in ("0.3", "0.3", "0.3", "0.3", "1.5"):
        load.customers.more(3)
        world.redis.execute_command("DEBUG", "SLEEP", seconds)
        health_answers(world)
    for contact in soon:
        w.until("its promise breaks, and the lead is told", lambda c=contact: told_step(receiver, c))
    load.customers.more(20)
    load.end()
    all_is_told(world, receiver, load.accepted)
    world.audit()


def nearly_full(stack):
    """Intake refuses what is new at 80 %; what is there is worked on, and deadlines fire."""
    world, receiver = open_desk(stack)
    mine = [world.submit("mail") for _ in range(5)]
    for contact in mine:
        w.until("it has an owner", lambda c=contact: world.view(c).get("owner"))
    soon = [world.submit("soon") for _ in range(5)]
    world.redis.config_set("maxmemory", int(world.redis.info("memory")["used_memory"] / 0.85))

    def refused():
        answer = world.ask("POST", "/v1/contacts", {"channel": "mail", "text": "hello", "customer": "late"}, "late")
        return answer if answer.status == 503 else None

    answer = w.until("new contacts are refused", refused)
    assert answer["code"] == "store-full" and int(answer.headers["Retry-After"]) >= 1, answer
    assert world.ask("POST", f"/v1/contacts/{mine[0]}/messages", {"text": "more"}).status == 503
    for contact in mine:
        assert world.act(contact, "note", "ada", text="looked at").status == 200
        assert world.act(contact, "resolve", "ada", text="done").status == 200
    assert world.ask("PUT", "/v1/people/ada/presence").status == 200
    for contact in soon:
        w.until("its promise breaks, and the lead is told", lambda c=contact: told_step(receiver, c))
    assert world["intake"].ask("/readyz").status == 200
    quite_full(world, receiver, mine[0])
    world.redis.config_set("maxmemory", 0)
    w.until("they are accepted again", lambda: not refused())
    world.audit()


def quite_full(world, receiver, contact):
    """Past the limit Redis refuses every write: nothing is half done, and it goes on when there is room again."""
    world.redis.config_set("maxmemory", 0)
    w.until("there is room again", lambda: world.ask("POST", "/v1/contacts", {
        "channel": "mail", "text": "hello", "customer": "room"}, "room").status == 202)
    soon = world.submit("soon")
    began = time.monotonic()
    before = world.view(contact)["version"]
    world.redis.config_set("maxmemory", int(world.redis.info("memory")["used_memory"] * 0.9))
    note = {"action": "note", "person": "ada", "text": "full"}
    answer = world.ask("POST", f"/v1/contacts/{contact}/actions", note, "full")
    assert answer.status == 503 and answer.headers["Retry-After"], answer
    health_answers(world)
    full_is_said(world, contact)
    w.until("the promise is overdue", lambda: time.monotonic() > began + DUE_S)
    assert world.view(contact)["version"] == before
    world.redis.config_set("maxmemory", 0)
    w.until("all are ready by themselves", lambda: all(s.ready() for s in world.services.values()))
    w.until("its promise breaks, and the lead is told", lambda: told_step(receiver, soon))
    assert world.act(contact, "note", "ada", "full", text="full").status == 200
    assert world.view(contact)["version"] == before + 1


def full_is_said(world, contact):
    """By all services, in the words that help; the tools that help work on."""
    not_ready(world)
    for service in world.services.values():
        why = service.ask("/readyz").body.decode()
        assert why.startswith("not ready: redis is out of memory (maxmemory ") and "give it more" in why, why
        assert service.metric("buckstop_store_ready") == 0 and service.metric("buckstop_set_aside_total") == 0
    for method, path, body in (("POST", f"/v1/contacts/{contact}/actions", {"action": "note", "person": "ada", "text": "x"}),
                               ("PUT", "/v1/people/ada/presence", None),
                               ("POST", "/v1/contacts", {"channel": "mail", "text": "hello", "customer": "full"})):
        answer = world.ask(method, path, body)
        assert answer.status == 503 and answer["code"] == "store-full" and answer.headers["Retry-After"], answer
        assert "out of memory" in answer["detail"], answer
    for words in (["explain", contact], ["dead"], ["token", "list"]):
        world.cli(*words)
    refused = world.call("token", "issue", "--scope", "operator", "--workspace", "desk")
    assert refused.returncode and "redis is out of memory" in refused.stderr and "--redis" not in refused.stderr, refused
    refused = world.call("policy", "apply", "policy.yaml")
    assert refused.returncode and "redis is out of memory" in refused.stderr, refused
    looked = world.call("audit")
    assert "redis" not in looked.stderr, looked
    said = [f for s in world.services.values() for f in s.facts("not ready") if "out of memory" in str(f)]
    assert len(said) == len(world.services), said


def hints_lost(stack):
    """Every message between the services is lost: what comes in is found in the store all the same."""
    nowhere = ["--route", "ipc:///nowhere", "--due", "ipc:///nowhere", "--outbox", "ipc:///nowhere"]
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY.replace("HOOK", receiver.url("/hook")), options={"intake": nowhere})
    for service in world.services.values():
        if service.kind != "intake":
            service.end()
            # each goes on hearing, at places where nobody speaks
            alone = [word for link in ("submit", "route", "due", "outbox", "stream")
                     for word in ("--" + link, f"ipc://{world.dir}/{service.name}-{link}")]
            service.start(*alone)
    world.present("ada", "dana")
    began = time.monotonic()
    contact = world.submit("soon")
    w.until("ada is told", lambda: receiver.told().get((contact, "assigned", "ada")), 15)
    routed = time.monotonic() - began
    w.until("its promise breaks, and the lead is told", lambda: told_step(receiver, contact), 15)
    print(f"      routed and told after {routed:.1f} s, the broken promise after {time.monotonic() - began:.1f} s")
    world.audit()


def answers_lost(stack):
    """All connections are cut, again and again: what was committed then is not done a second time."""
    world, receiver = open_desk(stack)
    going = threading.Event()
    cuts = [0]

    def cut():
        killer = redis.Redis(unix_socket_path=world.socket)
        while not going.is_set():
            cuts[0] += killer.execute_command("CLIENT", "KILL", "TYPE", "normal") > 0
            going.wait(0.02)
        killer.close()

    def one(_who, key):
        contact = world.submit("mail", key, customer=key)
        for n in range(3):
            answer = world.act(contact, "note", "dana", f"{key}.{n}", text=f"note {n}")
            assert answer.status == 200, answer
        answer = world.insist("POST", f"/v1/contacts/{contact}/messages", {"text": "more"}, key + "m")
        assert answer.status == 202, answer
        return contact

    customers = w.Customers(world, one)
    thread = threading.Thread(target=cut)
    thread.start()
    try:
        w.until("a hundred cuts", lambda: customers.go_on() and cuts[0] >= 100, 30)
    finally:
        going.set()
        thread.join()
    accepted = customers.end()
    once_each(world, accepted)
    all_is_told(world, receiver, accepted)
    for key, contact in accepted.items():
        view = world.view(contact)
        facts = w.count_facts(view)
        assert facts["noted"] == 3 and view["messages"] == 2 and facts["opened"] == facts["accepted"] == 1, (key, facts)
    print(f"      {cuts[0]} cuts, {len(accepted)} contacts")
    world.audit()


def torn_tail(stack):
    """Redis died within a write that nobody was told of: no alarm."""
    world, receiver = open_desk(stack)
    load = Load(world)
    load.customers.more(20)
    world.end_redis()
    losses.tear(world.dir)
    world.start_redis()
    load.customers.more(20)
    load.end()
    all_is_told(world, receiver, load.accepted)
    assert world.redis.llen("b:lost") == 0
    world.audit()


def cut_deep(stack):
    """The append-only file ends before what was acknowledged: who knew says so and ends; started afresh they go on."""
    world, receiver = open_desk(stack)
    load = Load(world)
    load.customers.more(40)
    w.until("the file is written anew", lambda: rewritten(world))  # as it is for each new run
    marked = losses.mark(world.dir)
    load.customers.more(20)
    accepted = load.customers.end()
    w.until("all have an owner", lambda: all(contact.get("owner") for contact in world.contacts()), 20)
    w.until("the outbox is empty", world.settled, 60)
    world.end_redis()
    losses.cut(world.dir, marked)
    world.start_redis()
    ended = losses.restart_ended(world)
    assert "intake-1" in ended, ended
    there = {contact["contact"] for contact in world.contacts()}
    gone = [contact for contact in accepted.values() if contact not in there]
    assert gone, "nothing was cut off"
    print(f"      {len(accepted)} acknowledged, {len(gone)} cut off, noticed by {', '.join(ended)}")
    world.present("ada", "dana")
    soon = world.submit("soon")
    w.until("its promise breaks, and the lead is told", lambda: told_step(receiver, soon))
    losses.looked_after(world, len(ended))


CASES = [torn_tail, torn_transaction, cut_deep, away_at_start, killed_and_restarted, stopped, power_failure, slow,
         nearly_full, hints_lost, answers_lost]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
