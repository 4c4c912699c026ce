#!/usr/bin/python3
"""buckstop customer: tables of customers, two records that are one person, and to be forgotten without a trace.

Ends with "N passed, N failed".
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import lmtp
import world as w

POLICY = """workspace: desk
last_resort: dana
mail_from: "The desk <desk@desk.example>"
channels:
  chat: { weight: 1, accept: auto, answer: callback }
  mail: { weight: 1, accept: auto, answer: callback }
  post: { weight: 1, accept: auto, answer: mail, identity: mail, address: support@desk.example }
people:
  ada: { capacity: 1000, ways: [{ log: ada }] }
  bo: { capacity: 0, ways: [{ log: bo }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
country: "+49"
settings: { presence: 1h }
"""
ROWS, ROWS_A_SECOND = 5000, 250  # where all is checked and others work, too


class Quiet(w.World):
    """Only the store and the command line."""

    def start(self):
        self.start_redis()
        self.apply(self.policy)


def open_quiet(stack):
    world = Quiet(POLICY)
    stack.callback(world.close)
    w.World.opened.append(world)
    world.start()
    return world


def write(world, name, text):
    with open(f"{world.dir}/{name}", "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return name


def imported(world, name, *more, status=0):
    done = world.call("customer", "import", name, "--json", *more)
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def shown(world, who):
    return json.loads(world.cli("customer", "show", who, "--json"))


def outcome(report):
    return tuple(report[name] for name in ("opened", "changed", "same", "refused", "bad", "doubtful"))


def dump(world):
    """Every key with all that it holds, as bytes."""
    found = {}
    for key in world.redis.keys("*"):
        kind = world.redis.type(key)
        found[key] = {b"string": lambda k: world.redis.get(k), b"hash": lambda k: world.redis.hgetall(k),
                      b"list": lambda k: world.redis.lrange(k, 0, -1), b"set": lambda k: world.redis.smembers(k),
                      b"zset": lambda k: world.redis.zrange(k, 0, -1, withscores=True),
                      b"stream": lambda k: world.redis.xrange(k)}[kind](key)
    return found


def customers(world):
    keys = sorted(key for key in world.redis.keys("*") if b":k:" in key or b":id:" in key)
    return dict(zip(keys, world.redis.mget(keys))) if keys else {}


# ---- import


def a_table_is_read(stack):
    world = open_quiet(stack)
    lines = ["name,mail,phone,language,channel,tier,owner,notes"]
    lines += [f"Customer {n},c{n}@example.org,+4930{1000000 + n},de,mail,gold,ada,\"says:\n\"\"no {n}\"\"\""
              for n in range(ROWS)]
    name = write(world, "all.csv", "\r\n".join(lines) + "\r\n")
    assert outcome(imported(world, name, "--dry-run")) == (ROWS, 0, 0, 0, 0, 0)
    assert not customers(world)
    report = imported(world, name)
    assert outcome(report) == (ROWS, 0, 0, 0, 0, 0), report
    print(f"      {ROWS} rows in {report['seconds']:.2f} s, {ROWS / report['seconds']:.0f} a second")
    assert ROWS / report["seconds"] > ROWS_A_SECOND, report
    before = customers(world)
    assert len(before) == 2 * ROWS  # a record, and the index of the number
    assert outcome(imported(world, name)) == (0, 0, ROWS, 0, 0, 0)
    assert customers(world) == before
    one = shown(world, "c4711@example.org")
    assert shown(world, "+49301004711") == one and shown(world, one["customer"]) == one
    assert shown(world, "0301004711") == one  # as somebody in the policy's country would say it
    assert (one["name"], one["tier"], one["owner"], one["channel"], one["language"]) == (
        "Customer 4711", "gold", "ada", "mail", "de")
    assert one["notes"] == "says:\n\"no 4711\"" and not one["provisional"] and not one["contacts"]
    write(world, "more.jsonl", '{"mail": "c1@example.org", "handle": ["slack:U1", "slack:U2"], "tier": "silver"}')
    assert outcome(imported(world, "more.jsonl")) == (0, 1, 0, 0, 0, 0)
    assert shown(world, "slack:U2")["name"] == "Customer 1" and shown(world, "slack:U2")["tier"] == "silver"
    world.audit()


def interrupted_and_again(stack):
    """Ctrl-C in the midst of it: what is there stays, the rest comes with the next run. From standard input, too."""
    world = open_quiet(stack)
    table = "mail,phone\n" + "".join(f"c{n}@example.org,+4930{1000000 + n}\n" for n in range(4 * ROWS))
    name = write(world, "all.csv", table)
    environment = {**world.environment, "BUCKSTOP_REDIS": "unix:" + world.socket}

    def interrupted():
        """When some are there."""
        before = world.redis.dbsize()
        with subprocess.Popen([f"{w.BUILD}/buckstop", "customer", "import", name], env=environment, cwd=world.dir,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            w.until("some more are there, or it ended", lambda: world.redis.dbsize() > before + ROWS or process.poll() is not None, 30)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)
        assert process.returncode == 3 and "import the file again" in said[1], (process.returncode, said)
        return "interrupted: import" in said[1]

    assert any(interrupted() for _ in range(3))  # a store that is slow for a moment ends it, too
    opened = 0
    for _ in range(5):  # as above: it says to do it again
        done = subprocess.run([f"{w.BUILD}/buckstop", "customer", "import", "-", "--format", "csv", "--json"], input=table,
                              env=environment, capture_output=True, text=True, timeout=120, check=False)
        report = json.loads(done.stdout)
        opened += report["opened"]
        if done.returncode != 3:
            break
        assert "does not answer in time: import the file again" in done.stderr, done
    assert done.returncode == 0 and report["same"] > 0 and opened > 0, (done, report)
    assert report["opened"] + report["same"] == 4 * ROWS and len(customers(world)) == 8 * ROWS, report
    world.audit()


def each_bad_row_is_named(stack):
    world = open_quiet(stack)
    write(world, "bad.csv", "mail,owner,name\nann@example.org,ada,Ann\nnobody,ada,No\nx@example.org,eve,\"X\"\n"
          "y@example.org,ada,Y,Z\nbea@example.org,,Bea\n")
    done = world.call("customer", "import", "bad.csv")
    assert done.returncode == 1 and not customers(world), done
    for words in ("bad.csv:3: mail: 'nobody'", "expected: a mail address", "bad.csv:4: owner: 'eve'",
                  "expected: a person that the policy names", "bad.csv:5: it has 4 cells, the header line has 3",
                  "3 rows are bad, 2 fine: nothing was written (--skip-bad"):
        assert words in done.stderr, (words, done.stderr)
    assert outcome(imported(world, "bad.csv", "--skip-bad", status=1)) == (2, 0, 0, 0, 3, 0)
    assert shown(world, "bea@example.org")["name"] == "Bea"
    write(world, "head.csv", "mail,colour\nann@example.org,red\n")
    assert "head.csv:1: there is no column 'colour'" in world.cli("customer", "import", "head.csv", status=1)
    assert "--format is csv or json" in world.cli("customer", "import", "-", status=2)
    write(world, "who.csv", "id,tier\n01ARYZ6S410000000000000000,gold\n")
    assert outcome(imported(world, "who.csv", status=1)) == (0, 0, 0, 1, 0, 0)
    assert "no customer is known by 'zoe@example.org'" in world.cli("customer", "show", "zoe@example.org", status=1)
    assert "'zoe' is nobody" in world.cli("customer", "show", "zoe", status=2)
    world.audit()


def what_is_doubtful_is_proposed(stack):
    world = open_quiet(stack)
    write(world, "a.csv", "mail,phone,name\nann@example.org,+49301111111,Ann Lee\nbo@example.org,,Bo Ek\n")
    assert outcome(imported(world, "a.csv")) == (2, 0, 0, 0, 0, 0)
    # a number that is somebody else's; somebody's name with another address
    write(world, "b.csv", "mail,phone,name\nbo@example.org,+49301111111,Bo Ek\nann.lee@example.net,,ann lee\n")
    report = imported(world, "b.csv")
    assert outcome(report) == (1, 1, 0, 0, 0, 2), report
    assert shown(world, "+49301111111")["name"] == "Ann Lee"
    listed = json.loads(world.cli("customer", "proposals", "--json"))
    assert sorted((p["name"], p["identity"]) for p in listed) == [("Bo Ek", "+49301111111"),
                                                                  ("ann lee", "ann@example.org")], listed
    assert outcome(imported(world, "b.csv")) == (0, 0, 2, 0, 0, 0)
    # the first is wrong, the second is right
    bo = shown(world, "bo@example.org")["customer"]
    world.cli("customer", "drop-proposal", bo, "+49301111111", "--by", "dana")
    assert "has no proposal" in world.cli("customer", "drop-proposal", bo, "+49301111111", "--by", "dana", status=1)
    said = world.cli("customer", "link", "ann@example.org", "ann.lee@example.net", "--by", "dana", "--reason",
                     "she says so")
    assert "is seen as one with" in said and "ann.lee@example.net" in said and "unlink" in said, said
    assert "0 proposals" in world.cli("customer", "proposals")
    # an address from which nobody has written yet becomes theirs, and is taken back
    ann = ["ann@example.org", "ann@work.example"]
    assert "names no person 'ghost'" in world.cli("customer", "link", *ann, "--by", "ghost", status=1)
    assert "ann@work.example" in world.cli("customer", "link", *ann, "--by", "dana")
    assert shown(world, ann[1]) == shown(world, ann[0])
    assert "both are customer" in world.cli("customer", "link", *ann, "--by", "dana", status=1)
    world.audit()
    world.cli("customer", "unlink", ann[1], "--by", "dana")
    assert "no customer is known by" in world.cli("customer", "show", ann[1], status=1)
    assert "is linked to nobody" in world.cli("customer", "unlink", ann[0], "--by", "dana", status=1)
    world.audit()


def linked_and_as_before(stack):
    world = open_quiet(stack)
    write(world, "a.csv", "mail,name,owner\nann@example.org,Ann,ada\nann@example.net,A. Lee,bo\nann@example.com,Lee,\n"
          "zoe@example.org,Zoe,\n")
    imported(world, "a.csv")
    mails = ["ann@example.org", "ann@example.net", "ann@example.com"]
    before = {mail: shown(world, mail) for mail in mails}
    link = ["--by", "dana"]
    assert "--by says who" in world.cli("customer", "link", mails[0], mails[1], status=2)
    said = world.cli("customer", "link", mails[0], mails[1], *link)
    assert "owner is ada from now on; of the other one it was bo" in said, said
    assert "linked to" in world.cli("customer", "link", mails[0], mails[1], *link) # again: nothing happens
    # one that is linked leads on to the one that counts; what is linked to somebody is not linked to somebody else
    world.cli("customer", "link", mails[1], mails[2], *link)
    together = shown(world, mails[2])
    assert together["customer"] == before[mails[0]]["customer"] and len(together["linked"]) == 2, together
    assert all(shown(world, mail) == together for mail in mails)
    said = world.cli("customer", "link", "zoe@example.org", mails[2], *link, status=1)
    assert "is linked to" in said and "unlink" in said, said
    assert "both are customer" in world.cli("customer", "link", mails[0], mails[0], *link, status=1)
    world.audit()
    world.cli("customer", "unlink", mails[2], *link)
    world.cli("customer", "unlink", mails[1], *link, "--reason", "a mistake")
    assert {mail: shown(world, mail) for mail in mails} == before
    assert "is linked to nobody" in world.cli("customer", "unlink", mails[1], *link, status=1)
    world.audit()


# ---- forget

NAME, MAIL, NUMBER, TEXT, REPLY = "Zephyrine", "zephyrine@example.org", "+49305550123", "xylophone", "glockenspiel"
TRACES = (b"ephyrine", b"305550123", b"ylophone", b"lockenspiel", b"passacaglia", b"<m1@", b"quodlibet")


def traces(world, where):
    found = []
    for key, value in where.items():
        text = repr((key, value)).encode().lower()
        found += [(key, trace) for trace in TRACES if trace.lower() in text]
    return found


def rewritten(world):
    """What Redis's files hold once they are written anew: as bytes, texts as they are."""
    world.redis.config_set("rdbcompression", "no")
    world.redis.bgrewriteaof()
    w.until("it is written", lambda: not world.redis.info("persistence")["aof_rewrite_in_progress"] and
            not world.redis.info("persistence")["aof_rewrite_scheduled"], 60)
    place, files = world.dir + "/appendonlydir", {}
    for name in os.listdir(place):
        with open(f"{place}/{name}", "rb") as file:
            files[name] = file.read()
    return files


def talk(world, receiver):
    """A customer of two addresses, two contacts that are resolved, one of another customer, a dead letter."""
    write(world, "z.csv", f"mail,phone,name,notes\n{MAIL},{NUMBER},{NAME},likes the {TEXT}\n")
    imported(world, "z.csv")
    write(world, "y.csv", f"mail,name,phone\nyann@example.org,Yann,{NUMBER}\n") # proposed to somebody else
    assert outcome(imported(world, "y.csv"))[5] == 1
    receiver.behave["/dead"] = "404"
    first = world.submit("mail", customer=MAIL, customer_name=NAME, subject="passacaglia", text=f"my {TEXT} is broken",
                         thread="<m1@example.org>", message_id="<m1@example.org>", return_way="callback",
                         return_to=receiver.url("/quodlibet"))
    second = world.submit("chat", customer=NUMBER, subject="passacaglia again", text=TEXT, return_way="callback",
                          return_to=receiver.url("/dead"))
    other = world.submit("chat", customer="yann@example.org", subject="another", text="hello", return_way="callback",
                         return_to=receiver.url("/back"))
    for contact in (first, second, other):
        w.until("ada has it", lambda contact=contact: world.view(contact).get("owner") == "ada")
    assert world.act(first, "reply", "ada", text=f"dear {NAME}, a {REPLY} is on its way").status == 200
    assert world.act(second, "note", "ada", text=f"{NAME} called").status == 200
    w.until("the reply arrived", lambda: w.count_facts(world.view(first))["promise_kept"] >= 2)
    w.until("the acknowledgement is dead", lambda: second in world.cli("dead"))
    return first, second, other


def numbers(world):
    """The stream as a subscriber reads it."""
    page = world.insist("GET", "/v1/events?after=0&limit=250").json()
    return [event["number"] for event in page["events"]], page


def without_about(view):
    return {name: value for name, value in view.items() if name != "about"}


def no_trace_is_left(stack):
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY)
    world.present("ada")
    first, second, other = talk(world, receiver)
    folder = f"{world.dir}/spool/desk"
    files = [f"{folder}/{shown(world, MAIL)['customer']}/abc", f"{folder}/01ARYZ6S410000000000000000/abc"]
    for path in files:
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write("a file")
    forget = ["customer", "forget", MAIL, "--by", "dana", "--reason", "by letter of 2 May", "--yes", "--spool",
              world.dir + "/spool"]
    said = world.cli(*forget, status=1)
    assert first in said and second in said and "resolve those that are open first" in said and other not in said, said
    assert "--reason names the customer" in world.cli("customer", "forget", MAIL, "--by", "dana", "--yes", "--reason",
                                                      f"{NAME} asked", status=2)
    said = world.cli(*forget, "--resolve", status=1)
    assert "owner: ada" in said and "nothing was resolved" in said, said  # who is not accountable does not end it
    for contact in (first, second):
        assert world.act(contact, "resolve", "ada", text=f"{NAME} is happy").status == 200
    w.until("nothing is on its way", world.settled)
    assert len(traces(world, dump(world))) > 10 and len({trace for _, trace in traces(world, rewritten(world))}) > 4
    counts = world.redis.hgetall(world.redis.keys("b:{*}:n:desk")[0])
    before, _ = numbers(world)
    facts = {contact: w.count_facts(world.view(contact)) for contact in (first, second, other)}
    watch = without_about(world.view(other))
    said = world.cli(*[word for word in forget if word != "--yes"], status=2)
    assert "say --yes" in said and "2 contacts, 1 delivery" in said and traces(world, dump(world)), said
    said = world.cli(*forget)
    assert "is forgotten; contacts: 2," in said and "several events" not in said, said
    assert f"redis-cli -s '{world.socket}' BGREWRITEAOF" in said and "attachments: 1\n" in said, said
    assert not traces(world, dump(world)), traces(world, dump(world))
    assert not traces(world, rewritten(world)), traces(world, rewritten(world))
    assert not os.path.exists(os.path.dirname(files[0])) and os.path.exists(files[1])
    # what is counted is as it was
    assert world.redis.hgetall(world.redis.keys("b:{*}:n:desk")[0]) == counts
    for contact in (first, second):
        left = w.count_facts(world.view(contact))
        assert left.pop("forgotten") == 1 and left == facts[contact], (left, facts[contact])
        assert world.view(contact)["state"] == "resolved" and not world.view(contact).get("customer")
    assert without_about(world.view(other)) == watch # but that the number is proposed to them no more
    # the stream is as dense as it was, and what was forgotten says so
    after, page = numbers(world)
    assert after == list(range(after[0], after[-1] + 1)) and after[-1] > before[-1]
    assert sum(event["facts"][0]["fact"] == "forgotten" for event in page["events"]) > 5
    world.audit()
    assert "no customer is known by 'zoe@example.org', and no contact" in world.cli(
        "customer", "forget", "zoe@example.org", *forget[3:], status=1)
    # again: nothing more happens, by whatever it is called
    said = world.cli(*forget)
    assert "is forgotten; contacts: 0, events of the stream: 0," in said, said
    assert "no customer is known" in world.cli("customer", "show", NUMBER, status=1)
    assert "1 proposal" not in world.cli("customer", "proposals")
    # the services go on: nothing was lost, and somebody who comes again is new
    again = world.submit("mail", customer=MAIL, customer_name=NAME, text="hello again", return_way="callback",
                         return_to=receiver.url("/quodlibet"))
    w.until("ada has it", lambda: world.view(again).get("owner") == "ada")
    for service in world.services.values():
        assert "goes on below" not in service.text() and "went back" not in service.text(), service.text()
    assert not world.redis.exists("b:lost")
    world.audit()


def pages_of_several(stack):
    """A Redis with several events on a page: what is forgotten stays in its files for a while, and that is said."""
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY)
    world.redis.config_set("stream-node-max-entries", 100)
    world.present("ada")
    first, second, _ = talk(world, receiver)
    for contact in (first, second):
        assert world.act(contact, "resolve", "ada").status == 200
    w.until("nothing is on its way", world.settled)
    forget = ["customer", "forget", MAIL, "--by", "dana", "--reason", "by letter", "--yes"]
    said = world.cli(*forget)
    assert "this redis keeps several events on a page" in said and "stream-node-max-entries 1" in said, said
    assert any("(keep: events)" in words for words in json.loads(world.cli(*forget, "--json"))["remains"])
    assert not traces(world, dump(world)), traces(world, dump(world))
    assert traces(world, rewritten(world)), "Redis has learnt to clear its pages: say so"
    stream = world.redis.keys("b:{*}:ev:desk")[0]
    world.redis.config_set("stream-node-max-entries", 1)
    world.submit("chat")
    world.redis.xtrim(stream, minid=world.redis.xrevrange(stream, count=1)[0][0], approximate=False)  # as when keep: events is over
    assert not traces(world, rewritten(world)), traces(world, rewritten(world))


