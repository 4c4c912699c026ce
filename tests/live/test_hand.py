#!/usr/bin/python3
"""The operator's hand: watch's filters, a policy's former versions, repairs, a workspace that goes, pages and completion.

Ends with "N passed, N failed".
"""
import concurrent.futures
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import world as w
from relay import relayed

POLICY = """workspace: desk
last_resort: dana
channels:
  mail: { weight: 1, answer: spoken, address: support@desk.example }
  chat: { weight: 1, live: true, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000, ways: [{ log: ada }] }
  ben: { name: Ben K., capacity: 100000, ways: [{ log: ben }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
  back: { lead: dana, members: [ben] }
rules:
  - { name: back, when: { words: [printer] }, then: { team: back } }
settings: { presence: 1h, reopen: 1s }
"""


def open_desk(stack, policy=POLICY):
    world = w.open_world(stack, policy)
    world.environment["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{world['intake'].port}"
    world.environment["BUCKSTOP_TOKEN"] = world.token
    world.environment["BUCKSTOP_STREAM"] = world.endpoints("stream", 1)
    return world


def state_of(world, contact, *states):
    return w.until(lambda: f"{contact} is {states}: {world.view(contact)}",
                   lambda: world.view(contact)["state"] in states)


def watch_filters(stack):
    world = open_desk(stack)
    world.present("ada", "ben")
    first = world.submit("mail", subject="Parcel", customer="ann@example.org")
    second = world.submit("chat", subject="printer", customer="bob@example.org")
    for contact, person in ((first, "ada"), (second, "ben")):
        state_of(world, contact, "offered", "owned")
        assert world.act(contact, "accept", person).status == 200
        assert world.act(contact, "note", person, text="seen").status == 200
    w.until("nothing more will be told", world.settled)
    asked = {
        ("--kind", "accepted"): lambda e, f: f["fact"] == "accepted",
        ("--kind", "accepted,noted", "--channel", "chat"): lambda e, f: f["fact"] in ("accepted", "noted"),
        ("--person", "ben"): lambda e, f: "ben" in json.dumps(e),
        ("--team", "back"): lambda e, f: e.get("team") == "back",
        ("--team", "back,front"): lambda e, f: e.get("team") in ("back", "front"),
        ("--channel", "chat"): lambda e, f: e.get("channel") == "chat",
        ("--customer", "ANN@example.org"): lambda e, f: e.get("contact") == first,
        ("--customer", "bob@example.org", "--kind", "noted"): lambda e, f: e.get("contact") == second and f["fact"] == "noted",
        ("--contact", second[-6:].lower()): lambda e, f: e.get("contact") == second,
    }
    everything = [event for event in world.insist("GET", "/v1/events?limit=1000").json()["events"]]
    for words, fits in asked.items():
        expected = sum(1 for event in everything if any(fits(event, fact) for fact in event["facts"])
                       and ("--channel" not in words or event.get("channel") == "chat"))
        watch = world.watch("--last", "1000", *words)
        w.until(lambda: f"{words}: {len(watch.events)} of {expected}, {watch.errors}",
                lambda watch=watch, expected=expected: len(watch.events) >= expected)
        for event in watch.events:
            assert event["facts"] and all(fits(event, fact) for fact in event["facts"]), (words, event)
        watch.stop()  # it may not have come to where it follows
        assert len(watch.events) == expected, (words, watch.events, expected)
    # live, and a kind that there is none of
    watch = world.watch("--last", "1000", "--kind", "resolved", "--workspace", "desk")
    assert world.act(second, "resolve", "ben", text="done").status == 200
    assert world.act(first, "note", "ada", text="more").status == 200
    w.until(lambda: f"resolved: {watch.events} {watch.errors}", lambda: watch.events)
    assert {fact["fact"] for event in watch.events for fact in event["facts"]} == {"resolved"}
    words = world.cli("watch", "--kind", "acepted", status=2)
    assert "no fact 'acepted'" in words and "accepted" in words, words


def former_policies(stack):
    world = open_desk(stack)
    second = POLICY.replace("Ada L.", "Ada Lovelace")
    third = second.replace("  back: { lead: dana, members: [ben] }\n", "").replace("team: back", "team: front")
    world.apply(second)
    path = world.dir + "/third.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(third)
    words = world.cli("policy", "diff", path, status=1)
    assert "-  back: { lead: dana, members: [ben] }" in words and "+++ " in words and "@@ -" in words, words
    assert "+  ada: { name: Ada Lovelace" not in words
    world.cli("policy", "apply", path, "--by", "dana")
    assert "no difference" in world.cli("policy", "diff", path)
    words = world.cli("policy", "diff", "1", status=1)
    assert "+  ada: { name: Ada Lovelace" in words and "-  back" in words, words
    assert "+  ada: { name: Ada Lovelace" in world.cli("policy", "diff", "1", "2", status=1)
    rows = json.loads(world.cli("policy", "history", "--json"))
    assert [row["version"] for row in rows] == [3, 2, 1] and rows[0]["applied_by"] == "dana", rows
    assert rows[0]["in_force"] and rows[1]["added"] == 1 and rows[1]["removed"] == 1, rows
    assert world.cli("policy", "show", "1").split("\n", 1)[1] == POLICY
    # back, as a version of its own
    before = world.cli("policy", "history")
    assert before.count("in force") == 1, before
    assert "-  ada: { name: Ada L" not in world.cli("policy", "rollback", "--dry-run")
    assert world.cli("policy", "history") == before
    words = world.cli("policy", "rollback", "--by", "ben")
    assert "back to version 2" in words and "version 4 is in force" in words, words
    assert world.cli("policy", "show").split("\n", 1)[1] == second
    words = world.cli("policy", "rollback", "1")
    assert "version 5 is in force" in words
    rows = json.loads(world.cli("policy", "history", "--json"))
    assert rows[0]["same_as"] == 1 and rows[1]["same_as"] == 2 and rows[1]["applied_by"] == "ben", rows
    assert "as version 1, in force\n" in world.cli("policy", "history")
    assert "not kept" in world.cli("policy", "rollback", "9", status=1)
    world.cli("policy", "show", "nine", status=2)
    assert "does not belong to 'diff'" in world.cli("policy", "diff", "1", "--by", "dana", status=2)
    # the link key is the same, and stands in no former version
    key = world.redis.keys("b:{*}:w:desk")[0]
    for former in world.redis.keys("b:{*}:pv:desk:*"):
        assert b"\0" * 32 in world.redis.get(former)
    # bounded
    for i in range(34):
        world.apply(POLICY.replace("Ben K.", f"Ben {i}"))
    kept = sorted(int(name.rsplit(b":", 1)[1]) for name in world.redis.keys("b:{*}:pv:desk:*"))
    assert kept == list(range(39 - 32, 39)), kept
    assert key and world.audit()


def interrupted_it_applies_nothing(stack):
    """Ctrl-C while it looks at the other workspaces."""
    world, told = open_desk(stack), []
    with open(world.dir + "/next.yaml", "w", encoding="utf-8") as file:
        file.write(POLICY.replace("ben", "zoe"))

    def interrupt(command):
        told.append(command.send_signal(signal.SIGINT))
    assert relayed(stack, world, ("policy", "apply", "next.yaml"), b"SMEMBERS", interrupt)[0] == 3 and told
    assert len(json.loads(world.cli("policy", "history", "--json"))) == 1
    assert relayed(stack, world, ("policy", "apply", "next.yaml"), b"SMEMBERS", lambda _: None)[0] == 0
    assert len(json.loads(world.cli("policy", "history", "--json"))) == 2


def slips(stack):
    """A word that fits nothing is refused at once, with what was perhaps meant."""
    world = open_desk(stack)
    contact = world.submit("mail", subject="Parcel")
    for option, word, told in (("--team", "nosuch", "names no team 'nosuch'"), ("--team", "back,nosuch", "no team 'nosuch'"),
                               ("--person", "zoe", "names no person 'zoe'"), ("--channel", "fax", "no channel 'fax'"),
                               ("--contact", "ZZZZ", "ends with 'ZZZZ'"), ("--contact", "0" * 26, "0" * 26)):
        assert told in world.cli("watch", option, word, status=1), option
    assert "no channel 'fax'" in world.ask("GET", "/v1/contacts?channel=fax").body.decode()
    for channel, n in (("mail", 1), ("chat", 0)):
        assert len(json.loads(world.ask("GET", f"/v1/contacts?channel={channel}").body)["contacts"]) == n
    assert "no team 'nosuch'" in world.cli("repair", "reassign", "--all", "--to-team", "nosuch", "--reason", "x", status=1)
    assert "no person 'zoe'" in world.cli("repair", "reassign", "--all", "--to-person", "zoe", "--reason", "x", status=1)
    assert "no state 'open'; they are: received" in world.cli("watch", "--state", "owned,open", status=2)
    for words, meant in ((("policy", "chek", "x"), "check"), (("workspace", "lst"), "list"), (("people", "presnt", "ada"), "present"),
                         (("held", "relese"), "release"), (("dead", "replya"), "replay"), (("token", "isue"), "issue"),
                         (("archive", "lst"), "list"), (("repair", "reroot"), "reroute"), (("channel", "tst", "x"), "test"),
                         (("customer", "shw", "x"), "show")):
        told = world.cli(*words, status=2)
        assert f"{words[0]} knows no '{words[1]}'; did you mean '{meant}'?" in told and "\nexample:\n  buckstop " in told, told
    told = world.cli("held", "show", status=2)
    assert "usage: buckstop held" in told and "knows no" not in told, told
    for words, hint in ((("token", "revoke", "x"), "token list"), (("dead", "replay", "x"), "dead list"),
                        (("held", "show", "x"), "held list"), (("customer", "show", "x@x.example"), "customer import")):
        assert hint in world.cli(*words, status=1), words
    for words in (("explain", contact), ("policy", "show"), ("policy", "history"), ("customer", "show", "x")):
        told = world.cli(*words, "--workspace", "other", status=2)
        assert "there is no workspace 'other'\n  there are: desk; " in told, told
    assert "is the option --person" in world.cli("act", "accept", contact, status=1)
    assert "--to is no option here; did you mean --to-person, --to-team, --token-file? --help" in \
        world.cli("act", "transfer", contact[-4:], "--to", "ada", status=2)
    assert "did you mean 'accept'?" in world.cli("act", "accpet", contact[-4:], status=2)
    assert "release" in world.cli("act", "xyzzy", "1234", status=2)
    assert "did you mean 'watch'?" in world.cli("wach", status=2)
    assert "did you mean 'buckstop act accept'?" in world.cli("accept", contact, status=2)
    assert "did you mean 'buckstop act transfer'?" in world.cli("tranfer", status=2)
    words = world.cli("import", status=2)
    assert "'buckstop people import' or 'buckstop customer import'" in words, words
    # names that are near
    for option, word, meant in (("--team", "bak", "back"), ("--person", "adda", "ada"), ("--channel", "chatt", "chat")):
        assert f"'{word}'; did you mean '{meant}'?" in world.cli("watch", option, word, status=1), option
    assert "did you mean 'accepted'?" in world.cli("watch", "--kind", "acepted", status=2)
    assert "did you mean 'ada'?" in world.cli("people", "present", "Ada", status=1)
    assert "did you mean 'dana'?" in world.cli("act", "accept", contact, "--person", "danna", status=1)
    assert "did you mean 'back'?" in world.cli("list", "--team", "bck", status=1)
    assert "did you mean" not in world.cli("xyzzyxyzzy", status=2)
    health = f"127.0.0.1:{world['intake-1'].health}"
    assert "of which service?" in world.cli("log-level", "debug", "--health", health, status=2)
    assert "is neither a service" in world.cli("log-level", "intke", status=2)
    assert "is neither a service" in world.cli("log-level", "intke", "debug", "--health", health, status=2)
    assert world.cli("log-level", "intake", "--health", health).strip() == "notice"
    for command in ("backup x", "audit", "token list"):
        assert "a user logs in with a password" in world.cli(*command.split(), "--redis-user", "x", status=2), command
    words = world.cli("people", "present", "ada", "--for", "1s")
    assert re.search(r"ada is there.*\nthis stays here.*\nada is away", words), words
    words = world.cli("report", "nosuch", status=1)
    assert "nosuch" in words and "0 events" not in words, words


def who_waits_is_told(stack):
    """What takes more than two seconds says what it waits for."""
    world = open_desk(stack)
    nowhere = "unix:" + world.dir + "/nowhere"
    intake, server = world["intake"].process, world.environment["BUCKSTOP_SERVER"]
    rows = [(("audit", "--redis", nowhere), f"-- waiting for the store: redis at {nowhere}", "the store can't be used"),
            (("top", "--once", "--console", "http://127.0.0.1:1"), "-- waiting for the console at http://127.0.0.1:1: ",
             "can't reach the console"),
            (("list",), f"-- waiting for {server}\n", "can't reach"),
            (("policy", "show"), "-- waiting for the store: ", "the store can't be used")]
    intake.send_signal(signal.SIGSTOP)
    try:
        with world.redis_stopped(), concurrent.futures.ThreadPoolExecutor() as pool:
            for row, told in zip(rows, pool.map(lambda row: world.cli(*row[0], status=3), rows)):
                assert row[1] in told and row[2] in told, (row, told)
    finally:
        intake.send_signal(signal.SIGCONT)


def repairs(stack):
    world = open_desk(stack)
    world.present("ada", "ben")
    mine = [world.submit("mail", subject=f"parcel {i}", customer=f"c{i}@example.org") for i in range(6)]
    other = world.submit("mail", subject="printer")
    for contact in mine[:4]:
        state_of(world, contact, "offered")
        assert world.act(contact, "accept", "ada").status == 200
    state_of(world, other, "offered")
    assert world.act(other, "accept", "ben").status == 200
    world.cli("repair", "resolve", "--reason", "x", status=2)
    assert "--owner is empty" in world.cli("repair", "resolve", "--owner", "", "--reason", "x", "--dry-run", status=2)
    world.cli("repair", "resolve", "--owner", "ada", status=2)
    world.cli("repair", "reassign", "--owner", "ada", "--reason", "x", status=2)
    # a dry run changes nothing
    for contact in mine[4:]:
        state_of(world, contact, "offered")
    w.until("nothing else does", world.settled)
    before = {contact: world.view(contact)["version"] for contact in mine + [other]}
    report = json.loads(world.cli("repair", "resolve", "--owner", "ada", "--reason", "x", "--dry-run", "--json"))
    assert report["changed"] == 4 and report["dry_run"], report
    assert before == {contact: world.view(contact)["version"] for contact in mine + [other]}
    offered = json.loads(world.cli("repair", "reroute", "--contact", mine[4], "--reason", "x", "--dry-run", "--json"))
    assert [(row["accountable"], row["with"]) for row in offered["contacts"]] == [("dana", "ada")], offered
    assert "ACCOUNTABLE" in world.cli("repair", "resolve", "--owner", "ada", "--reason", "x", "--dry-run")
    # what fits nobody is named
    for status, filters, words in (
            (1, ("--channel", "mial"), "the policy names no channel 'mial'"),
            (0, ("--customer", "c1@example.com", "--subject", "parcel"), "--customer c1@example.com: it fits none of the 7"),
            (0, ("--contact", "ZZZZ"), "--contact ZZZZ: no contact that is not closed ends so")):
        done = world.call("repair", "resolve", *filters, "--reason", "x")
        assert done.returncode == status and words in done.stderr and "0 changed" in done.stdout, done
        assert "--subject" not in done.stderr, done
    # to somebody else: proposed, and theirs once they accept
    words = world.cli("repair", "reassign", "--owner", "ada", "--to-person", "ben", "--reason", "ada is ill", "--by",
                      "dana", "--limit", "1")
    assert "1 changed, 0 refused" in words, words
    state_of(world, mine[0], "owned")
    w.until("ben is asked", lambda: world.view(mine[0]).get("offered_to") == "ben")
    assert any("ada is ill (repair by dana)" in fact.get("text", "") for fact in w.facts_of(world.view(mine[0])))
    # back to routing
    report = json.loads(world.cli("repair", "reroute", "--subject", "PARCEL 3", "--reason", "wrong", "--json"))
    assert [row["contact"] for row in report["contacts"]] == [mine[3]] and report["changed"] == 1, report
    w.until("somebody else is asked", lambda: world.view(mine[3]).get("owner", "") != "ada")
    # resolved; the same run again does nothing twice
    report = json.loads(world.cli("repair", "resolve", "--customer", "c1@example.org", "--reason", "a test", "--key",
                                  "run1", "--json"))
    assert report["changed"] == 1 and world.view(mine[1])["state"] in ("resolved", "closed"), report
    again = json.loads(world.cli("repair", "resolve", "--customer", "c1@example.org", "--reason", "a test", "--key",
                                 "run1", "--json"))
    assert again["changed"] == 0, again
    assert world.view(other)["owner"] == "ben"
    world.cli("repair", "resolve", "--all", "--reason", "the end of it")
    w.until("all is closed", lambda: not world.contacts(), 30)
    assert world.audit()


def a_workspace_goes(stack):
    world = open_desk(stack)
    with open(world.dir + "/trial.yaml", "w", encoding="utf-8") as file:
        file.write(POLICY.replace("workspace: desk", "workspace: due"))
    both = "support@desk.example: channel 'mail' names it, and so does channel 'mail' of workspace 'desk'"
    done = world.call("policy", "apply", world.dir + "/trial.yaml")
    assert done.returncode == 1 and f"trial.yaml: {both}" in done.stderr and "say --yes" in done.stderr, done
    assert "due" not in world.cli("workspace", "list")  # who comes second takes no mail away
    done = world.call("policy", "apply", world.dir + "/trial.yaml", "--yes")
    assert done.returncode == 0 and f"trial.yaml: warning: {both}" in done.stderr, done
    done = world.call("policy", "apply", world.dir + "/policy.yaml")  # it stood already: who had it first may go on
    assert done.returncode == 0 and "warning: support@desk.example" in done.stderr and "'due'" in done.stderr, done
    token = world.cli("token", "issue", "--scope", "operator", "--workspace", "due").strip()
    w.until("it is served", lambda: world.ask("GET", "/v1/people", token=token).status == 200)
    kept = world.submit("mail", subject="stays")
    answer = world.ask("PUT", "/v1/people/ada/presence", token=token)
    assert answer.status == 200, answer
    gone = world.ask("POST", "/v1/contacts", {"channel": "mail", "text": "hello", "customer": "ann@example.org"},
                     token=token)["contact"]
    assert "due" in world.cli("workspace", "list") and "desk" in world.cli("workspace")
    assert "is not closed" in world.cli("workspace", "remove", "due", "--yes", status=1)
    assert "1 open contacts, 0 closed contacts" in world.cli("workspace", "remove", "due", "--dry-run", status=1)
    act = {"action": "resolve", "person": "dana", "text": "a trial"}
    view = lambda: world.ask("GET", f"/v1/contacts/{gone}", token=token).json()
    w.until("it is offered", lambda: view()["state"] == "offered")
    assert world.ask("POST", f"/v1/contacts/{gone}/actions", act, token=token).status == 200
    w.until("it is closed", lambda: view()["state"] == "closed", 30)
    w.until("nothing is to be sent", lambda: world.count("b:{*}:due:d") == 0)
    shard = re.search(rb"\{\d+\}", world.redis.keys("b:{*}:w:due")[0]).group()
    world.redis.zadd(b"b:" + shard + b":arch:due", {"files": 1})
    assert "archive 'files' has the events" in world.cli("workspace", "remove", "due", "--yes", status=1)
    world.redis.zadd(b"b:" + shard + b":arch:due", {"files": 1000})
    others = {key: world.redis.dump(key) for key in world.redis.keys("b:*") if b":desk" in key}
    assert "--yes" in world.cli("workspace", "remove", "due", status=2)
    assert json.loads(world.cli("workspace", "remove", "due", "--dry-run", "--json"))["closed contacts"] == 1
    assert "due is gone" in world.cli("workspace", "remove", "due", "--yes")
    left = [key for key in world.redis.keys("b:*") if re.search(rb"\}:(?!due:|ev:)[a-z]+:due(:|$)", key)]
    assert not left, left
    for key in world.redis.keys("b:{*}:due:*") + world.redis.keys("b:{*}:match"):
        assert not [member for member in world.redis.zrange(key, 0, -1) if member.startswith(b"due:")], key
    assert world.redis.smembers("b:workspaces") == {b"desk"}
    w.until("its token is known no more", lambda: world.ask("GET", "/v1/people", token=token).status == 401)
    assert "there is no workspace" in world.cli("workspace", "remove", "due", "--yes", status=1)
    assert others.keys() <= set(world.redis.keys("b:*")) and world.view(kept)
    assert world.audit()
    # the same name again is a workspace like any other, with the policy that it has now
    with open(world.dir + "/trial.yaml", "w", encoding="utf-8") as file:
        file.write(POLICY.replace("workspace: desk", "workspace: due").replace("ben", "zoe").replace("support@", "trial@"))
    world.cli("policy", "apply", world.dir + "/trial.yaml")
    assert [row["version"] for row in json.loads(world.cli("policy", "history", "--workspace", "due", "--json"))] == [1]
    token = world.cli("token", "issue", "--scope", "operator", "--workspace", "due").strip()
    w.until("it is served again", lambda: world.ask("POST", "/v1/contacts", {"channel": "mail", "text": "x"},
                                                    token=token).status == 202)
    w.until("its people are known", lambda: world.ask("PUT", "/v1/people/zoe/presence", token=token).status == 200)
    assert world.ask("PUT", "/v1/people/ben/presence", token=token).status == 404


def a_workspace_waits_for_its_archive(stack):
    world = open_desk(stack)
    path = world.dir + "/trial.yaml"
    for settings, status, words in (("settings: { archive: required }\n", 1, "wants an archive"), ("", 0, "trial is gone")):
        with open(path, "w", encoding="utf-8") as file:
            file.write("workspace: trial\nlast_resort: dana\npeople: { dana: {} }\n" + settings)
        world.cli("policy", "apply", path)
        assert words in world.cli("workspace", "remove", "trial", "--yes", status=status)


STAFF = """id,name,mail,phone,languages,skills,capacity,teams,shift
eve,"Eve, M.",eve@example.com,+49 30 77,en;de,cards:3;pin,150,back,
ada,Ada of the list,ada@example.com,,fr,,,back,
"""
LDIF = """version: 1

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: uid=eve,ou=people,dc=example,dc=com
uid: eve
cn:: RXZlIE3DvGxsZXI=
mail: eve@example.com
telephoneNumber: +49 (30) 77
preferredLanguage: de-DE, en;q=0.8
ou: back
ou: front
description: a long line that
  goes on
"""


def write(world, name, text):
    path = f"{world.dir}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def people_from_a_list(stack):
    world = open_desk(stack)
    path, staff = write(world, "my.yaml", "# ours\n" + POLICY), write(world, "staff.csv", STAFF)
    report = json.loads(world.cli("people", "import", staff, "--policy", path, "--dry-run", "--json"))
    assert report["new"] == ["eve"] and report["gone"] == [] and report["people"] == 2, report
    assert read(path) == "# ours\n" + POLICY and not os.path.exists(world.dir + "/people.yaml")
    line = ("# ours\n" + POLICY).split("\n").index("people:") + 1
    words = world.cli("people", "import", staff, "--policy", path, "--dry-run")
    assert f"my.yaml: would name people.yaml, in line {line}" in words and "people.yaml: would be written" in words, words
    # without a file it is compared with the policy in force, which has ada
    words = world.cli("people", "import", staff, "--dry-run")
    assert "new: eve\n" in words and f"the policy in force: would name people.yaml, in line {line - 1}" in words, words
    assert "written" not in words, words
    words = world.cli("people", "import", staff, "--policy", path, "--by", "dana")
    assert "new: eve" in words and "version 2 is in force" in words, words
    assert f"my.yaml: names people.yaml now, in line {line}\npeople.yaml: written\n" in words, words
    # the rest of the policy is what it was, byte for byte
    assert read(path) == "# ours\n" + POLICY.replace("people:\n", "people_from: people.yaml\npeople:\n")
    w.until("eve is known", lambda: "eve" in world.cli("people"))
    people = json.loads(world.cli("people", "list", "--json"))
    # what the policy itself says of ada counts before the list
    assert {p["person"]: p["display"] for p in people} == {"ada": "Ada L.", "ben": "Ben K.", "dana": "Dana R.",
                                                           "eve": "Eve, M."}, people
    assert next(p["capacity"] for p in people if p["person"] == "eve") == 150
    # she is in her team: a printer's contact is offered to her
    world.present("eve")
    contact = world.submit("mail", subject="printer")
    w.until("eve is asked", lambda: world.view(contact).get("offered_to") == "eve")
    # the file alone is applied as ever; a list without her lets her go, and says so
    assert "in force already" in world.cli("policy", "apply", path)
    write(world, "staff.csv", "id,name\nfay,Fay\n")
    words = world.cli("people", "import", staff, "--policy", path)
    assert "names" not in words and "people.yaml: written" in words, words
    assert "in force already" in world.cli("policy", "apply", path)
    assert "new: fay" in words and "gone: eve" in words and "leaving: eve" in words, words
    # into the policy in force, from a directory
    words = world.cli("people", "import", write(world, "staff.ldif", LDIF), "--map", "teams=ou")
    assert "new: eve" in words and "gone: fay" in words and "1 entries without an id" in words, words
    shown = world.cli("policy", "show")
    assert "Eve Müller" in shown and '"de-DE", "en"' in shown and '"back", "front"' in shown, shown
    assert shown.count('file: "people.yaml"') == 1
    assert [row["version"] for row in json.loads(world.cli("policy", "history", "--json"))] == [4, 3, 2, 1]
    # each bad row is said, and nothing is changed
    before = world.cli("policy", "show")
    bad = "id,name,phone,teams,capacity\nx y,X,,,\neve,E,,nosuch,\nfay,F,abc!,,\ngus,G,,,many\neve,E,,,\n"
    words = world.cli("people", "import", write(world, "bad.csv", bad), status=1)
    for line, part in ((2, "no name of a person"), (5, "capacity of 'gus'"), (6, "'eve' again")):
        assert re.search(rf"bad.csv:{line}: .*{re.escape(part)}", words), (line, words)
    bad = "id,phone,teams\neve,,nosuch\nfay,abc!,\n"
    words = world.cli("people", "import", write(world, "bad.csv", bad), status=1)
    for line, part in ((2, "no team 'nosuch'"), (3, "phone of person 'fay'")):
        assert re.search(rf"bad.csv:{line}: .*{re.escape(part)}", words), (line, words)
    shifted = "id;name;languages;skills\neve;Eve;en;de;cards:3\n"
    assert "bad.csv:2: it has 5 cells, the header line has 4" in \
        world.cli("people", "import", write(world, "bad.csv", shifted), status=1)
    assert "unknown column 'salary'" in world.cli("people", "import", write(world, "bad.csv", "id,salary\na,1\n"), status=1)
    hostile = 'id,name,skills\neve,"""}\n  dana: {name: x} #",cards:3\n'
    world.cli("people", "import", write(world, "odd.csv", hostile), status=1)
    world.cli("people", "import", write(world, "odd.csv", 'id,skills\neve,"cards:3}, x: {"\n'), status=1)
    assert world.cli("policy", "show") == before
    world.cli("people", "import", staff, "--map", "nosuch=x", status=2)
    world.cli("people", "list", "--redis", "x", status=2)
    assert world.audit()


def programs():
    return sorted(name for name in os.listdir(w.BUILD) if re.fullmatch(r"buckstop-[a-z]+", name))


def commands_of(world):
    return world.cli("completion", "names").splitlines()


def pages(stack):
    """Each page is roff without a complaint, and has every option that --help has."""
    world = w.open_world(stack, POLICY, start=False)
    said = {(name,): world.cli(*name.split(), "--man") for name in commands_of(world)}
    for name in programs():
        said[(name, "")] = subprocess.run([f"{w.BUILD}/{name}", "--man"], capture_output=True, text=True, check=True).stdout
    assert len(said) > 15
    for name, page in said.items():
        command = [f"{w.BUILD}/{name[0]}", "--help"] if len(name) == 2 else \
            [f"{w.BUILD}/buckstop", *name[0].split(), "--help"]
        help_page = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
        for option in re.findall(r"^  (--[a-z-]+)", help_page, re.M):
            assert re.search(rf"^{option}\b", plain, re.M), (name, option)
        assert page.startswith(".TH ") and ".SH EXIT STATUS" in page and ".SH SYNOPSIS" in page, page
    if not shutil.which("man"):
        raise w.Skipped("there is no man(1)")
    said[("buckstop",)] = world.cli("--man")
    for name, page in said.items():
        done = subprocess.run(["man", "--warnings", "-l", "-"], input=page, capture_output=True, text=True, check=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFOPT": "-ww"})
        assert not done.stderr, (name, done.stderr)
        assert "NAME" in done.stdout and "OPTIONS" in done.stdout or name == ("buckstop",), done.stdout


def completed(world, script, *words, **environment):
    """What bash proposes behind these words."""
    line = " ".join(f"'{word}'" for word in words)
    code = (f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _buckstop; "
            "printf '%s\\n' \"${COMPREPLY[@]}\"")
    return subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True, cwd=world.dir,
                          env={**os.environ, **environment}).stdout.split()


def completion(stack):
    world = w.open_world(stack, POLICY, start=False)
    script = world.dir + "/completion.bash"
    with open(script, "w", encoding="utf-8") as file:
        file.write(world.cli("completion", "bash"))
    assert completed(world, script, "buckstop", "pol") == ["policy"]
    assert set(commands_of(world)) - {"people import"} < set(completed(world, script, "buckstop", ""))
    assert completed(world, script, "buckstop", "policy", "ro") == ["rollback"]
    assert completed(world, script, "buckstop", "watch", "--kin") == ["--kind"]
    assert completed(world, script, "buckstop", "watch", "--customer", "") == []
    assert "--redis" not in completed(world, script, "buckstop", "watch", "--")
    assert sorted(completed(world, script, "buckstop", "people", "")) == ["away", "import", "list", "present"]
    world.cli("completion", "csh", status=2)
    for words in ("completion", "--help"), ("completion", "-h"), ("help", "completion"):
        assert "buckstop completion zsh >" in world.cli(*words), words
    for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
        scripts = [world.cli("completion", shell)]
        scripts += [subprocess.run([f"{w.BUILD}/{name}", "--completion", shell], capture_output=True, text=True,
                                   check=True).stdout for name in programs()]
        for number, text in enumerate(scripts):
            assert text.strip(), shell
            path = f"{world.dir}/script-{number}.{shell}"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            if shutil.which(check[0]):
                subprocess.run([*check, path], check=True)
            elif shell == "zsh":
                subprocess.run(["bash", "-n", path], check=True)  # what both would stumble over


def completed_values(stack):
    """Behind an option that takes names: what the tables and the policy in force have; and none without a store."""
    world = open_desk(stack)
    script = world.dir + "/completion.bash"
    with open(script, "w", encoding="utf-8") as file:
        file.write(world.cli("completion", "bash"))
    contact = world.submit("mail", subject="Parcel")
    here = {"PATH": f"{w.BUILD}:{os.environ['PATH']}", "BUCKSTOP_REDIS": "unix:" + world.socket,
            **{name: world.environment[name] for name in ("BUCKSTOP_SERVER", "BUCKSTOP_TOKEN")}}
    for words, fits in {("watch", "--kind", "promise_"): ["promise_broken", "promise_kept", "promise_opened", "promise_released"],
                        ("watch", "--team", ""): ["back", "front"],
                        ("watch", "--team", "back,f"): ["back,front"],
                        ("watch", "--channel", "m"): ["mail"],
                        ("watch", "--state", "o"): ["offered", "owned"],
                        ("list", "--owner", "d"): ["dana"],
                        ("list", "--state", ""): ["offered", "owned", "queued", "received", "resolved", "waiting"],
                        ("token", "issue", "--scope", ""): ["channel", "operator", "person"],
                        ("log-level", "esc"): ["escalation"],
                        ("log-level", "escalation", ""): ["debug", "error", "info", "notice", "warning"],
                        ("log-level", "escalation", "n"): ["notice"],
                        ("act", "acc"): ["accept"],
                        ("act", "re"): ["release", "reopen", "reply", "resolve"],
                        ("act", "accept", ""): [contact[-6:]],
                        ("show", contact[-6:-4]): [contact[-6:]],
                        ("explain", ""): [contact[-6:]],
                        ("watch", "--contact", ""): [contact[-6:]],
                        ("repair", "reassign", "--to-person", "b"): ["ben"]}.items():
        found = sorted(completed(world, script, "buckstop", *words, **here))
        assert set(fits) <= set(found) and (words[-1].startswith("promise") or found == fits), (words, found)
    # what it is told is expanded by a shell: only names are taken from whoever answers there
    odd = {"contacts": [{"contact": "$(touch${IFS}pwned)"}, {"contact": "0" * 20 + "`id`"}, {"contact": contact}]}
    far = http.server.HTTPServer(("127.0.0.1", 0), type("Odd", (http.server.BaseHTTPRequestHandler,), {
        "do_GET": lambda self: (self.send_response(200), self.send_header("Content-Type", "application/json"),
                                self.end_headers(), self.wfile.write(json.dumps(odd).encode())),
        "log_message": lambda *_: None}))
    stack.callback(far.server_close)
    threading.Thread(target=far.serve_forever, daemon=True).start()
    stack.callback(far.shutdown)
    asked = {**here, "BUCKSTOP_SERVER": f"http://127.0.0.1:{far.server_port}"}
    assert completed(world, script, "buckstop", "show", "", **asked) == [contact[-6:]]
    here["BUCKSTOP_REDIS"] = "unix:" + world.dir + "/nowhere"
    assert completed(world, script, "buckstop", "watch", "--team", "", **here) == []
    assert "accepted" in completed(world, script, "buckstop", "watch", "--kind", "", **here)
    here["BUCKSTOP_SERVER"] = "http://127.0.0.1:1"
    assert completed(world, script, "buckstop", "show", "", **here) == []
    world.cli("completion", "values", "socks", status=2)


CASES = [watch_filters, former_policies, interrupted_it_applies_nothing, slips, who_waits_is_told, repairs, a_workspace_goes,
         a_workspace_waits_for_its_archive, people_from_a_list, pages, completion, completed_values]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
