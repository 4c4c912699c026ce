#!/usr/bin/python3
"""People who go, and policies that change, while contacts are open: everything drains to others, somebody is
accountable at every moment, and every replica decides by the new version from the next commit on.

Ends with "N passed, N failed".
"""
import sys
import threading

import world as w

POLICY = """workspace: desk
last_resort: dana
default_team: front
channels:
  mail: { weight: 1, accept: auto, answer: spoken }
  form: { weight: 1, offer: 1h, answer: spoken }
  soon: { weight: 1, accept: auto, answer: spoken }
  far: { weight: 1, offer: 1h, answer: spoken }
people:
  ada: { name: Ada L., capacity: 1000 }
  ben: { name: Ben K., capacity: 1000 }
  dana: { name: Dana R. }
  eva: { name: Eva M. }
teams:
  front: { lead: dana, members: [ada, ben] }
  back: { lead: eva, members: [ben] }
promises:
  - { when: { channel: soon }, first_response: 1500ms, ladder: quiet }
  - { when: { channel: far }, first_response: 9h, ladder: quiet }
ladders:
  quiet:
    - { at: due, tell: [lead] }
settings: { presence: 4s, makeups: 0 }
"""
ADA = "  ada: { name: Ada L., capacity: 1000 }\n"
LONG = ("presence: 4s", "presence: 1h")


def changed(*changes, text=POLICY):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def owned_by(world, person):
    return [contact["contact"] for contact in world.contacts() if contact.get("owner") == person]


def owned(world, contacts, person):
    w.until(f"{person} owns them all", lambda: set(contacts) <= set(owned_by(world, person)))


def number_of(world, contact, wanted):
    """The number of the event in which that happened to the contact; each once."""
    events, after = [], 0
    while True:
        page = world.ask("GET", f"/v1/events?after={after}&limit=500").json()
        events += [event for event in page["events"] if event.get("contact") == contact]
        if not page["events"]:
            break
        after = page["events"][-1]["number"]
    found = [event["number"] for event in events for fact in event["facts"] if fact["fact"] == wanted]
    assert len(found) == 1, (contact, wanted, events)
    return found[0]


class Heartbeats:
    """These are here, as long as they are not stopped."""

    def __init__(self, stack, world, *people):
        self.world, self.people, self.over = world, people, threading.Event()
        world.present(*people)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        stack.callback(self.stop)

    def run(self):
        while not self.over.wait(0.5):
            self.world.present(*self.people)

    def stop(self):
        self.over.set()
        self.thread.join()


# ---- the cases ------------------------------------------------------------------------------------------


def presence_ends(stack):
    """What was owned is offered to others, oldest deadline first; meanwhile the duty lead is accountable."""
    world = w.open_world(stack, POLICY)
    ada = Heartbeats(stack, world, "ada")
    contacts = [world.submit(channel) for channel in ("far", "form", "far", "form", "form", "far")]
    for contact in contacts:
        w.until("it is offered", lambda c=contact: world.view(c).get("offered_to") == "ada")
        assert world.act(contact, "accept", "ada").status == 200
    mails = [world.submit("mail") for _ in range(20)]
    owned(world, mails, "ada")
    Heartbeats(stack, world, "ben")
    ada.stop()
    owned(world, mails, "ben")
    for contact in contacts:
        w.until("it is offered to ben", lambda c=contact: world.view(c).get("offered_to") == "ben")
        view = world.view(contact)
        assert view["state"] == "offered" and view["accountable"] == "dana" and not view.get("owner"), view
        assert world.act(contact, "accept", "ben").status == 200
        assert world.view(contact)["accountable"] == "ben"
    due = {contact: world.view(contact)["promises"][0]["due"] for contact in contacts}
    returned = {contact: number_of(world, contact, "returned") for contact in contacts}
    assert sorted(contacts, key=returned.get) == sorted(contacts, key=lambda c: (due[c], c)), (due, returned)
    assert world.act(contacts[0], "reply", "ada", text="too late").status == 409
    world.audit()


def comes_back(stack):
    """Somebody whose presence ended is there again before anybody else was: nothing is lost, all is theirs anew."""
    world = w.open_world(stack, POLICY)
    ada = Heartbeats(stack, world, "ada")
    mails = [world.submit("mail") for _ in range(20)]
    owned(world, mails, "ada")
    ada.stop()
    w.until("her presence has ended", lambda: not owned_by(world, "ada"))
    for contact in world.contacts():
        assert contact["accountable"] == "dana" and contact["state"] in ("received", "queued"), contact
    Heartbeats(stack, world, "ada")
    owned(world, mails, "ada")
    world.audit()


