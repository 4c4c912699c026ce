#!/usr/bin/python3
"""One customer across channels, on real services and a real Redis: by mail, phone and chat they are one once a person says
so; what they write again is linked or appended as the policy has it; whoever has the contact sees whose it is.

Ends with "N passed, N failed".
"""
import sys
import threading

import world as w

POLICY = """workspace: desk
last_resort: dana
default_team: front
country: "+49"
channels:
  mail: { weight: 1, offer: 10m, answer: spoken, identity: mail }
  phone: { weight: 1, offer: 10m, answer: spoken, identity: phone, live: true }
  chat: { weight: 1, offer: 10m, answer: spoken, identity: handle, platform: webchat }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }
  ben: { name: Ben O., capacity: 1000, ways: [{ log: ben }, { mail: ben@desk.example, after: 1h }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada, ben] }
settings: { presence: 1h, same_customer: SAME }
"""
PAIRS = 24


def open_desk(stack, same, **given):
    world = w.open_world(stack, POLICY.replace("SAME", same), **given)
    world.present("ada", "ben")
    return world


def show(world, contact):
    world.environment.update(BUCKSTOP_TOKEN=world.token, BUCKSTOP_SERVER=f"http://127.0.0.1:{world['intake'].port}")
    return world.cli("show", contact)


def owned(world, contact, person):
    """Whoever it is offered to, that person has it."""
    offered = lambda: world.view(contact).get("offered_to")  # noqa: E731
    w.until(f"{contact} is offered", offered, 10)
    if offered() != person:
        world.act(contact, "decline", offered(), text="not mine")
        w.until(f"{contact} is offered to {person}", lambda: offered() == person, 10)
    assert world.act(contact, "accept", person).status == 200


def customer_of(world, contact):
    return world.view(contact)["about"]


def three_ways_are_one_customer(stack):
    world = open_desk(stack, "link")
    mail = world.submit("mail", customer="Kim@Example.com", customer_name="Kim Kay", subject="The card")
    phone = world.submit("phone", customer="030 123456", subject="a call")
    chat = world.submit("chat", customer="kimmy", subject="Hello?")
    ids = [customer_of(world, contact)["customer"] for contact in (mail, phone, chat)]
    assert len(set(ids)) == 3, ids
    owned(world, mail, "ben")
    world.cli("customer", "link", "kim@example.com", "+49 30 123456", "--by", "dana")
    world.cli("customer", "link", "kim@example.com", "webchat:kimmy", "--by", "dana")
    about = customer_of(world, chat)
    assert about["customer"] == ids[0] and about["name"] == "Kim Kay" and sorted(about["merged"]) == sorted(ids[1:])
    assert {one["text"] for one in about["identities"]} == {"Kim@example.com", "+4930123456", "webchat:kimmy"}, about
    assert {one["contact"] for one in about["contacts"]} == {mail, phone, chat}, about
    # they call again: the number leads to all of it, and who has their mail is asked first
    again = world.submit("phone", customer="+49 (0)30 123456")
    view = world.view(again)
    assert view["linked"] == mail and view["customer_name"] == "Kim Kay", view
    # and a mail: its contact is Ben's
    second = world.submit("mail", customer="kim@example.com")
    assert world.view(second)["linked"] == mail
    w.until("the one who has the first is asked", lambda: world.view(second).get("offered_to") == "ben", 10)
    shown = show(world, second)
    for words in ("Kim Kay", "+4930123456 (linked)", "webchat:kimmy (linked)", mail, phone, chat, again):
        assert words in shown, (words, shown)
    alone = world.insist("GET", "/v1/customers/" + ids[1]).json()
    assert alone["customer"] == ids[0] and alone["contacts_known"] == 5, alone
    # and the way back
    world.cli("customer", "unlink", "webchat:kimmy", "--by", "dana")
    about = customer_of(world, chat)
    assert about["customer"] == ids[2] and "name" not in about and len(about["contacts"]) == 1, about
    report = world.audit()
    assert report["customers"] == 3, report


def a_second_contact_is_appended(stack):
    world = open_desk(stack, "append")
    first = world.submit("mail", customer="kim@example.com")
    assert world.submit("mail", customer="KIM@example.com") == first
    assert world.view(first)["messages"] == 2
    world.submit("chat", customer="kimmy")
    world.cli("customer", "link", "kim@example.com", "webchat:kimmy", "--by", "dana")
    third = world.submit("chat", customer="kimmy")  # their own channel first
    assert world.view(third)["channel"] == "chat"
    assert world.submit("phone", customer="030 1234567") not in (first, third)
    # once it is done, the next is another matter
    owned(world, first, "ada")
    world.act(first, "resolve", "ada", text="sent again")
    assert world.submit("mail", customer="kim@example.com") == third
    owned(world, third, "ada")
    world.act(third, "resolve", "ada", text="said hello")
    assert world.submit("mail", customer="kim@example.com") not in (first, third)
    world.audit()


