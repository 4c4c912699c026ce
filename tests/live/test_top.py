#!/usr/bin/python3
"""buckstop top in a terminal: what it shows, that it follows, what its keys do, and what it says when it is cut off.

A terminal of 80x24 is played by python3-pyte. BUCKSTOP_SHOW=1 prints each screen that was waited for.
Ends with "N passed, N failed".
"""
import contextlib
import fcntl
import http.server
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import urllib.request

import pyte

import world as w

POLICY = """workspace: desk
last_resort: dana
channels:
  mail: { weight: 10, answer: spoken }
  chat: { weight: 10, live: true, offer: 1h, answer: spoken }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
promises:
  - { when: { channel: chat }, acknowledge: 1h, first_response: 1500ms }
settings: { presence: 1h }
"""
UP, DOWN, LEFT, ENTER, ESCAPE, TAB = b"\x1b[A", b"\x1b[B", b"\x1b[D", b"\r", b"\x1b", b"\t"
RUB_OUT, CTRL_C, CTRL_U, CTRL_W = b"\x7f", b"\x03", b"\x15", b"\x17"
PASTE, PASTED = b"\x1b[200~", b"\x1b[201~"


class Terminal:
    """A program on a terminal of its own; what it has drawn there."""

    def __init__(self, world, *words, lines=24, columns=80, **environment):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.lock = threading.Lock()
        master, slave = pty.openpty()
        self.master = master
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        env = {**world.environment, "TERM": "linux", "LC_ALL": "C.UTF-8", **environment}
        self.process = subprocess.Popen([f"{w.BUILD}/buckstop", *words], stdin=slave, stdout=slave, stderr=slave,
                                        env=env, cwd=world.dir, start_new_session=True)
        os.close(slave)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            with self.lock:
                self.stream.feed(data)

    def text(self):
        with self.lock:
            return "\n".join(line.rstrip() for line in self.screen.display)

    def line(self, part):
        return next((line for line in self.text().split("\n") if part in line), "")

    def writes(self, text):
        """The line at the bottom, as it is seen."""
        self.becomes(f"the line is {text!r}", lambda: self.text().split("\n")[-1] == text)

    def shows(self, *parts, seconds=10):
        w.until(lambda: f"the screen shows {parts}:\n{self.text()}", lambda: all(p in self.text() for p in parts), seconds)
        if os.environ.get("BUCKSTOP_SHOW"):
            print(self.text())

    def becomes(self, what, true):
        """The screen is read while it is drawn: what is looked at closely is waited for."""
        w.until(lambda: f"{what}:\n{self.text()}", true)

    def lacks(self, part):
        w.until(lambda: f"the screen lacks {part}:\n{self.text()}", lambda: part not in self.text())

    def press(self, *keys):
        for key in keys:
            os.write(self.master, key if isinstance(key, bytes) else key.encode())

    def resize(self, lines, columns):
        with self.lock:
            self.screen.resize(lines, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.kill(self.process.pid, signal.SIGWINCH)

    def ends(self, status=0):
        assert self.process.wait(10) == status, (self.process.returncode, self.text())
        os.close(self.master)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def open_desk(stack):
    world = w.open_world(stack, POLICY)
    world.console = world.add("console")
    world.environment["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{world['intake'].port}"
    world.environment["BUCKSTOP_CONSOLE"] = f"http://127.0.0.1:{world.console.port}"
    world.environment["BUCKSTOP_TOKEN"] = world.token
    return world


def open_top(stack, world, *words, **given):
    terminal = Terminal(world, "top", *words, **given)
    stack.callback(terminal.close)
    return terminal


def it_follows_and_acts(stack):
    world = open_desk(stack)
    world.present("ada")
    top = open_top(stack, world, "--person", "ada")
    top.shows("buckstop top", "desk", "live", "0 open", "store ready")
    calm = world.submit("mail", subject="A calm question")
    top.shows(calm[-6:], "1 open", "A calm question", "offered to ada")
    hot = world.submit("chat", subject="It burns")
    # what breaks next is first, and says that it broke
    top.shows(hot[-6:], "2 open", "BROKEN 1")
    top.becomes("it says that it broke", lambda: top.line("It burns").startswith("!!") and "ago" in top.line("It burns"))
    ids = hot[-6:], calm[-6:]
    top.becomes("in order", lambda: [line[3:9] for line in top.text().split("\n") if line[3:9] in ids] == [*ids])
    # take it, acknowledge it
    top.press("g", "a")
    top.shows(f"{hot[-6:]}: taken")
    assert world.view(hot)["owner"] == "ada"
    top.press("c")
    top.shows(f"{hot[-6:]}: acknowledged")
    assert world.view(hot)["acknowledged_by"] == "ada"
    top.becomes("it is theirs now", lambda: "owned" in top.line("It burns"))
    # the story, and back
    top.press(ENTER)
    top.shows(hot, "accountable", "timeline", "q back")
    top.press("G")
    top.shows("ada takes it", "ada acknowledged")
    assert world.act(hot, "note", "ada", text="called them").status == 200
    top.press(ENTER)
    top.press("G")
    top.shows("called them")
    top.press("q")
    top.shows("A calm question", "Enter story")
    # the cursor stays on its contact when the order changes
    top.press(DOWN)
    assert world.act(hot, "resolve", "ada", text="done").status == 200
    top.shows("ada resolved it")
    top.press(ENTER)
    top.shows(calm, "A calm question", "timeline")
    top.press(ESCAPE)
    # people, keys
    top.press("p")
    top.shows("ada", "present", "front", "1 of 1", "lead dana")
    top.press("p", "?")
    top.shows("acknowledge: its escalation holds", "reply to the CUSTOMER")
    top.press("G")
    top.shows("!!  a promise is broken", "--person names")
    top.press("x")
    top.shows("Enter story")
    # what is refused is said
    world.cli("act", "accept", calm, "--person", "ada")
    top.becomes("it is theirs", lambda: "owned" in top.line("A calm question"))
    world.present("dana")
    world.cli("act", "transfer", calm, "--person", "ada", "--to-person", "dana")
    w.until("she is asked", lambda: world.view(calm).get("offered_to") == "dana")
    world.cli("act", "accept", calm, "--person", "dana")
    top.press("a")
    top.shows("dana has accepted it, at 20")
    top.press("q")
    top.ends()


def sizes(stack):
    world = open_desk(stack)
    world.present("ada")
    for i in range(40):
        world.submit("mail", subject=f"Number {i} äöü 你好 ☂")
    top = open_top(stack, world)
    top.shows("40 open", "Number 0")
    top.becomes("it is whole", lambda: "äöü" in top.line("Number 0"))
    assert all(len(line) <= 80 for line in top.text().split("\n"))
    assert "Number 30 " not in top.text()
    top.press("G")
    top.shows("Number 39")
    top.press("g")
    top.shows("Number 0")
    top.resize(40, 132)
    top.shows("Number 20", "q quit")
    top.becomes("the keys are below", lambda: top.text().split("\n")[39].startswith(" q quit"))
    for lines, columns in ((10, 40), (5, 20), (3, 10), (24, 80)):
        top.resize(lines, columns)
        top.becomes(f"it fits {lines}x{columns}",
                    lambda: top.text().split("\n")[0].startswith(" buckstop"[:columns]) and top.process.poll() is None)
    top.shows("Number 0", "q quit")
    # an operator's token needs to know for whom
    top.press("a")
    top.shows("person is missing")
    top.press(b"\x03")  # Ctrl-C
    top.ends()


def cut_off(stack):
    world = open_desk(stack)
    top = open_top(stack, world)
    top.shows("live", "0 open")
    world.console.kill()
    top.shows("CUT OFF")
    contact = world.submit("mail", subject="while nobody saw it")
    world.console.start()
    top.shows(contact[-6:], "live", seconds=20)
    top.lacks("CUT OFF")
    world.console.process.send_signal(signal.SIGSTOP)
    top.shows("NOTHING HEARD")
    world.console.process.send_signal(signal.SIGCONT)
    top.shows("live", seconds=20)
    # told to end it gives the terminal back
    top.process.terminate()
    top.ends()


def own(world, person, **more):
    """A contact that this person has."""
    contact = world.submit("mail", **more)
    w.until("it is offered", lambda: world.view(contact).get("offered_to") == person)
    assert world.act(contact, "accept", person).status == 200
    return contact


def open_one(stack, world, contact, *words, **given):
    """Its story: what the keys mean is certain, whatever the list's order."""
    top = open_top(stack, world, *words, **given)
    top.shows(contact[-6:])
    top.press(ENTER)
    top.shows(contact, "timeline")
    return top


def each_key_acts(stack):
    world = open_desk(stack)
    world.present("ada")
    contact = world.submit("mail", subject="A lost card")
    w.until("it is offered", lambda: world.view(contact).get("offered_to") == "ada")
    other = own(world, "ada", subject="Another card")
    top = open_one(stack, world, contact, "--person", "ada", lines=50, columns=100)
    short = contact[-6:]

    def acts(key, asks, text, done, *shown):
        top.press(key)
        if asks:
            top.shows(f"{short} {asks}", "Esc gives up")
            top.press(*text, ENTER)
        top.shows(f"{short}: {done}", *shown)  # the story is read again
        top.press("G")

    # what is refused is said; what was written is there again once it may be
    top.press("r", "It is on ist", RUB_OUT, RUB_OUT, "ts way, ", ENTER)
    top.shows("'reply' is not possible while the contact is offered")
    top.writes("> It is on its way,")
    top.press(ESCAPE)
    top.shows("q back")
    acts("d", "", "", "declined", "ada declined")
    acts("a", "", "", "taken", "ada takes it")
    acts("r", "reply, to the CUSTOMER", ["Grüße ☂"], "answered", "It is on its way, Grüße ☂")
    acts("c", "", "", "acknowledged", "ada acknowledged")
    acts("n", "note, for colleagues", ["they called, too"], "noted", "they called, too")
    acts("w", "ask the CUSTOMER", ["Which one?"], "asked", "Which one?", "waits for the customer")
    acts("b", "give back: why", ["lunch"], "given back", "the owner gave it back")
    acts("a", "", "", "taken")
    acts("e", "resolve: how", ["all well"], "resolved", "ada resolved it")
    acts("o", "reopen: why", ["not so well"], "reopened")
    acts("a", "", "", "taken")
    # to whom: no such one, as far as names agree, one
    world.present("dana")
    top.press("t", "frint", ENTER)
    top.shows("no person or team 'frint', did you mean 'front'?")
    top.press(CTRL_U, TAB)
    top.shows("ada  dana  front")
    top.press(CTRL_U, "d", TAB, "she knows them", ENTER)
    top.shows(f"{short}: proposed to dana")
    top.press("G")
    top.shows("hands it over: she knows them")
    assert world.act(contact, "accept", "dana").status == 200
    top.press("n", ENTER)
    top.shows("nothing is written")
    top.press(CTRL_C)
    top.shows("q back")
    top.press("q", "/", other, ENTER)
    top.shows("1 found", "Another card")
    top.press("t", "f", TAB, ENTER)
    top.shows(f"{other[-6:]}: proposed to front")
    # the promise that breaks next is there already
    top.press("x")
    top.writes("> first_response")
    top.press(CTRL_U, "resp", ENTER)
    top.shows("there is no promise 'resp'")
    top.press(CTRL_U, "f", TAB, "said by phone")
    top.writes("> first_response said by phone")
    top.press(ENTER)
    top.shows(f"{other[-6:]}: no longer owed: first_response")
    top.press(CTRL_C)
    top.ends()


def writing(stack):
    """The line holds what is written: keys, pastes, sizes, what is longer than the screen."""
    world = open_desk(stack)
    world.present("ada")
    contact = own(world, "ada", subject="A question")
    top = open_one(stack, world, contact, "--person", "ada")
    top.press("n")
    top.shows("note, for colleagues")
    top.press("one two", LEFT, LEFT, LEFT, "and ", b"\x01", "x", b"\x05", "!")
    top.writes("> xone and two!")
    top.press(CTRL_W, CTRL_W)
    top.writes("> xone")
    top.press(CTRL_U)
    top.writes(">")
    # longer than the screen: its end is seen, from either side; another size shows another part
    top.press("ä" * 100 + "end")
    top.writes("< " + "ä" * 74 + "end")
    top.resize(24, 120)
    top.writes("> " + "ä" * 100 + "end")
    top.resize(12, 40)
    top.writes("< " + "ä" * 34 + "end")
    top.press(b"\x01")
    top.writes("> " + "ä" * 38)
    top.resize(24, 80)
    top.writes("> " + "ä" * 78)
    # an unknown key is no Escape and no letters; Escape gives up, and the same key has it again
    top.press(b"\x05", b"\x1b[1;5P", b"\x1bb", "!")
    top.writes("< " + "ä" * 73 + "end!")
    top.press(ESCAPE)
    top.shows("q back")
    top.press("r")
    top.writes(">")
    top.press(ESCAPE)
    top.shows("q back")
    # a paste of lines is one text; no line end of it sends, no letter of it is a key
    top.press(PASTE, "q\rQ\rresolve", PASTED, "n")
    top.shows("note, for colleagues")
    top.press(PASTE, "line\r\n" + "pasted line\r" * 600, PASTED, "last")
    top.shows("pasted line↵last")
    assert world.view(contact)["state"] == "owned"
    top.press(ENTER)
    top.shows(": noted")
    words = world.cli("show", contact, "--json")
    assert words.count("pasted line") == 600 and "last" in words, words
    # no more than there is room for
    top.press("n", PASTE, "x" * 17000, PASTED)
    top.shows("the line is full at 16384 bytes")
    top.press(CTRL_C, "q", "q")
    top.ends()


def cut_off_while_writing(stack):
    world = open_desk(stack)
    world.present("ada")
    contact = own(world, "ada", subject="A question")
    top = open_one(stack, world, contact, "--person", "ada")
    top.press("n", "what I ")
    top.writes("> what I")
    world.console.kill()
    top.shows("CUT OFF")
    top.press("know")
    top.writes("> what I know")
    world["intake"].kill()
    top.press(ENTER)
    top.shows("can't reach")
    top.writes("> what I know")
    world["intake"].start()
    world.console.start()
    top.shows("live", seconds=20)
    top.press(ENTER)
    top.shows(": noted")
    top.press("G")
    top.shows("ada noted: what I know")
    assert world.cli("show", contact).count("what I know") == 1
    top.press("Q")
    top.ends()


class Loses(http.server.BaseHTTPRequestHandler):
    """A way to intake on which the first answer to each act is lost, after a while."""

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = urllib.request.Request(self.server.intake + self.path, body or None, dict(self.headers), method=self.command)
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, words = answer.status, answer.read()
        if self.command == "POST":
            self.server.heard.append((self.headers["Idempotency-Key"], body))
            if len(self.server.heard) % 2:
                self.server.may_end.wait(30)
                self.close_connection = True
                return
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    do_GET = do_POST = pass_on

    def log_message(self, *_):
        pass


def a_lost_answer_doubles_nothing(stack):
    world = open_desk(stack)
    world.present("ada")
    contact = own(world, "ada", subject="A question")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Loses)
    server.intake, server.heard, server.may_end = world.environment["BUCKSTOP_SERVER"], [], threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    stack.callback(server.may_end.set)
    top = open_top(stack, world, "--person", "ada", "--server", f"http://127.0.0.1:{server.server_port}")
    top.shows(contact[-6:], "owned")
    top.press("n", "just once", ENTER)
    w.until("it is on its way", lambda: len(server.heard) == 1)
    # the screen lives on meanwhile, and what is sent is not changed
    top.shows("note ...")
    other = world.submit("mail", subject="Another one")
    top.shows(other[-6:], "note ...")
    top.press("x", ENTER)
    top.writes("> just once")
    server.may_end.set()
    top.shows("say it again: it is done once")
    top.press(ENTER)
    top.shows(": noted")
    assert len(server.heard) == 2 and server.heard[0] == server.heard[1], server.heard
    assert world.cli("show", contact).count("just once") == 1
    # the same words anew are another note; so are others after a lost answer
    for text in ("just once", "and this"):
        top.press("n", text, ENTER)
        top.shows("say it again: it is done once")
        top.press("!", ENTER)
        top.shows(": noted")
    assert len({key for key, _ in server.heard}) == 5, server.heard
    top.press("q")
    top.ends()


def finds(stack):
    world = open_desk(stack)
    world.present("ada")
    card = world.submit("mail", subject="A lost card", customer="ann@example.org", customer_name="Ann Öz")
    world.submit("mail", subject="A parcel")
    done = own(world, "ada", subject="Long ago")
    assert world.act(done, "resolve", "ada").status == 200
    top = open_top(stack, world, "--person", "ada")
    top.shows("A lost card", "A parcel")
    top.press("/")
    top.shows("find: a customer")
    top.press("öz card", ENTER)
    top.shows("'öz card': 1 found   of Ann Öz (1)", "A lost card")
    top.lacks("A parcel")
    # it is the one that is chosen; what happens to it is seen
    w.until("it is offered", lambda: world.view(card).get("offered_to") == "ada")
    top.press("a")
    top.shows(f"{card[-6:]}: taken")
    top.becomes("it is theirs", lambda: "owned" in top.line("A lost card"))
    top.press(ENTER)
    top.shows(card, "timeline")
    top.press("q")
    top.shows("'öz card'")
    # what nobody has; an id; nothing at all; and back
    top.press("/", "nosuchword", ENTER)
    top.shows("0 found", "nothing open or kept has these words")
    top.press("/", done, ENTER)
    top.shows("1 found", "Long ago")
    top.press("/", ENTER)
    top.shows("must say what to look for")
    top.press(ESCAPE)
    top.shows("Long ago", "q back")
    top.press(ESCAPE)
    top.shows("A lost card", "A parcel", "q quit")
    # the console is away: it is said, and the words stay
    world.console.kill()
    top.press("/", "card", ENTER)
    top.shows("can't reach")
    top.writes("> card")
    world.console.start()
    top.shows("live", seconds=20)
    top.press(ENTER)
    top.shows("'card': 1 found")
    top.press("q", "q")
    top.ends()


class Away(http.server.BaseHTTPRequestHandler):
    """A console whose store is away: it says so at once, then takes its time."""

    asked, answers = 0, threading.Event()

    def do_GET(self):
        Away.asked += 1
        if Away.asked > 1:
            Away.answers.wait(60)
        with contextlib.suppress(OSError):
            self.send_response(503)
            self.end_headers()
            self.wfile.write(json.dumps({"title": "Not now", "detail": "the store is away"}).encode())

    def log_message(self, *_):
        pass


def the_console_says_why_not(stack):
    """In its own words, also while the next attempt has no answer yet."""
    world = open_desk(stack)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Away)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    stack.callback(Away.answers.set)
    top = open_top(stack, world, "--console", f"http://127.0.0.1:{server.server_port}", columns=132)
    w.until("it asks again", lambda: Away.asked > 1)
    top.shows("CUT OFF for", " s: Not now: the store is away")
    top.press("q")
    top.ends()


