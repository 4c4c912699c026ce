"""Writes tests/data/records/COMMIT.tsv: what the programs of the release before this one leave in a store.

    tests/containers/run --records          after tests/containers/previous was changed to the release that just went out

tests/unit/test_records.c reads it, and every one before it.
"""
import base64
import collections
import os

import desk as d
import engine
import images
import rolling

w = d.w
EACH = 24  # records of a family, of as many sizes as there are


def play(desk, receiver):
    """A contact in each state, and each thing that a person may do."""
    lives = d.start_lives(desk, receiver)
    lives.more(24, 120)
    lives.end()
    receiver.behave["/away"], receiver.behave["/never"] = "500", "404"

    def act(contact, action, person, **more):
        answer = desk.act(contact, action, person, f"{contact}{action}", **more)
        assert answer.status == 200, (action, answer)

    def owned(**more):
        contact = desk.submit("mail", **{"return_way": "spoken", "subject": "Kärtchen", **more})
        return contact, w.until("somebody owns it", lambda: desk.view(contact).get("owner"), 30)

    for way in ("/away", "/never"):  # a delivery that waits, one that failed for good
        contact, owner = owned(return_way="callback", return_to=receiver.url(way))
        act(contact, "reply", owner, text="here you are")
    contact, owner = owned(thread="t-1", customer="kim@far.example", customer_name="Kim")
    act(contact, "reply", owner, text="which one?")
    act(contact, "wait", owner)
    contact, owner = owned()
    act(contact, "transfer", owner, to_person="ben" if owner == "ada" else "ada", text="is yours")
    contact, owner = owned()
    act(contact, "resolve", owner, text="done")
    act(contact, "reopen", owner, text="not yet")
    contact, owner = owned()
    act(contact, "note", owner, text="a long word: " + "x" * 2000)
    act(contact, "release", owner, promise="first_response", text="they took it back")
    desk.submit("phone", call="ringing", thread="call-1", customer="+4930123456", return_way="spoken")
    desk.submit("form", thread="t-2", customer="+4930123457", return_way="spoken")


def dump(store):
    """family -> [(key, value)], of different sizes, as far as there are."""
    found = collections.defaultdict(dict)
    for key in sorted(store.scan_iter("b:*")):
        text = key.decode()
        family = text.split("}:")[1].split(":")[0] if "}:" in text else text.split(":")[1]
        if family in ("c", "p", "d", "k", "w", "th", "i", "tok"):
            values = [store.get(key)]
        elif family == "tl":
            values = store.lrange(key, 0, -1)
        elif family == "ev":
            values = [value for _, fields in store.xrange(key) for value in fields.values()]
        else:
            continue
        for value in values:
            found[family].setdefault(len(value), (text, value))
    return {family: [values[size] for size in spread(sorted(values))] for family, values in found.items()}


def spread(sizes):
    step = max(1, len(sizes) / EACH)
    return [sizes[int(n * step)] for n in range(min(EACH, len(sizes)))]


def write(podman):
    commit = images.previous()
    path = os.path.join(engine.ROOT, "tests", "data", "records", commit[:12] + ".tsv")
    with rolling.opened(podman, images.BEFORE) as (fleet, desk, receiver):
        play(desk, receiver)
        rows = dump(fleet.store())
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# what the programs of {commit} left in a store; tests/containers/records.py\n")
        for family in sorted(rows):
            for key, value in rows[family]:
                file.write(f"{key}\t{base64.b64encode(value).decode()}\n")
    print(f"{path}: " + ", ".join(f"{len(values)} {family}" for family, values in sorted(rows.items())))