def a_confirmed_customer_is_known(stack):
    world = open_desk(stack, "separate")
    path = world.dir + "/customers.csv"
    with open(path, "w", encoding="utf-8") as file:
        file.write("name,mail,phone,tier,language,owner,deputy,channel,notes\n"
                   "Kim Kay,kim@example.com,+4930123456,gold,de,ben,ada,phone,likes tea\n")
    world.cli("customer", "import", path)
    contact = world.submit("phone", customer="030 123456", customer_name="unknown caller")
    view = world.view(contact)
    assert (view["tier"], view["language"], view["customer_name"]) == ("gold", "de", "Kim Kay"), view
    assert view["preferred"] == "ben", view
    about = view["about"]
    assert not about["provisional"] and about["notes"] == "likes tea" and about["preferred_channel"] == "phone", about
    w.until("the account's owner is asked", lambda: world.view(contact).get("offered_to") == "ben", 10)
    shown = show(world, contact)
    assert "likes tea" in shown and "account" in shown, shown
    w.until("the notice tells", lambda: "tier gold" in world["notification"].text(), 10)
    assert "likes tea" not in world["notification"].text()
    world.audit()


def another_address_is_a_proposal(stack):
    world = open_desk(stack, "link")
    first = world.submit("mail", customer="kim@example.com", thread="t1")
    for _ in range(2):
        assert world.submit("mail", customer="kim@work.example", thread="t1") == first
    proposals = customer_of(world, first)["proposals"]
    assert [one["identity"]["text"] for one in proposals] == ["kim@work.example"], proposals
    assert first in proposals[0]["reason"]
    assert "kim@work.example" in show(world, first)
    world.audit()


def a_colleague_is_not_the_customer(stack):
    """Who answers a notice by mail is named by the policy: their words are theirs, and nothing waits for less."""
    world = open_desk(stack, "link")
    contact = world.submit("mail", customer="kim@example.com", thread="t1", return_to="kim@example.com")
    owned(world, contact, "ada")
    world.act(contact, "reply", "ada", text="Which card?")
    world.act(contact, "resolve", "ada", text="said so")
    before = world.view(contact)
    assert world.submit("mail", customer="Ben@desk.example", thread="t1", text="It is the old one.") == contact
    view = world.view(contact)
    for key in ("state", "messages", "customer", "promises", "owner", "accountable"):
        assert view.get(key) == before.get(key), (key, view)
    assert not view["about"].get("proposals") and len(view["about"]["identities"]) == 1, view["about"]
    shown = show(world, contact)
    for words in ("ben, a colleague, by mail from Ben@desk.example (not sent on to the customer)", "It is the old one."):
        assert words in shown, (words, shown)
    told = "ben, a colleague, wrote by mail, which was not sent on to the customer"
    w.until("ada is told", lambda: told in world["notification"].text(), 10)
    own = world.submit("mail", customer="ben@desk.example")
    assert own != contact and customer_of(world, own)["customer"] != view["about"]["customer"]
    world.audit()


def first_contacts_at_once(stack):
    """Two intakes, the same unknown customer at both: one record, and one of the two knows of the other."""
    world = open_desk(stack, "link", replicas={"intake": 2})
    found = {}

    def say(pair, at):
        found[pair, at] = world.submit("mail", at=at, customer=f"kim{pair}@example.com")

    for pair in range(PAIRS):
        both = [threading.Thread(target=say, args=(pair, at)) for at in (1, 2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
    for pair in range(PAIRS):
        views = [world.view(found[pair, at]) for at in (1, 2)]
        one, other = ((view["contact"], view.get("linked")) for view in views)
        assert (one[1], other[1]) in ((None, one[0]), (other[0], None)), (one, other)
        about = views[0]["about"]
        assert about["version"] == 1 and len(about["contacts"]) == 2, about
        assert about["customer"] == views[1]["about"]["customer"]
    report = world.audit()
    assert report["customers"] == PAIRS, report


def first_contacts_at_once_are_one_matter(stack):
    world = open_desk(stack, "append", replicas={"intake": 2})
    found = {}

    def say(pair, at):
        found[pair, at] = world.submit("mail", at=at, customer=f"kim{pair}@example.com")

    for pair in range(PAIRS):
        both = [threading.Thread(target=say, args=(pair, at)) for at in (1, 2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert found[pair, 1] == found[pair, 2], found
    assert world.audit()["contacts"] == PAIRS


if __name__ == "__main__":
    sys.exit(w.main([three_ways_are_one_customer, a_second_contact_is_appended, a_confirmed_customer_is_known,
                     another_address_is_a_proposal, a_colleague_is_not_the_customer, first_contacts_at_once,
                     first_contacts_at_once_are_one_matter]))
