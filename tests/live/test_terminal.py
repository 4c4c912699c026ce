#!/usr/bin/python3
"""What an operator reads in a terminal: watch's lines and waiting, rows of a list, completion of what may be done.

Ends with "N passed, N failed".
"""
import re
import signal
import subprocess
import sys
import threading

import world as w
from ports import free_port

POLICY = """workspace: desk
last_resort: dana
channels:
  mail: { weight: 1, answer: spoken, address: support@desk.example }
  chat: { weight: 1, live: true, answer: spoken }
people:
  ada: { name: Ada L., capacity: 100000, ways: [WAY] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""

AWAY = """workspace: desk
last_resort: dana
channels:
  mail: { weight: 1, accept: auto, answer: mail, address: support@desk.example }
  soon: { weight: 1, accept: auto, answer: mail, address: soon@desk.example }
people:
  ada: { name: Ada L., capacity: 1000 }
  dana: { name: Dana R. }
teams:
  front: { lead: dana, members: [ada] }
promises:
  - { when: { channel: soon }, first_response: 3s }
  - { first_response: 1h }
settings: { presence: 1h }
"""


def open_desk(stack, way="{ log: ada }", policy=POLICY, **given):
    world = w.open_world(stack, policy.replace("WAY", way), **given)
    world.environment["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{world['intake'].port}"
    world.environment["BUCKSTOP_TOKEN"] = world.token
    world.environment["BUCKSTOP_STREAM"] = world.endpoints("stream", 1)
    return world


class Lines:
    """buckstop watch, as a person sees it: what is printed, and what is said beside it."""

    def __init__(self, world, *words):
        self.process = subprocess.Popen([f"{w.BUILD}/buckstop", "watch", *words], env=world.environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines, self.said = [], []
        self.threads = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.said))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(pipe, lines):
        lines.extend(iter(pipe.readline, ""))

    def about(self, words):
        return [line for line in list(self.lines) if words in line]

    def follows(self):
        """What was is printed before it follows; from then on a Ctrl-C is its own."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            blocked = re.search(r"^SigBlk:\s*(\w+)$", status.read(), re.M).group(1)
        return int(blocked, 16) >> (signal.SIGINT - 1) & 1

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        self.process.wait(10)
        for thread in self.threads:
            thread.join(10)
        return self.process.returncode


def retried(world):
    events = world.insist("GET", "/v1/events?limit=1000").json()["events"]
    return [fact for event in events for fact in event["facts"] if fact["fact"] == "delivery_retried"]


def retries_shown(world, contact, *words):
    return [line for line in world.cli("show", contact, *words).splitlines() if "a delivery is tried again" in line]


def counts(lines):
    """Of each line: for how many it stands."""
    return [int(more.group(1)) if (more := re.search(r": (\d+) more since .*--all shows each", line)) else 1 for line in lines]


def one_dead_host(stack):
    """The first failure is a line, the like of its minute are one that says how many; who asks for each gets each."""
    port = free_port()  # nobody listens there
    world = open_desk(stack, f'{{ webhook: "http://127.0.0.1:{port}/x", secret: pager }}')
    world.present("ada")
    watch = Lines(world, "--last", "1000")
    w.until("it follows", lambda: world.submit("mail") and watch.lines)
    for _ in range(8):
        world.submit("mail")
    w.until("many are tried again", lambda: len(retried(world)) >= 6, 30)
    before = len(retried(world))
    last = world.submit("chat", subject="the last")
    w.until("all is printed", lambda: watch.about(last[-6:]))
    assert watch.end() == 0, watch.said
    again = watch.about("a delivery is tried again")
    assert "webhook" in again[0] and "--all" not in again[0], again
    assert before <= sum(counts(again)) <= len(retried(world)) and len(again) < 5 and "by webhook: " in again[-1], again
    of_one = w.until("one is tried again and again", lambda: next((
        row["contact"] for row in world.contacts() if len(retries_shown(world, row["contact"], "--all")) > 2), None), 60)
    world["notification"].end()  # from here on nothing more happens; none of it is lost, however it is read
    assert world.act(last, "note", "dana", text="the end of it").status == 200
    each, folded = (retries_shown(world, of_one, *words) for words in (("--all",), ()))
    assert counts(each) == [1] * len(each) and len(folded) < len(each) == sum(counts(folded)), (each, folded)
    assert "(show --all shows each)" in folded[-1], folded
    every = len(retried(world))
    for words, folded in (((), True), (("--all",), False), (("--kind", "delivery_retried"), False)):
        watch = Lines(world, "--last", "1000", *words)
        w.until(lambda watch=watch: f"{words}: all is printed: {watch.lines}",
                lambda watch=watch: watch.about("the end of it") or len(watch.lines) == every)
        w.until("it follows", watch.follows)
        assert watch.end() == 0, watch.said
        lines = watch.about("a delivery is tried again")
        assert sum(counts(lines)) == every and (len(lines) < every) == folded, (words, every, lines)


