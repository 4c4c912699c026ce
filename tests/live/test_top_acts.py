#!/usr/bin/python3
"""buckstop top, what one does with it: each key that acts, the line that is written for it, the search; nothing is done
twice, nothing that was written is lost.

A terminal is played by python3-pyte (terminal.py). Ends with "N passed, N failed".
"""
import http.server
import sys
import threading
import urllib.request

import world as w
from terminal import CTRL_C, CTRL_U, CTRL_W, ENTER, ESCAPE, LEFT, PASTE, PASTED, RUB_OUT, TAB, open_desk, open_top


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
    top = open_one(stack, world, contact, "--person", "ada", lines=80, columns=100)
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
    top.shows("no person or team 'frint'; did you mean 'front'?")
    top.press(CTRL_U, TAB)
    top.shows("ada  dana  front")
    top.press(CTRL_U, "d", TAB, "she knows them", ENTER)
    top.shows(f"{short}: proposed to dana")
    top.press("G")
    top.shows("ada proposes to hand it to dana: she knows them")
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
    # nor does a Ctrl-C in it end it
    top.press("n", PASTE + b"one\x03\rtwo" + PASTED)
    top.writes("> one↵two")
    top.press(CTRL_U, ESCAPE)
    top.shows("q back")
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
        request = urllib.request.Request(self.server.intake + self.path, body or None, dict(self.headers),
                                         method=self.command)
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
    # the screen lives on meanwhile, and what is sent is not changed: what came after a key is drawn after it was heard
    top.shows("note ...")
    top.press("x", ENTER)
    other = world.submit("mail", subject="Another one")
    top.shows(other[-6:], "note ...")
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
    # nor is it doubled where something else was done meanwhile
    top.press("n", "once more", ENTER)
    top.shows("say it again: it is done once")
    top.press(ESCAPE)
    top.shows("q quit")
    top.press("c")
    top.shows(": acknowledged")
    top.press("n")
    top.writes("> once more")
    top.press(ENTER)
    top.shows("say it again: it is done once")
    top.press(ENTER)
    top.shows(": noted")
    assert world.cli("show", contact).count("once more") == 1
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
    top.press("/", "x" + "ö" * 40, ENTER)  # long words are cut between two letters
    top.shows("'x" + "ö" * 29 + "': 0 found")
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


CASES = [each_key_acts, writing, cut_off_while_writing, a_lost_answer_doubles_nothing, finds]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
