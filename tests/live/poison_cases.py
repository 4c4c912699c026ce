"""Kinds of keys that test_poison.py makes bad: how one comes to be, who asks for it, what goes on once it is mended.

To add a kind: a class here, and its place in KINDS.
"""
import random
import time

import poison
import world as w


class Case:
    """One kind of key. stops: what stands still meanwhile: nothing, desk, shard."""

    name, ways, stops, subject, refused, ours = "", poison.SET_WAYS, "nothing", "", (), ""

    def __init__(self, ground):
        self.ground, self.desk, self.store = ground, ground.desk, ground.world.redis
        self.key, self.mended = "", False

    def prepare(self):
        """Makes what is to be poisoned; sets key, and subject, as the audit names it."""

    def request(self):
        """One that names it; None: there is none."""
        return self.desk.ask("POST", "/v1/contacts", {"channel": "mail", "text": "x", "customer": "kim",
                                                      "return_way": "spoken"})

    def well(self):
        """After it was mended: what had been held up goes on."""


class SoonCase(Case):
    """About a contact whose promise breaks within a second."""

    def prepare(self):
        self.contact = self.desk.submit("soon")
        w.until("it is assigned", lambda: self.desk.told(self.contact, "assigned", "ada"))

    def well(self):
        w.until("its step is told", lambda: self.desk.told(self.contact, "step", "dana"), 30)
        assert self.desk.ask("GET", "/v1/contacts/" + self.contact).status == 200


class ContactCase(SoonCase):
    name, ways, refused = "contact", poison.RECORD_WAYS, (500,)

    def prepare(self):
        super().prepare()
        self.key, self.ours = self.desk.key("c", "desk", self.contact), self.contact
        self.subject = "contact " + self.contact

    def request(self):
        answer = self.desk.ask("GET", "/v1/contacts/" + self.contact)
        assert answer.status == 500, answer
        return self.desk.ask("POST", f"/v1/contacts/{self.contact}/actions",
                             {"action": "note", "person": "ada", "text": "x"})


class TimelineCase(SoonCase):
    name, refused = "timeline", (503,)

    def prepare(self):
        super().prepare()
        self.key, self.subject, self.ours = self.desk.key("tl", "desk", self.contact), self.contact, self.contact

    def request(self):
        return self.desk.ask("POST", f"/v1/contacts/{self.contact}/actions",
                             {"action": "note", "person": "ada", "text": "x"})


class PersonCase(Case):
    name, ways, refused, subject, ours = "person", poison.RECORD_WAYS, (500,), "person pat", "pat"

    def prepare(self):
        self.key = self.desk.key("p", "desk", "pat")
        self.store.zadd(self.desk.key("due", "p"), {"desk:pat": int(time.time() * 1000)})

    def request(self):
        return self.desk.ask("PUT", "/v1/people/pat/presence")

    def well(self):
        assert self.desk.ask("PUT", "/v1/people/pat/presence").status == 200
        contact = self.desk.submit("form")
        w.until("it is offered", lambda: self.desk.told(contact, "offer", "pat"), 20)


class DeliveryCase(Case):
    name, ways = "delivery", poison.RECORD_WAYS

    def prepare(self):
        self.ground.receiver.behave["/desk"] = "500"
        self.contact = self.desk.submit("mail")
        found = w.until("it is in the outbox", lambda: [
            key for key in self.store.keys(self.desk.key("d", "desk", "*"))
            if self.contact.encode() in (self.store.get(key) or b"") and b"assigned" not in key], 10)
        self.key = found[0].decode()
        self.ours = self.key.rsplit(":", 1)[1]
        self.subject = "delivery " + self.ours
        w.until("its first attempt is over: one under way would write it whole", self.was_tried, 20)

    def was_tried(self):
        timeline = self.desk.ask("GET", "/v1/contacts/" + self.contact)["timeline"]
        return any(fact["fact"] == "delivery_retried" for event in timeline for fact in event["facts"])

    def request(self):
        self.ground.receiver.behave["/desk"] = "ok"
        return None

    def well(self):
        w.until("it arrives", lambda: self.desk.told(self.contact, "assigned", "ada"), 40)
        assert len(self.desk.told(self.contact, "assigned", "ada")) == 1


class WorkspaceCase(SoonCase):
    name, ways, stops, subject, ours = "workspace", poison.RECORD_WAYS, "desk", "workspace desk", "desk"

    def prepare(self):
        super().prepare()
        self.key = self.desk.key("w", "desk")


class ListCase(Case):
    """Of the workspaces: who runs knows them. One way: the same key is not told of twice within an hour."""

    name, ways, subject = "workspaces", (poison.wrong_type,), "b:workspaces"

    def prepare(self):
        self.key = self.ours = "b:workspaces"


class TokenCase(Case):
    name, ways, refused = "token", poison.PLAIN_WAYS, (401, 500)

    def prepare(self):
        self.token = self.ground.world.cli("token", "issue", "--scope", "operator", "--workspace", "desk").strip()
        part = next(key for key in self.store.keys("b:tok:*") if key.decode().split(":")[2] in self.token)
        self.key = self.subject = part.decode()

    def request(self):
        return self.ground.world.ask("GET", "/v1/contacts", token=self.token)

    def well(self):
        assert self.ground.world.ask("GET", "/v1/contacts", token=self.token).status == 200


