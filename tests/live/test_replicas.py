#!/usr/bin/python3
"""Several of every service at once: races between two people, two submissions, two messages; and replicas that die.

Ends with "N passed, N failed".
"""
import collections
import sys
import threading

import world as w

POLICY = """workspace: desk
last_resort: dana
default_team: front
channels:
  mail: { weight: 1, accept: auto, answer: callback }
  form: { weight: 1, offer: 1m, answer: spoken }
  soon: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000, ways: [{ webhook: "HOOK", secret: pager }] }
  ben: { name: Ben K., capacity: 100000, ways: [{ webhook: "HOOK", secret: pager }] }
  dana: { name: Dana R., ways: [{ webhook: "HOOK", secret: pager }] }
teams:
  front: { lead: dana, members: [ada, ben] }
promises:
  - { when: { channel: soon }, first_response: 1s, ladder: quiet }
ladders:
  quiet:
    - { at: due, tell: [lead] }
settings: { presence: 1h, makeups: 0 }
"""
TWO = {kind: 2 for kind in w.KINDS}
ROUNDS = 50


def open_desk(stack, **options):
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY.replace("HOOK", receiver.url("/hook")), replicas=TWO, options=options)
    world.present("ada", "ben", "dana")
    return world, receiver


def check_told(world, receiver, contacts):
    w.until("all have an owner", lambda: all(contact.get("owner") for contact in world.contacts()), 20)
    w.until("the outbox is empty", world.settled, 60)
    ids = receiver.ids_by_contact()
    for contact in contacts:
        w.told_once(world.view(contact), ids[contact])


def races(stack):
    """At two intakes at once, again and again, while routing offers and notification sends."""
    world, receiver = open_desk(stack)
    contacts = []
    for n in range(ROUNDS):
        contacts += [two_accept(world), twice_submitted(world, n), one_thread(world, n)]
    customers = collections.Counter(contact["customer"] for contact in world.contacts())
    assert set(customers.values()) == {1}, customers
    check_told(world, receiver, contacts)
    world.audit()


def two_accept(world):
    """One of them has it, the other is told who: the owner by now, or the one whom routing had asked meanwhile."""
    contact = world.submit("form")
    path = f"/v1/contacts/{contact}/actions"

    def accept(who, at):
        return who, world.insist("POST", path, {"action": "accept", "person": who}, f"{who} {contact}", at)

    answers = w.at_once(lambda: accept("ada", 1), lambda: accept("ben", 2))
    winners = [who for who, answer in answers if answer.status == 200]
    losers = [answer for _, answer in answers if answer.status == 409]
    assert len(winners) == len(losers) == 1, answers
    told = losers[0].json()
    assert told.get("owner", told.get("offered_to")) == winners[0] and told["allowed"], answers
    assert world.view(contact)["owner"] == winners[0]
    return contact


def twice_submitted(world, n):
    """The same submission, four times at once: one contact, the same answer."""
    body = {"channel": "mail", "text": "hello", "customer": f"twice {n}", "return_way": "spoken"}
    answers = w.at_once(*[lambda at=at: world.insist("POST", "/v1/contacts", body, f"twice-{n}", at)
                          for at in (1, 2, 1, 2)])  # of two at one intake one is refused where the machine paused between them
    assert {answer.status for answer in answers} == {202} and len({answer.body for answer in answers}) == 1, answers
    return answers[0]["contact"]


def one_thread(world, n):
    """Two messages of one new thread: one contact."""
    answers = w.at_once(*[lambda at=at: world.insist("POST", "/v1/contacts", {
        "channel": "mail", "text": f"message {at}", "customer": f"thread {n}", "thread": f"thread-{n}",
        "return_way": "spoken"}, f"thread-{n}-{at}", at) for at in (1, 2)])
    assert len({answer["contact"] for answer in answers}) == 1, answers
    assert sorted(answer["disposition"] for answer in answers) == ["appended", "opened"], answers
    view = world.view(answers[0]["contact"])
    assert view["messages"] == 2 and w.count_facts(view)["message"] == 1, view
    return answers[0]["contact"]


def replicas_that_die(stack):
    """Two of each work at once; one of each is killed in turn, and comes back."""
    world, receiver = open_desk(stack)

    def one(who, key):
        contact = world.submit(("mail", "mail", "mail", "soon")[who], key, customer=key, at=who % 2 + 1,
                               return_way="callback", return_to=receiver.url("/customer"))
        if who == 3:
            w.until("its promise breaks", lambda: world.view(contact)["counts"]["broken"])
            return contact
        owner = w.until("somebody owns it", lambda: world.view(contact).get("owner"), 20)
        answer = world.act(contact, "reply", owner, key + "r", at=who % 2 + 1, text="here you are")
        assert answer.status == 200, answer
        return contact

    watch = world.watch("--last", "1000000", "--workspace", "desk")
    customers = w.Customers(world, one, 4)
    for kind in w.KINDS:
        customers.more(30)
        world[kind + "-2"].kill()
        customers.more(30)
        world[kind + "-2"].start()
    customers.more(30)
    contacts = customers.end()
    check_told(world, receiver, contacts.values())
    told = receiver.told()
    for key, contact in contacts.items():
        wanted = ("step", "dana") if key.startswith("3-") else ("reply", "")
        assert len(told[(contact, *wanted)]) == 1, (key, told[(contact, *wanted)])
    print(f"      {len(contacts)} contacts, {len(receiver.calls)} calls")
    world.audit()
    newest = world.ask("GET", "/v1/events?limit=1")["newest"]
    w.until("all is watched", lambda: len(watch.events) >= newest)
    assert watch.numbers() == list(range(1, newest + 1)), "the watch has a gap, or doubles"


def shared_out(stack):
    """Deliveries to a slow peer: each is sent once, whoever sends it."""
    # an attempt that was given up since the machine paused would be a second one
    world, receiver = open_desk(stack, notification=["--attempt-ms", "20000"])
    receiver.behave["/hook"] = "slow"
    going = threading.Barrier(8)

    def some():
        going.wait()
        return [world.submit("mail", return_way="spoken") for _ in range(20)]

    contacts = sum(w.at_once(*[some] * 8), [])
    check_told(world, receiver, contacts)
    assert len(receiver.calls) == len(receiver.ids()), "sent twice"

    def shares():
        return [service.metric('buckstop_deliveries_total{way="webhook",outcome="delivered"}')
                for service in world.of("notification")]

    w.until(lambda: f"all are counted: {shares()}", lambda: sum(shares()) == len(receiver.calls))
    print(f"      delivered by each: {shares()}")
    world.audit()


CASES = [races, replicas_that_die, shared_out]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
