#!/usr/bin/python3
"""Events leave the store: each once in the files or at the webhook, whatever dies; nothing is deleted that is not there.

Ends with "N passed, N failed".
"""
import gzip
import hashlib
import hmac
import json
import os
import re
import sys
import time

import world as w

POLICY = """workspace: desk
last_resort: dana
channels:
  chat: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { capacity: 100000, ways: [{ log: ada }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
rules:
  - { name: cards, when: { channel: chat }, then: { team: front } }
promises:
  - { when: { channel: chat }, first_response: 2s }
settings: { presence: 1h, reopen: 1s, keep: { events: 3s, closed: 3s }%s }
"""


def open_desk(stack, *options, policy=POLICY % ""):
    world = w.open_world(stack, policy, options={"archive": list(options)})
    world.present("ada")
    return world


def files(world):
    place = world.dir + "/archive/desk"
    return sorted(os.listdir(place)) if os.path.isdir(place) else []


def with_files(stack, *more, **given):
    world = open_desk(stack, *more, **given)
    os.mkdir(world.dir + "/archive")
    world.options["archive"] += ["--dir", world.dir + "/archive"]
    return world, world.add("archive")


def stream(world):
    return world.redis.keys("b:{*}:ev:desk")[0].decode()


def newest(world):
    return int(world.redis.xrevrange(stream(world), count=1)[0][0].decode().split("-")[1])


def cursor(world, name="archive"):
    return int(world.redis.zscore(stream(world).replace(":ev:", ":arch:"), name) or 0)


def caught_up(world, name="archive"):
    w.until("the archive has all", lambda: cursor(world, name) == newest(world), 30)


def complete(world):
    """All numbers up to now, and no other; while we look more may come."""
    upto = newest(world)
    w.until("the archive is as far", lambda: cursor(world) >= upto, 30)
    found, _ = numbers(world)
    assert found == list(range(1, len(found) + 1)) and len(found) >= upto, (upto, found)
    return found


def numbers(world, *more):
    done = world.call("archive", "read", world.dir + "/archive", "--json", *more)
    assert done.returncode == 0, done.stderr
    words = re.sub(r"(?m)^-- \d+ events read\n", "", done.stderr)  # how far it is, where that takes long
    return [json.loads(line)["number"] for line in done.stdout.splitlines()], words


def closed(world):
    """Those that are resolved are closed soon behind it, and nothing is to be sent: from here on nothing happens by itself."""
    w.until("all are closed", lambda: not world.contacts(), 30)
    w.until("all is sent", world.settled, 30)
    caught_up(world)


def rounds(world, n):
    for _ in range(n):
        contact = world.submit("chat", return_way="spoken")
        w.until("ada has it", lambda: world.view(contact).get("owner") == "ada")
        assert world.act(contact, "resolve", "ada", text="done").status == 200


def each_event_is_there_once(stack):
    world, archive = with_files(stack, "--file-age", "1")
    rounds(world, 5)
    caught_up(world)
    w.until("a file is closed", lambda: files(world) and all(name.endswith(".gz") for name in files(world)), 30)
    found, words = numbers(world)
    assert found == list(range(1, found[-1] + 1)) and not words, (found, words)
    with gzip.open(world.dir + "/archive/desk/" + files(world)[0], "rt", encoding="utf-8") as lines:
        line = json.loads(next(lines))
    assert (line["series"], line["number"], line["workspace"]) == (1, 1, "desk"), line
    rounds(world, 2)
    caught_up(world)
    broken, _ = numbers(world, "--kind", "resolved")
    assert len(broken) == 7, broken
    assert archive.metric("buckstop_archive_failures_total") == 0 and archive.metric("buckstop_archive_lag_seconds") < 5
    assert json.loads(world.cli("archive", "list", "--json"))[0]["name"] == "archive"
    world.audit()