def without_a_terminal(stack):
    world = open_desk(stack)
    contact = world.submit("mail", subject="printed once")
    w.until("it is on the board", lambda: contact in world.cli("top"))
    words = world.cli("top")
    assert "printed once" in words and "desk: 1 open" in words and "\x1b" not in words, words
    board = json.loads(world.cli("top", "--json"))
    assert [row["id"] for row in board["contacts"]] == [contact] and board["counts"]["open"] == 1
    assert "names no person 'nosuch'" in world.cli("top", "--person", "nosuch", status=1)
    assert "printed once" in world.cli("top", "--person", "ada")
    top = open_top(stack, world, "--person", "nosuch")
    top.shows("names no person 'nosuch'")
    top.ends(1)
    world.environment["BUCKSTOP_TOKEN"] = "bs_aaaaaaaaaa_" + "a" * 43
    words = world.cli("top", status=1)
    assert "BUCKSTOP_TOKEN" in words, words
    top = open_top(stack, world)  # in a terminal, too
    top.shows("BUCKSTOP_TOKEN")
    top.ends(1)
    world.console.end()
    assert "can't reach the console" in world.cli("top", status=3)
    world.cli("top", "--console", "nowhere", status=2)
    top = open_top(stack, world, TERM="no-such-terminal")
    top.shows("set TERM")
    top.ends(2)


