#!/usr/bin/python3
"""Notices that fail for good, and what merely waits: who hears of it, what operators are shown, what a replay counts.

Ends with "N passed, N failed".
"""
import os
import sys
import time

import world as w
from console import Described, Stream

POLICY = """workspace: desk
last_resort: dana
channels:
  chat: { weight: 1, accept: auto, answer: callback }
people:
  ada: { capacity: 1000, ways: [{ log: ada }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""
WITHIN = 20  # seconds in which gauges follow, on a busy machine


def open_desk(stack):
    receiver, world = w.open_receiver(stack), w.open_world(stack, POLICY)
    world.present("ada")
    return world, receiver


def submit(world, receiver, path="/back"):
    contact = world.submit("chat", return_way="callback", return_to=receiver.url(path))
    w.until("ada has it", lambda: world.view(contact).get("owner") == "ada")
    return contact


def dead_ids(world, contact):
    return [line.split()[0] for line in world.cli("dead").splitlines() if contact in line]


def state_of(world, contact, kind):
    return [promise["state"] for promise in world.view(contact)["promises"] if promise["kind"] == kind]


def a_dead_reply_is_replayed(stack):
    """It did not arrive, its owner hears so; sent again it does, and what it answers is kept, not left to break."""
    world, receiver = open_desk(stack)
    contact = submit(world, receiver)
    w.until("the customer is told", lambda: receiver.calls)
    receiver.behave["/back"] = "404"
    assert world.act(contact, "reply", "ada", text="it is on its way").status == 200
    w.until("it is dead", lambda: dead_ids(world, contact))
    assert state_of(world, contact, "first_response") == ["pending"], world.view(contact)
    w.until("the gauge shows it", lambda: world["notification"].metric("buckstop_dead_letters") == 1, WITHIN)
    receiver.behave["/back"] = "ok"
    world.cli("dead", "replay", dead_ids(world, contact)[0], "--by", "mo")
    w.until("the promise is kept", lambda: not state_of(world, contact, "first_response"))
    w.until("the gauge shows that, too", lambda: world["notification"].metric("buckstop_dead_letters") == 0, WITHIN)
    world.environment["BUCKSTOP_TOKEN"] = world.token
    shown = world.cli("show", contact, "--server", f"http://{world['intake'].host}:{world['intake'].port}")
    assert "a delivery is tried again: customer, by mo (reply: a dead letter is sent again)" in shown, shown
    world.audit()


def an_acknowledgement_that_dies_is_told(stack):
    world, receiver = open_desk(stack)
    receiver.behave["/gone"] = "404"
    contact = submit(world, receiver, "/gone")
    w.until("it is dead", lambda: dead_ids(world, contact))
    w.until("ada hears of it", lambda: "purpose=returned" in world["notification"].text() or
            '"purpose":"returned"' in world["notification"].text())
    assert w.count_facts(world.view(contact))["delivery_failed"] == 1
    world.audit()


def what_waits_is_said(stack):
    """A key that is not there: nothing is dead, and all the same it is said that something waits, and for what."""
    world, receiver = open_desk(stack)
    os.rename(world.dir + "/secrets/callback", world.dir + "/secrets/away")
    contact = submit(world, receiver)

    def said():
        words = world.cli("dead")
        return "1 waits in the outbox, the oldest for" in words and words

    words = w.until(lambda: "it is said: " + world.cli("dead"), said)
    assert "0 dead letters" in words and "/callback" in words, words
    w.until("its age is shown", lambda: world["notification"].metric("buckstop_outbox_held_age_seconds") > 0, WITHIN)
    os.rename(world.dir + "/secrets/away", world.dir + "/secrets/callback")
    w.until("it arrives", lambda: receiver.calls, 60)
    w.until("nothing waits", lambda: "wait" not in world.cli("dead"))
    w.until("nothing has an age", lambda: world["notification"].metric("buckstop_outbox_age_seconds") == 0, WITHIN)
    assert world.view(contact).get("owner") == "ada"
    world.audit()


def what_is_tried_again_is_late(stack):
    """A far side whose name nobody knows: it is tried again and again, and everybody who asks hears how long it waits."""
    options = {"escalation": ["--audit-every", "1", "--audit-rate", "100000", "--outbox-limit", "3"]}
    world = w.open_world(stack, POLICY, options=options)
    console = world.add("console")
    world.present("ada")
    contact = world.submit("chat", return_way="callback", return_to="https://nobody.invalid/back")
    w.until("ada has it", lambda: world.view(contact).get("owner") == "ada")
    watcher = Stream(console.port, token=world.token)
    stack.callback(watcher.close)
    notification, escalation = world["notification"], world["escalation"]
    w.until("it has an age", lambda: notification.metric("buckstop_outbox_age_seconds") > 3, 30)
    w.until("it is counted", lambda: notification.metric("buckstop_outbox_depth") >= 1, WITHIN)
    assert "in the outbox, the oldest for" in world.cli("dead")
    w.until("the heartbeat stops", lambda: escalation.facts("not all is well"), 60)
    assert "a notice of workspace desk waits" in escalation.facts("not all is well")[0]["why"]
    assert escalation.metric("buckstop_well") == 0
    w.until("the console shows it", lambda: watcher.pulse.get("outbox", {}).get("oldest_s", 0) > 3, 30)
    assert watcher.pulse["outbox"]["waiting"] >= 1, watcher.pulse
    Described().check("Pulse", watcher.pulse)
    notification.end()
    began = time.monotonic()
    notification.start()  # it remembers nothing, and knows all the same: more than it could have counted by now
    w.until("it has its age again", lambda: notification.metric("buckstop_outbox_age_seconds") > time.monotonic() - began + 3, WITHIN)


CASES = [a_dead_reply_is_replayed, an_acknowledgement_that_dies_is_told, what_waits_is_said, what_is_tried_again_is_late]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