def handed_in(world, sender, subject, text, name, data):
    mail = lmtp.mail(subject=subject, sender=sender, text=text, files=[(name, data.encode())])
    answer = world.ask("POST", "/v1/mail?to=support@desk.example", mail, kind="message/rfc822")
    assert answer.status < 300, answer
    return answer["contact"]


def mail_and_its_files(stack):
    """What came in and went out by mail, with a file; forgotten, it is in no file of the spool either."""
    receiver = w.open_receiver(stack)
    spool = tempfile.mkdtemp(prefix="buckstop-spool-")
    stack.callback(shutil.rmtree, spool)
    smtp = f"smtp://127.0.0.1:{receiver.inner.sockets[0].getsockname()[1]}"
    world = w.open_world(stack, POLICY, options={"intake": ["--spool", spool], "notification": ["--smtp", smtp]})
    world.present("ada")
    first = handed_in(world, f"{NAME} <{MAIL}>", "passacaglia", f"my {TEXT}\n", "quodlibet.bin", TEXT)
    handed_in(world, "Yann <yann@example.org>", "another", "hello\n", "file.bin", "a file of yann")
    w.until("ada has it", lambda: world.view(first).get("owner") == "ada")
    assert world.act(first, "reply", "ada", text=f"dear {NAME}").status == 200
    w.until("the reply went out", lambda: w.count_facts(world.view(first))["promise_kept"] >= 2)
    assert world.act(first, "resolve", "ada").status == 200
    w.until("nothing is on its way", world.settled)
    assert world.redis.keys("b:{*}:sent:desk:*") and world.redis.keys("b:{*}:th:desk:*")
    forget = ["customer", "forget", MAIL, "--by", "dana", "--reason", "by letter", "--yes"]
    assert "no such" in world.cli(*forget, "--spool", spool + "/nothing", status=2).lower()
    said = world.cli(*forget)
    assert "NOT removed: 1 attachment" in said, said
    customer = said.split()[1]
    assert "is forgotten; contacts: 0," in world.cli("customer", "forget", customer, *forget[3:], "--spool", spool)
    kept = [os.path.join(folder, name) for folder, _, names in os.walk(spool) for name in names]
    assert len(kept) == 1, kept
    with open(kept[0], "rb") as file:
        assert file.read() == b"a file of yann"
    assert not traces(world, dump(world)), traces(world, dump(world))
    world.audit()