def a_kill_loses_nothing(stack):
    world, archive = with_files(stack)
    customers = w.Customers(world, lambda who, key: world.submit("chat", key=key, return_way="spoken"), n=3)
    for number in range(4):
        customers.more(20)
        archive.kill()
        if number == 1:  # between the line and the cursor: the same lines are not told twice
            archive.start(BUCKSTOP_KILL_AT="archive.written", BUCKSTOP_KILL_COUNT="3", wait=False)
            archive.wait_killed(20)
        if number == 2:  # torn by a power cut
            with open(world.dir + "/archive/desk/" + files(world)[-1], "ab") as file:
                file.write(b'{"series":1,"number":9')
        archive.start()
    customers.stop()
    had = newest(world)  # promises go on to break
    w.until("the archive has them", lambda: cursor(world) >= had, 30)
    found, words = numbers(world)
    assert found == list(range(1, len(found) + 1)) and len(found) >= had and not words, (found[-1], had, words)
    assert archive.metric("buckstop_archive_series_total") == 0
    second = w.Service(world, "archive", 2)  # in the same directory: it is said, and does not start
    second.start(wait=False)
    assert second.process.wait(20) == 1 and "another archive writes there" in second.text(), second.text()


def look_again(world):
    """They look for what is old once a minute, and when they begin."""
    for name in ("notification", "escalation"):
        world[name].end()
        world[name].start()


def nothing_is_deleted_that_it_lacks(stack):
    world = open_desk(stack, policy=POLICY % ", archive: required")
    rounds(world, 3)
    closed = stream(world).replace(":ev:", ":closed:")
    w.until("they are closed", lambda: world.redis.zcard(closed) == 3, 30)
    first = world.redis.xrange(stream(world), count=1)[0][0]
    w.until("they are old enough", lambda: world.redis.zcount(closed, 0, time.time() * 1000) == 3, 30)
    look_again(world)
    w.until("it is seen", lambda: world["notification"].metric("buckstop_retention_blocked") == 1)
    assert world.redis.xrange(stream(world), count=1)[0][0] == first and world.redis.zcard(closed) == 3
    os.mkdir(world.dir + "/archive")
    world.options["archive"] += ["--dir", world.dir + "/archive"]
    world.add("archive")
    caught_up(world)
    look_again(world)
    w.until("contacts go", lambda: world.redis.zcard(closed) == 0)
    w.until("events go", lambda: world.redis.xrange(stream(world), count=1)[0][0] != first)
    complete(world)
    world.audit()