def shared(words, stops, written=True):
    """A key that many contacts share: no record of its own. written: somebody comes to it at once, and says it."""
    class Shared(SoonCase):
        name = "-".join(word for word in words if word != "desk")

        def prepare(self):
            super().prepare()
            self.key = self.subject = self.desk.key(*words)
            self.ours = self.key if written else ""

    Shared.stops = stops
    return Shared


class OwnCase(Case):
    name = "own"

    def prepare(self):
        for method in ("DELETE", "PUT"):  # a new epoch: the same key again would not be said twice
            assert self.desk.ask(method, "/v1/people/pat/presence").status == 200
        people = self.desk.ask("GET", "/v1/people")["people"]
        epoch = next(person["epoch"] for person in people if person["person"] == "pat")
        self.key = self.desk.key("own", "desk", "pat", str(epoch))
        self.subject = self.ours = self.key
        self.contact = None

    def request(self):
        answer = self.desk.ask("POST", "/v1/contacts", {"channel": "form", "text": "x", "customer": "kim",
                                                        "return_way": "spoken"})
        self.contact = answer["contact"]
        return answer

    def well(self):
        w.until("it is offered", lambda: self.desk.told(self.contact, "offer", "pat"), 30)


class KeyCase(Case):
    name, ways = "idempotency", poison.PLAIN_WAYS

    def prepare(self):
        before = set(self.store.keys(self.desk.key("i", "desk", "*")))
        self.body = {"channel": "mail", "text": "x", "customer": "kim", "return_way": "spoken"}
        self.once = f"once-{random.randrange(1 << 40)}"
        assert self.desk.ask("POST", "/v1/contacts", self.body, self.once).status == 202
        self.key = self.subject = (set(self.store.keys(self.desk.key("i", "desk", "*"))) - before).pop().decode()

    def request(self):
        return self.desk.ask("POST", "/v1/contacts", self.body, self.once)

    def well(self):
        assert self.desk.ask("POST", "/v1/contacts", self.body, self.once).status == 202


class ThreadCase(KeyCase):
    name = "thread"

    def prepare(self):
        before = set(self.store.keys(self.desk.key("th", "desk", "*")))
        self.body = {"channel": "mail", "text": "x", "customer": "kim", "return_way": "spoken",
                     "thread": f"thread-{random.randrange(1 << 40)}"}
        self.contact = self.desk.ask("POST", "/v1/contacts", self.body)["contact"]
        self.key = (set(self.store.keys(self.desk.key("th", "desk", "*"))) - before).pop().decode()

    def request(self):
        return self.desk.ask("POST", "/v1/contacts", self.body)

    def well(self):
        """What no id can be is as none: a new contact took the thread over."""
        contact = self.desk.ask("POST", "/v1/contacts", self.body)["contact"]
        assert contact == self.contact or not self.mended, (contact, self.contact)


class CustomerCase(Case):
    """Of one who writes to nobody else: what is bad about them is in nobody's way."""

    name, ways, who = "customer", poison.RECORD_WAYS, "lou@example.com"

    def prepare(self):
        before = set(self.store.keys(self.desk.key("k", "desk", "*")))
        self.desk.submit("mail", customer=self.who)
        made = set(self.store.keys(self.desk.key("k", "desk", "*"))) - before
        if made:
            type(self).found = made.pop().decode()
        self.key = self.find(self.found)
        self.subject = self.named()

    def find(self, record):
        return record

    def named(self):
        return "customer " + self.key.rsplit(":", 1)[1]

    def request(self):
        return self.desk.ask("POST", "/v1/contacts", {"channel": "mail", "text": "x", "customer": self.who,
                                                      "return_way": "spoken"})

    def well(self):
        self.desk.submit("mail", customer=self.who)


class CustomerListCase(CustomerCase):
    name, ways, who = "customer-contacts", poison.SET_WAYS, "max@example.com"

    def find(self, record):
        return record.replace(":k:", ":kc:")

    def named(self):
        return self.key


class IdentityCase(CustomerCase):
    """A second address leads to the record of the first."""

    name, ways, who = "identity", poison.PLAIN_WAYS, "zoe@work.example"

    def prepare(self):
        path = self.ground.world.dir + "/customers.csv"
        with open(path, "w", encoding="utf-8") as file:
            file.write("name,mail,mail2\nZoe,zoe@example.com,zoe@work.example\n")
        self.ground.world.cli("customer", "import", path, "--workspace", "desk")
        self.key = self.store.keys(self.desk.key("id", "desk", "*"))[0].decode()
        self.subject = self.key


KINDS = [CustomerCase, CustomerListCase, IdentityCase, ContactCase, TimelineCase, PersonCase, DeliveryCase, WorkspaceCase, ListCase, TokenCase, OwnCase, KeyCase,
         ThreadCase, shared(("due", "c"), "shard"), shared(("due", "p"), "shard"), shared(("due", "d"), "shard"),
         shared(("match",), "shard", False), shared(("q", "desk"), "desk", False), shared(("open", "desk"), "desk"),
         shared(("idle", "desk"), "desk"), shared(("ev", "desk"), "desk"), shared(("n", "desk"), "desk"),
         shared(("dead", "desk"), "nothing", False), shared(("closed", "desk"), "nothing", False)]