def ended_in_the_midst(stack):
    """Wherever it ends, the next run finds the rest."""
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY)
    world.present("ada")
    first, second, _ = talk(world, receiver)
    for contact in (first, second):
        assert world.act(contact, "resolve", "ada").status == 200
    w.until("nothing is on its way", world.settled)
    customer = shown(world, MAIL)["customer"]
    counts = world.redis.hgetall(world.redis.keys("b:{*}:n:desk")[0])
    forget = ["customer", "forget", customer, "--by", "dana", "--reason", "by letter", "--yes"]
    runs = 0
    for count in range(1, 60):  # each run is one commit longer than the one before, and ends without a word
        environment = {**world.environment, "BUCKSTOP_REDIS": "unix:" + world.socket,
                       "BUCKSTOP_KILL_AT": "buckstop.after-commit", "BUCKSTOP_KILL_COUNT": str(count % 3 + 1)}
        done = subprocess.run([f"{w.BUILD}/buckstop", *forget], env=environment, cwd=world.dir, capture_output=True,
                              text=True, timeout=60, check=False)
        runs += 1
        if done.returncode == 0:
            break
        assert done.returncode == w.KILLED, done
    assert 3 < runs < 60, runs
    assert not traces(world, dump(world)), traces(world, dump(world))
    assert world.redis.hgetall(world.redis.keys("b:{*}:n:desk")[0]) == counts
    for contact in (first, second):
        assert w.count_facts(world.view(contact))["forgotten"] == 1
    world.audit()


def who_has_no_record(stack):
    """Contacts that are older than customers' records are found by their address."""
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, POLICY)
    world.present("ada")
    contact = world.submit("mail", customer=MAIL, customer_name=NAME, text=TEXT, return_way="callback",
                           return_to=receiver.url("/quodlibet"))
    w.until("ada has it", lambda: world.view(contact).get("owner") == "ada")
    world.redis.delete(*world.redis.keys("b:{*}:k:desk:*"), *world.redis.keys("b:{*}:kc:desk:*"))
    w.until("nothing is on its way", world.settled)
    said = world.cli("customer", "forget", MAIL, "--by", "ada", "--reason", "by letter", "--yes", "--resolve")
    assert "is forgotten; contacts: 1," in said, said
    assert not traces(world, dump(world)), traces(world, dump(world))
    assert world.view(contact)["state"] == "resolved"


CASES = [a_table_is_read, interrupted_and_again, each_bad_row_is_named, what_is_doubtful_is_proposed, linked_and_as_before, no_trace_is_left, pages_of_several,
         mail_and_its_files, ended_in_the_midst, who_has_no_record]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