def a_list_fits(stack):
    """`list` takes one line a contact on a terminal, and a story's long lines go on in the next."""
    world = open_desk(stack)
    world.present("ada")
    long = world.submit("mail", subject="A subject that is far too long for a terminal of eighty characters, and has an end",
                        text="What is said is long as well, so that nobody can read it in one line: here is its end")
    world.cli("list", "--limit", "1")
    for columns, shown, hidden in ((80, "A subject", "CHANNEL"), (200, "and has", "nothing")):
        one = Terminal(world, "list", columns=columns)
        one.shows("1 contact")
        one.ends()
        lines = [line for line in one.text().split("\n") if line]
        assert len(lines) == 3 and all(len(line) <= columns for line in lines), lines
        assert lines[1].startswith(long[-6:]) and shown in lines[1] and hidden not in lines[0], lines
    assert long in world.cli("list")  # whole for programs
    top = open_top(stack, world)
    top.shows(long[-6:])
    top.press(ENTER)
    top.shows("timeline", "an end", long)
    top.press("G")
    top.shows("here is its end")
    top.resize(24, 40)
    top.press("g")
    top.shows("an end")
    top.press("q", "q")
    top.ends()


CASES = [it_follows_and_acts, each_key_acts, writing, cut_off_while_writing, a_lost_answer_doubles_nothing, finds,
         sizes, cut_off, the_console_says_why_not, without_a_terminal, a_list_fits]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