def a_webhook_gets_them_signed(stack):
    receiver = w.open_receiver(stack)
    world = open_desk(stack, "--webhook", receiver.url("/events"), "--secret", "pager", "--name", "lake")
    world.options["archive"] += ["--secrets", world.dir + "/secrets"]
    os.mkdir(world.dir + "/archive")
    world.options["archive"] += ["--dir", world.dir + "/archive"]
    receiver.behave["/events"] = "500"
    answered = {"500": [], "ok": []}  # the calls, by what was said to each
    receiver.heard = lambda call, how: answered[how].append(call)
    archive = world.add("archive")
    rounds(world, 2)
    w.until("it says so", lambda: archive.metric("buckstop_archive_failures_total") >= 2, 30)
    rounds(world, 1)  # the next page is a longer one
    assert archive.metric("buckstop_archive_lag_seconds") > 0 and cursor(world, "lake") == 0
    receiver.behave["/events"] = "ok"
    had = newest(world)
    w.until("all came", lambda: cursor(world, "lake") >= had, 30)
    events, keys = [], {}
    for call in answered["500"] + answered["ok"]:  # one key, one body: whoever drops what has a known key loses nothing
        key = next(value for name, value in call.headers.items() if name.lower() == "idempotency-key")
        assert keys.setdefault(key, call.body) == call.body, key
    with open(world.dir + "/archive/desk/" + files(world)[-1], encoding="utf-8") as file:
        written = [json.loads(line)["number"] for line in file.read().split("\n")[:-1]]  # whole lines
    assert written == list(range(1, written[-1] + 1)), written  # each once, however often the webhook refused
    for call in answered["ok"]:
        headers = {name.lower(): value for name, value in call.headers.items()}
        stamp = headers["buckstop-timestamp"]
        body = call.body if isinstance(call.body, bytes) else call.body.encode()
        mac = hmac.new(b"0123456789abcdef", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert headers["buckstop-signature"] == "v1=" + mac, headers
        assert headers["content-type"] == "application/cloudevents-batch+json"
        events += json.loads(body)
    assert [event["id"] for event in events] == [f"1-{n}-{event['time']}" for n, event in enumerate(events, 1)], events[:3]
    assert len(events) >= had, (len(events), had)
    assert {(event["specversion"], event["source"]) for event in events} == {("1.0", "/buckstop/desk")}
    assert any(event["type"] == "buckstop.opened" and event["subject"] == event["data"]["contact"] for event in events)
    assert "nothing waits for it" in world.cli("archive", "remove", "lake")


def a_store_that_went_back_begins_a_series(stack):
    world, archive = with_files(stack)
    rounds(world, 2)
    caught_up(world)
    had = newest(world)
    # as after a restore: cursor and stream are older than the files, and go on otherwise
    for service in world.services.values():
        service.end()
    lowest = had // 2
    world.redis.execute_command("XTRIM", stream(world), "MAXLEN", 0)
    world.redis.execute_command("XSETID", stream(world), f"0-{lowest}", "ENTRIESADDED", lowest)
    world.redis.zadd(stream(world).replace(":ev:", ":arch:"), {"archive": lowest})
    for service in world.services.values():
        service.start(wait=False)
    for service in world.services.values():
        service.wait()
    rounds(world, 3)
    complete(world)
    assert archive.metric("buckstop_archive_series_total") == 1
    _, words = numbers(world)
    assert f"{had - lowest} events of a past" in words, words


def a_report_tells_where_time_went(stack):
    world, _ = with_files(stack, policy=(POLICY % "").replace("first_response: 2s", "first_response: 6s"))
    kept = world.submit("chat", return_way="spoken")
    w.until("ada has it", lambda: world.view(kept).get("owner") == "ada")
    world.act(kept, "reply", "ada", text="so it is")
    broken = world.submit("chat", return_way="spoken")
    w.until("ada has it", lambda: world.view(broken).get("owner") == "ada")
    w.until("a promise breaks", lambda: numbers(world, "--kind", "promise_broken")[0], 30)
    report = json.loads(world.cli("report", world.dir + "/archive", "--json"))
    first = report["promises"]["first_response"]
    assert (first["opened"] >= 2, first["kept"], first["broken"] >= 1) == (True, 1, True), report
    assert report["topic"]["cards"]["kept"] == 1 and report["team"]["front"]["kept"] == 1, report
    assert report["person"]["ada"]["broken"] >= 1 and report["channel"]["chat"]["broken"] >= 1, report
    assert report["lost"]["somebody had it"]["ms"] >= 1500, report
    shown = world.cli("report", world.dir + "/archive")
    assert "TOPIC (RULE)" in shown and "somebody had it, and had not answered" in shown, shown
    assert "ACCOUNTABLE  PROMISED  KEPT" in shown and shown.count("accountable when it was made (PROMISED)") == 1, shown
    none = json.loads(world.cli("report", world.dir + "/archive", "--json", "--to", "2020-01-01"))
    assert none["events"] == 0 and not none["promises"], none
    assert "wants a day" in world.cli("report", world.dir + "/archive", "--from", "yesterday", status=2)
    done = world.call("report", world.dir + "/archive", "--workspace", "dsk")
    assert done.returncode == 0 and "no event of workspace 'dsk', only of: desk; --workspace" in done.stderr, done
    words = world.cli("report", world.dir + "/nowhere", status=1)
    assert "/nowhere: No such file" in words and "buckstop-archive --dir DIR" in words, words
    os.mkdir(world.dir + "/bare")
    done = world.call("report", world.dir + "/bare")
    assert done.returncode == 0 and "no file of an archive" in done.stderr and "buckstop-archive --dir" in done.stderr, done


def who_is_forgotten_is_forgotten_here(stack):
    """By one command in the store and one here; the numbers stay, and the archive goes on behind it."""
    world, archive = with_files(stack, "--file-age", "1")
    kim, lou = (world.submit("chat", customer=name, text="my secret " + name, return_way="spoken") for name in
                ("kim@example.com", "lou@example.com"))
    for contact in (kim, lou):
        w.until("ada has it", lambda one=contact: world.view(one).get("owner") == "ada")
        assert world.act(contact, "resolve", "ada", text="done").status == 200
    closed(world)
    world.cli("customer", "forget", "kim@example.com", "--by", "dana", "--reason", "a letter", "--yes")
    caught_up(world)
    w.until("files are closed", lambda: files(world) and all(name.endswith(".gz") for name in files(world)), 30)
    had, _ = numbers(world)
    assert "secret kim" in world.cli("archive", "read", world.dir + "/archive", "--json")
    said = json.loads(world.cli("archive", "forget", world.dir + "/archive", "--json"))
    assert said["contacts"] == 1 and said["events"] > 3 and not said["open_files"], said
    left = world.cli("archive", "read", world.dir + "/archive", "--json")
    assert "secret kim" not in left and "secret lou" in left
    assert numbers(world)[0][:len(had)] == had
    again = json.loads(world.cli("archive", "forget", world.dir + "/archive", "--json"))
    assert again["events"] == 0, again
    archive.end()
    archive.start()
    rounds(world, 1)
    caught_up(world)
    assert archive.metric("buckstop_archive_series_total") == 0
    found, _ = numbers(world)
    assert found == list(range(1, len(found) + 1)), found


def what_is_still_written_is_forgotten_in_between(stack):
    """A file that is not closed: passed over while its archive writes, and done while that is stopped."""
    world, archive = with_files(stack)
    kim = world.submit("chat", customer="kim@example.com", text="my secret", return_way="spoken")
    w.until("ada has it", lambda: world.view(kim).get("owner") == "ada")
    assert world.act(kim, "resolve", "ada", text="done").status == 200
    closed(world)
    caught_up(world)
    world.cli("customer", "forget", "kim@example.com", "--by", "dana", "--reason", "a letter", "--yes")
    caught_up(world)
    had, _ = numbers(world)
    said = world.cli("archive", "forget", world.dir + "/archive")
    assert "0 events of 1 contact" in said and "1 file is still written" in said and "while the archive is stopped" in said, said
    assert "my secret" in world.cli("archive", "read", world.dir + "/archive", "--json")
    archive.end()
    path = f"{world.dir}/archive/desk/{files(world)[-1]}"
    os.chown(path, 1234, 1234)
    with open(path, "ab") as file:
        file.write(b'{"half a line')  # as a crash leaves it: its archive cuts it off
    said = json.loads(world.cli("archive", "forget", world.dir + "/archive", "--json"))
    assert said["contacts"] == 1 and said["events"] > 3 and not said["open_files"], said
    about = os.stat(path)
    assert (about.st_uid, about.st_gid, about.st_mode & 0o777) == (1234, 1234, 0o600), about
    os.chown(path, os.getuid(), os.getgid())
    assert all(name.endswith(".ndjson") for name in files(world)), files(world)
    left = world.cli("archive", "read", world.dir + "/archive", "--json")
    assert "my secret" not in left and numbers(world)[0][:len(had)] == had, left
    archive.start()
    rounds(world, 1)
    caught_up(world)
    assert archive.metric("buckstop_archive_series_total") == 0
    found, _ = numbers(world)
    assert found == list(range(1, len(found) + 1)) and len(found) > len(had), found


def words_can_stay_in_the_store(stack):
    world, _ = with_files(stack, "--without-texts")
    world.submit("chat", subject="my card", text="my secret", return_way="spoken")
    caught_up(world)
    left = world.cli("archive", "read", world.dir + "/archive", "--json")
    assert "opened" in left and "secret" not in left and "my card" not in left, left
    strange = {"series": 1, "number": 1, "workspace": "desk", "contact": "\x1b[2J", "facts": [
        {"fact": "opened", "by": "\x1b]0;mine\x07", "text": "\x1b[5m", "detail": "\x1b[31m"}]}
    with open(world.dir + "/strange.ndjson", "w", encoding="utf-8") as file:
        file.write(json.dumps(strange) + "\n")
    shown = world.cli("archive", "read", world.dir + "/strange.ndjson")
    assert "\\x1b[31m" in shown and not set(shown) & {"\x1b", "\x07"}, shown  # no command to a terminal


def each_has_its_name(stack):
    """Two of one name would have half of it each: the second says so, keeps nothing, and goes on once the first is given up."""
    world, first = with_files(stack)
    rounds(world, 2)
    caught_up(world)
    given = list(world.options["archive"])
    os.mkdir(world.dir + "/other")
    world.options["archive"] = ["--dir", world.dir + "/other"]
    second = w.Service(world, "archive", 2)
    stack.callback(second.kill)
    second.start()
    w.until("it is said", lambda: "another archive has this name" in second.text(), 20)
    assert "buckstop archive remove archive" in second.text(), second.text()
    rounds(world, 2)
    caught_up(world)
    assert not os.listdir(world.dir + "/other/desk") and second.metric("buckstop_archive_failures_total") > 0
    world.options["archive"] = given
    first.kill()
    first.start()  # the same directory: the same archive
    rounds(world, 1)
    caught_up(world)
    first.end()
    world.cli("archive", "remove", "archive")
    closed(world)
    done = world.call("archive", "read", world.dir + "/other", "--json")
    assert len(done.stdout.splitlines()) == newest(world) and "goes on" in second.text(), done
    second.end()
    world.options["archive"] = given
    first.start()
    w.until("it is said", lambda: "another archive has this name" in first.text(), 20)
    first.end()


def one_that_posts_is_who_came_last(stack):
    """It has nothing by which it could be known again: started twice the first ends its work there, says so, and it is no error."""
    receiver = w.open_receiver(stack)
    world = open_desk(stack, "--name", "lake", "--webhook", receiver.url("/events"))
    first = world.add("archive")
    rounds(world, 1)
    caught_up(world, "lake")
    first.kill()
    first.start()
    rounds(world, 1)
    caught_up(world, "lake")
    second = w.Service(world, "archive", 2)
    stack.callback(second.kill)
    second.start()
    w.until("the second has it", lambda: rounds(world, 1) or "another archive of this name took over" in first.text(), 30)
    caught_up(world, "lake")
    took = first.facts("another archive of this name took over, so this one posts nothing")
    assert len(took) == 1 and took[0]["level"] == "warning" and "a --name of its own" in took[0]["why"], took
    assert '"error"' not in first.text() and first.metric("buckstop_archive_failures_total") == 0
    first.end()
    rounds(world, 1)
    caught_up(world, "lake")
    assert "another archive" not in second.text(), second.text()
    second.end()


CASES = [each_has_its_name, one_that_posts_is_who_came_last, who_is_forgotten_is_forgotten_here,
         what_is_still_written_is_forgotten_in_between, words_can_stay_in_the_store,
         each_event_is_there_once, a_kill_loses_nothing, nothing_is_deleted_that_it_lacks, a_webhook_gets_them_signed,
         a_store_that_went_back_begins_a_series, a_report_tells_where_time_went]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