def leaves(stack):
    """A policy without her: no offers, what she has goes to others."""
    world = w.open_world(stack, changed(LONG), replicas={kind: 2 for kind in w.KINDS})
    world.present("ada")
    mails = [world.submit("mail") for _ in range(30)]
    forms = [world.submit("form") for _ in range(5)]
    owned(world, mails, "ada")
    for contact in forms:
        w.until("it is offered", lambda c=contact: world.view(c).get("offered_to") == "ada")
    world.present("ben")
    without = changed(LONG, (ADA, ""), ("members: [ada, ben]", "members: [ben]"))
    words = world.apply(without)
    assert "ada" in words, words
    owned(world, mails, "ben")
    for contact in forms:
        w.until("it is offered to ben", lambda c=contact: world.view(c).get("offered_to") == "ben")
    # an intake that has not seen the new version yet finds her record leaving, and the contacts with somebody else
    for at in (1, 2):
        answer = world.ask("PUT", "/v1/people/ada/presence", at=at)
        assert answer.status in (404, 409), answer
        answer = world.act(mails[0], "reply", "ada", text="too late", at=at)
        assert answer.status in (409, 422), answer
        w.until("it knows her no more", lambda a=at: world.ask("PUT", "/v1/people/ada/presence", at=a).status == 404)
    w.until("she holds nothing", lambda: world.count("b:{*}:own:desk:ada:*") == 0)
    assert "ada" not in [person["person"] for person in world.ask("GET", "/v1/people").json()["people"]]
    world.audit()
    # named again: a person like any other
    world.apply(changed(LONG))
    w.until("she is known again", lambda: world.ask("PUT", "/v1/people/ada/presence").status == 200)
    world.audit()


def lead_leaves(stack):
    """The duty lead is not in the new policy: those for whom she was accountable get another name."""
    world = w.open_world(stack, changed(LONG))
    waiting = [world.submit("form") for _ in range(5)]
    world.present("ada")
    mails = [world.submit("mail") for _ in range(3)]
    owned(world, mails, "ada")
    assert {world.view(contact)["accountable"] for contact in waiting} == {"dana"}
    world.apply(changed(LONG, ("  dana: { name: Dana R. }\n", ""), ("dana", "eva")))
    w.until("somebody else is accountable",
            lambda: {world.view(contact)["accountable"] for contact in waiting} == {"eva"})
    world.audit()


def bad_policy(stack):
    """It changes nothing, and says where it is wrong."""
    world = w.open_world(stack, changed(LONG))
    world.present("ada")
    before = world.cli("policy", "show")
    for change in (("last_resort: dana", "last_resort: nobody"), ("members: [ada, ben]", "members: [ada, zoe]"),
                   ("lead: eva", "leed: eva"), ("presence: 1h", "presence: soon"), ("teams:", "teams")):
        words = world.apply(changed(LONG, change), status=1)
        assert "policy.yaml:" in words and "expected" in words, words
    assert world.cli("policy", "show") == before
    contact = world.submit("mail")
    assert world.view(contact)["policy_version"] == 1
    owned(world, [contact], "ada")
    world.audit()


def every_replica(stack):
    """Two of each: whoever is asked right after a policy was applied decides by it; timers go on as they were."""
    world = w.open_world(stack, changed(LONG), replicas={kind: 2 for kind in w.KINDS})
    world.present("ada", "ben")
    soon = world.submit("soon")
    due = world.view(soon)["promises"][0]["due"]
    texts = [changed(LONG), changed(LONG, ("default_team: front", "default_team: back"))]
    lead = {"front": "dana", "back": "eva"}
    for version in range(2, 16):
        team = ("front", "back")[version % 2 == 0]
        world.apply(texts[version % 2 == 0])
        for at in (1, 2):
            contact = world.submit("form", at=at)
            view = world.view(contact, at=at)
            assert view["policy_version"] == version and view["team"] == team, (version, team, view)
            assert view["accountable"] == lead[team], view
            if team == "back":  # routing too: only ben is in that team
                w.until("it is offered", lambda c=contact: world.view(c).get("offered_to"))
                view = world.view(contact)
                asked = {fact["to"] for fact in w.facts_of(view) if fact["fact"] == "offered"}
                assert asked == {"ben"} and view["policy_version"] == version, view
    broken = w.until("its promise breaks", lambda: [
        fact for fact in w.facts_of(world.view(soon)) if fact["fact"] == "promise_broken"])
    assert [fact["at"] for fact in broken] == [due], (due, broken)
    world.audit()


CASES = [presence_ends, comes_back, leaves, lead_leaves, bad_policy, every_replica]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
