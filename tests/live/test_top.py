#!/usr/bin/python3
"""buckstop top in a terminal: what it shows, that it follows, what its keys do, and what it says when it is cut off.

A terminal of 80x24 is played by python3-pyte (terminal.py). Ends with "N passed, N failed".
"""
import contextlib
import http.server
import json
import signal
import sys
import threading

import world as w
from terminal import DOWN, ENTER, ESCAPE, Terminal, open_desk, open_top


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
    top.shows("called them")  # at its end it follows
    top.press("q")
    top.shows("A calm question", "Enter story")
    # the cursor stays on its contact when the order changes
    top.press(DOWN)
    top.becomes("the cursor is on it", lambda: top.under_cursor("A calm question"))
    assert world.act(hot, "resolve", "ada", text="done").status == 200
    top.shows("ada resolved it: done")
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
    # a story that does not come holds nothing up: other keys do what they do, and it is there once it came
    world["intake"].process.send_signal(signal.SIGSTOP)
    top.press(ENTER)
    top.shows("is read ...")
    top.press("?")
    top.shows("reply to the CUSTOMER")
    top.press("?", "q")
    top.shows("Enter story")
    top.press(ENTER, "j")
    top.shows("is read ...")
    top.press("?")
    top.shows("reply to the CUSTOMER")
    world["intake"].process.send_signal(signal.SIGCONT)
    top.press("q")
    top.shows(contact, "timeline")
    world["intake"].kill()
    top.press(ENTER)
    top.shows("can't reach", "timeline")
    top.press("q")
    top.shows("Enter story")
    top.press(ENTER)
    top.shows("can't reach", "open   ")
    world["intake"].start()
    top.press(ENTER)
    top.shows(contact, "timeline")
    # told to end it gives the terminal back
    top.process.terminate()
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


class Strange(http.server.BaseHTTPRequestHandler):
    """A console that says what none of ours says; then what it begins with."""

    EVENTS = (("board", {"workspace": 5, "contacts": [5, {"id": 7}, {"id": "x" * 300, "state": None, "next": 5}], "teams": "none",
                         "people": [3, {"name": None, "load": 7}], "counts": [], "promises": {"opened": "many"},
                         "trend": [{"broken": -3}, {"broken": 2 ** 62}, 5]}),
              ("board", [1]), ("change", {"contacts": {"id": 1}, "gone": [1, None], "people": [None]}), ("pulse", "none"),
              ("feed", {"events": [1, {"facts": 2}, {"facts": [3, {"fact": 4}]}]}), ("none", None),
              ("board", {"workspace": "strange", "trend": [{"broken": -3}, {"broken": 2 ** 62}], "contacts":
                         [{"id": "one", "state": "owned", "subject": "\x1b[2J \u009b2J \r all shown"}]}))
    may_end = threading.Event()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for event, value in Strange.EVENTS:
            self.wfile.write(f"event: {event}\ndata: {json.dumps(value)}\n\n".encode())
        Strange.may_end.wait(60)

    def log_message(self, *_):
        pass


def what_no_console_says(stack):
    """It is not believed, and no text is a command to the terminal."""
    world = open_desk(stack)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    stack.callback(Strange.may_end.set)
    top = open_top(stack, world, "--console", f"http://127.0.0.1:{server.server_port}", columns=132)
    top.shows("buckstop top   strange", "?[2J ?2J ? all shown", "2 h ▁█")
    top.press("p")
    top.shows("WHO", "q back")
    top.press("q", "q")
    top.ends()


def told_to_end(stack):
    """However that is: the terminal is its own again, and knows no pastes. A connection that broke is no reason to end."""
    world = open_desk(stack)
    pastes = 2004 << 5  # as pyte names a mode of DEC's
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        top = open_top(stack, world)
        top.shows("live", "0 open")
        top.becomes("it knows pastes", lambda: pastes in top.screen.mode)
        top.process.send_signal(signal.SIGPIPE)
        top.press("?")
        top.shows("all keys")
        top.process.send_signal(number)
        top.becomes("it knows none", lambda: pastes not in top.screen.mode)
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
    # what was read is there without intake: as wide as the screen, and under the page of keys
    world["intake"].kill()
    top.resize(24, 40)
    top.press("g")
    top.shows(long, "an end")
    top.press("j", "?")
    top.shows("acknowledge")
    top.press("q")
    top.shows("an end")
    top.lacks(long)
    top.press("q", "q")
    top.ends()


CASES = [it_follows_and_acts, sizes, cut_off, the_console_says_why_not, what_no_console_says, told_to_end, without_a_terminal,
         a_list_fits]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