def begun_while_the_store_is_away(stack):
    world = open_desk(stack)
    contact = world.submit("mail")
    world.redis_process.send_signal(signal.SIGSTOP)
    w.until("intake says so", lambda: world.ask("GET", "/v1/events?after=0&limit=1").status == 503, 30)
    # what only reads knows nothing of keys
    told = world.call("list")
    assert told.returncode == 3 and "Idempotency" not in told.stderr and "moment" in told.stderr, told
    watch = Lines(world, "--last", "1000")
    w.until("it waits", lambda: any("going on as soon as it can" in line for line in watch.said), 30)
    assert watch.process.poll() is None
    world.redis_process.send_signal(signal.SIGCONT)
    w.until("it goes on", lambda: watch.about(contact[-6:]), 30)
    assert watch.end() == 0 and watch.said[-1] == "-- going on\n", watch.said


def no_subject(stack):
    """What has no subject is told by what was said; what a customer wrote is no command to a terminal."""
    world = open_desk(stack)
    console = world.add("console")
    world.environment["BUCKSTOP_CONSOLE"] = f"http://127.0.0.1:{console.port}"
    contact = world.submit("chat", text="Where is\nmy card? \x9b31mred \x1b[31m")
    named = world.submit("mail", text="it is lost", subject="A parcel")
    w.until("they are on the board", lambda: all(one in world.cli("top") for one in (contact, named)))
    for command in ("list", "top"):
        lines = world.cli(command).splitlines()
        row = next(line for line in lines if contact in line)
        assert "Where is my card?  31mred" in row and "\x1b" not in row and "\x9b" not in row, (command, row)
        assert "A parcel" in next(line for line in lines if named in line) and "it is lost" not in "".join(lines)
    assert world.cli("show", contact).startswith(contact + "  (no subject)\n")


def another_workspace_is_meant(stack):
    """Whoever says which one they mean does nothing in another, whatever the token is good for."""
    world = open_desk(stack)
    console = world.add("console")
    world.environment["BUCKSTOP_CONSOLE"] = f"http://127.0.0.1:{console.port}"
    contact = world.submit("mail")
    commands = (("submit", "hello", "--channel", "mail"), ("list",), ("show", contact), ("act", "note", contact, "x", "--person", "ada"),
                ("repair", "reroute", "--all", "--reason", "x", "--dry-run"), ("people",), ("people", "present", "ada"),
                ("watch", "--last", "1"), ("top",))
    for command in commands:
        world.environment["BUCKSTOP_WORKSPACE"] = "shop"
        told = world.cli(*command, status=2)
        assert "good for workspace 'desk', not for 'shop'\n  Leave --workspace (BUCKSTOP_WORKSPACE) out" in told, (command, told)
    assert not w.count_facts(world.view(contact))["noted"] and [row["contact"] for row in world.contacts()] == [contact]
    assert not any(person["present"] for person in world.insist("GET", "/v1/people").json()["people"])
    for command in commands:
        if command[0] != "watch":
            world.cli(*command, "--workspace", "desk")
    assert "not for 'shop'" in world.cli("list", "--json", status=2)


def an_answer_on_its_way(stack):
    """No mail server is there: what is answered is not there yet, and said so, also behind its deadline."""
    world = open_desk(stack, policy=AWAY, options={"notification": ["--smtp", f"smtp://127.0.0.1:{free_port()}"]})
    console = world.add("console")
    world.environment["BUCKSTOP_CONSOLE"] = f"http://127.0.0.1:{console.port}"
    world.present("ada")
    early = answered(world, "mail")
    late = w.until("one is answered in time", lambda: answered(world, "soon"), 60)
    assert "answered, on its way" in world.cli("show", early), world.cli("show", early)

    def says(command, contact, pattern):
        line = next((row for row in world.cli(command).splitlines() if contact in row), "")
        return re.search(pattern, line)

    for command, pattern in (("list", r"  first_response, on its way +{} +its subject"), ("top", r"  on its way +{} +its subject")):
        w.until(f"{command} says when it is due", lambda command=command, pattern=pattern:
                says(command, early, pattern.format(r"in \d+ min")))
        w.until(f"{command} says that it was due", lambda command=command, pattern=pattern:
                says(command, late, pattern.format(r"\d.* ago[ !]*")))
    assert says("list", late, " ago +!  ") and not says("list", early, "!"), world.cli("list")
    assert says("top", late, "^!  ") and not says("top", early, "!"), world.cli("top")


def answered(world, channel):
    """Its id; none where its promise broke first."""
    contact = world.submit(channel, subject="its subject", return_way="mail", return_to="kim@far.example")
    w.until("ada has it", lambda: world.view(contact).get("owner") == "ada")
    assert world.act(contact, "reply", "ada", text="A new one is sent.").status == 200
    view = world.view(contact)
    assert ("next_promise" in view) != ("answered_promise" in view), view
    return contact if "answered_promise" in view else None


CASES = [one_dead_host, begun_while_the_store_is_away, no_subject, another_workspace_is_meant, an_answer_on_its_way]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
