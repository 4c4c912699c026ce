"""What must hold at the end, whatever happened: nothing lost, nothing doubled, everything ended.

It reads the workspace's events, which every commit numbers (dense, so that a missing one is seen), and compares them
with what customers were promised and what the far sides received.
"""
import collections
import importlib
import subprocess
import sys
import tempfile

from service import ROOT

PAGE = 2000
BY_LOG = " by log"
ENDED = ("KEPT", "BROKEN", "RELEASED")


class Events:
    """The stream of the workspace, read with the very proto files."""

    def __init__(self, stack, world):
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-faults-proto-"))
        subprocess.run(["protoc", f"--proto_path={ROOT}/proto", f"--python_out={directory}"]
                       + [f"buckstop/v1/{name}.proto" for name in ("record", "event")], check=True)
        sys.path.insert(0, directory)
        stack.callback(sys.path.remove, directory)
        self.proto, self.world = importlib.import_module("buckstop.v1.event_pb2"), world
        self.names = {number: name.removeprefix("FACT_KIND_") for name, number in self.proto.FactKind.items()}

    def after(self, number=0):
        """(event) in order; a gap is an error."""
        key = next(iter(self.world.redis.keys("b:{*}:ev:desk")))
        while True:
            page = self.world.redis.xrange(key, min=f"0-{number + 1}", count=PAGE)
            for ident, fields in page:
                number += 1
                event = self.proto.Event.FromString(next(iter(fields.values())))
                assert ident == f"0-{number}".encode(), f"events: {ident} where {number} should be"
                yield event
            if len(page) < PAGE:
                return

    def facts_after(self, number=0):
        """(event, fact, the name of its kind)"""
        for event in self.after(number):
            for fact in event.facts:
                yield event, fact, self.names[fact.kind]

    def newest(self):
        key = next(iter(self.world.redis.keys("b:{*}:ev:desk")))
        page = self.world.redis.xrevrange(key, count=1)
        return int(page[0][0].split(b"-")[1]) if page else 0


class Contact:
    """What the events say of one."""
    __slots__ = ("counts", "promises", "steps", "notices", "logged")

    def __init__(self):
        self.counts, self.promises = collections.Counter(), collections.Counter()
        self.steps, self.notices, self.logged = collections.Counter(), 0, 0  # logged: no far side receives those


def read(events):
    """contact -> Contact, and subject -> contacts that were opened under it."""
    contacts, subjects = collections.defaultdict(Contact), collections.defaultdict(list)
    for event, fact, name in events.facts_after():
        if not event.contact:
            continue
        contact = contacts[event.contact]
        contact.counts[name] += 1
        contact.logged += name == "DELIVERED" and BY_LOG in fact.detail
        if name == "OPENED":
            subjects[event.subject].append(event.contact)
        elif name == "NOTICE":
            contact.notices += fact.number
        elif name == "STEP":
            contact.steps[fact.promise, fact.due, fact.number] += 1
        elif name.startswith("PROMISE_"):
            contact.promises[fact.promise, name.removeprefix("PROMISE_")] += 1
    return contacts, subjects


def some(found):
    """A few of what is wrong, and how many there are."""
    return f"{len(found)}: {list(found)[:5]}"


def check_contacts(ground, contacts, subjects):
    """Each key that was acknowledged is one contact, the one that was told; none is there twice."""
    acknowledged = {key: contact for key, contact in ground.load.acknowledged.items() if contact not in ground.excused}
    twice = {subject: ids for subject, ids in subjects.items() if len(ids) > 1}
    assert not twice, f"opened twice: {some(twice.items())}\n" + "\n".join(
        ground.story(contact) for contact in next(iter(twice.values()), ()))
    opened = {subject.partition(" of ")[2]: ids[0] for subject, ids in subjects.items()}
    lost = {key: contact for key, contact in acknowledged.items() if opened.get(key) != contact}
    assert not lost, f"acknowledged, and not there: {some(lost.items())}"
    shard = ground.world.redis.keys("b:{*}:w:desk")[0].decode().split(":")[1]
    ids = list(acknowledged.values())
    gone = []
    for at in range(0, len(ids), PAGE):
        pipe = ground.world.redis.pipeline(transaction=False)
        for contact in ids[at:at + PAGE]:
            pipe.exists(f"b:{shard}:c:desk:{contact}")
        gone += [contact for contact, there in zip(ids[at:at + PAGE], pipe.execute()) if not there]
    assert not gone, f"no record: {some(gone)}"
    nobody = [contact for contact in ids if contacts[contact].counts["RESOLVED"] != 1]
    assert not nobody, f"not resolved once: {some(nobody)}"


def check_promises(ground, contacts):
    """Of a resolved contact every promise has ended, each once; every step of a ladder fired at most once."""
    uneven, again = [], []
    for contact, it in contacts.items():
        if contact in ground.excused:
            continue
        kinds = {kind for kind, _ in it.promises}
        uneven += [(contact, it.promises) for kind in kinds if it.counts["RESOLVED"] and
                   it.promises[kind, "OPENED"] != sum(it.promises[kind, how] for how in ENDED)]
        again += [(contact, step) for step, times in it.steps.items() if times > 1]
    assert not uneven, (f"promises opened and ended do not match: {some(uneven)}\n" +
                        "\n".join(ground.story(contact) for contact, _ in uneven[:1]))
    assert not again, f"steps that fired again: {some(again)}"


def check_notices(ground, contacts):
    """Each notice ended once, arrived under one id with the same bytes."""
    by_contact = ground.records.by_contact()
    assert not ground.records.differing, f"other bytes under the same id: {some(ground.records.differing)}"
    wrong = []
    for contact, it in contacts.items():
        if contact in ground.excused:
            continue
        ended = sum(it.counts[how] for how in ("DELIVERED", "DELIVERY_MOOT", "DELIVERY_BUNDLED", "DELIVERY_FAILED"))
        taken = sum(record.taken > 0 for record in by_contact[contact])
        if it.notices != ended or not it.counts["DELIVERED"] <= taken + it.logged <= it.notices:
            wrong.append((contact, it.notices, taken, dict(it.counts)))
    assert not wrong, f"notices rendered, ended and received do not match: {some(wrong)}"
    strangers = set(by_contact) - set(contacts) - {""}  # the last resort is told of what is no contact, too
    assert not strangers, f"told about contacts that are not there: {some(strangers)}"


def check(ground):
    """Everything; a line that counts."""
    ground.settle()
    contacts, subjects = read(ground.events)
    check_contacts(ground, contacts, subjects)
    check_promises(ground, contacts)
    check_notices(ground, contacts)
    report = ground.world.audit()
    return (f"{len(ground.load.acknowledged)} contacts acknowledged, each there once and resolved; "
            f"{sum(sum(it.steps.values()) for it in contacts.values())} steps, each once; "
            f"{len(ground.records.records)} notices received, {ground.records.doubles()} of them more than once; "
            f"{report['promises']} promises counted, audit: 0 findings")
