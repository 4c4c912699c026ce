"""The console's page on real services: each case opens a world here, and a browser that walks it (walk.mjs).

The browser's side asks for what happens outside by lines of JSON on its output ({"do": ...}), and gets a line back.
Ends with "N passed, N failed". Run by tests/browser/run, which fetches what it needs.
"""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))

import world as w  # noqa: E402  pylint: disable=wrong-import-position

BROWSER = os.environ["BUCKSTOP_BROWSER"]
OPEN = int(os.environ.get("BUCKSTOP_BROWSER_CONTACTS", "10000"))
CASE_S = 400

POLICY = """workspace: desk
last_resort: mira
manager: mira
dry: log
channels:
  chat: { weight: 10, live: true, offer: 2m, answer: spoken }
  mail: { weight: 10, offer: 15m, answer: spoken }
  call: { weight: 10, offer: 15m, answer: spoken }
people:
  ada: { name: Ada L. }
  ben: { name: Ben K. }
  lena: { name: Lena S. }
  mira: { name: Mira T. }
teams:
  front: { lead: lena, members: [ada, ben] }
  cards: { lead: mira, members: [ben] }
promises:
  - { when: { channel: chat }, acknowledge: 1h, first_response: 8s, next_response: 1h, ladder: quick }
  - { when: { channel: mail }, acknowledge: 2h, first_response: 4h }
ladders:
  quick:
    - { at: due, tell: [owner, lead], priority: 1 }
    - { after: 3s, tell: [manager], move: manager, repeat: 1h, times: 3, urgent: true }
settings: { presence: 12s }
"""

# A desk of some size, for screenshots: what customers ask, by whom, how late.
SUBJECTS = [
    ("chat", "I am still waiting on my card?", "Kim Olsen"), ("mail", "Charged twice for the same booking", "j.ferrer@example.org"),
    ("mail", "My transfer has been pending since Monday", "Ann Becker"), ("chat", "PIN blocked", "+49 30 901820"),
    ("mail", "How do I close my account", "customer71@example.com"), ("call", "The exchange rate is wrong", "Rosa Lindqvist"),
    ("mail", "Please verify my identity, I have sent the documents twice already", "Tom Adeyemi"),
    ("chat", "Lost my phone, how do I get back in", "Mia Novak"), ("mail", "Refund for order 48213", "Kim Olsen"),
    ("mail", "Direct debit I never agreed to", "Sam Okafor"), ("chat", "Top up did not arrive", "Ida Brandt"),
    ("mail", "Change of address", "Leo Marchetti"), ("mail", "Statement of March is missing", "Ann Becker"),
    ("call", "Contactless does not work abroad", "Noor Haddad"), ("mail", "Card payment declined although there is money", "Eli Stone"),
]


def open_desk(stack, policy=POLICY):
    """A world with a console whose sessions outlive it, and a token for each person."""
    world = w.open_world(stack, policy)
    with open(world.dir + "/session.key", "w", encoding="ascii") as file:
        file.write(os.urandom(32).hex())
    others = ",".join(f"{service.kind}=http://127.0.0.1:{service.health}" for service in world.services.values())
    world.options["console"] = ["--session-key", world.dir + "/session.key", "--services", others]
    world.add("console")
    world.people = {name: world.issue("person", "--person", name) for name in ("ada", "ben", "lena", "mira")}
    return world


def presence(world, person):
    people = world.insist("GET", "/v1/people").json()["people"]
    return next(one for one in people if one["person"] == person)


def newest(world):
    return world.insist("GET", "/v1/events?after=0&limit=1").json()["newest"]


def start_console(world):
    world["console-1"].start()


# What the browser's side may ask for.
DOES = {
    "submit": lambda world, **more: world.submit(**more),
    "act": lambda world, contact, action, person, **more: world.act(contact, action, person, **more).json(),
    "present": lambda world, *people: world.present(*people),
    "person": presence,
    "view": lambda world, contact: world.view(contact),
    "newest": newest,
    "open": lambda world: world.contacts(),
    "freeze": lambda world, name: world[name].process.send_signal(signal.SIGSTOP),
    "thaw": lambda world, name: world[name].process.send_signal(signal.SIGCONT),
    "kill": lambda world: world["console-1"].kill() and None,
    "start": start_console,
    "stop-redis": lambda world: world.end_redis(),
    "start-redis": lambda world: world.start_redis(),
}


def answer(world, line):
    asked = json.loads(line)
    try:
        given = DOES[asked["do"]](world, *asked.get("list", []), **asked.get("with", {}))
        return {"given": given}
    except Exception as error:  # pylint: disable=broad-except
        return {"error": repr(error)}


def walk(world, case, **more):
    """One walk of walk.mjs; fails when it does."""
    about = {"case": case, "url": f"http://127.0.0.1:{world['console-1'].port}/", "intake": f"http://127.0.0.1:{world['intake-1'].port}",
             "operator": world.token, "people": world.people, "modules": BROWSER, "shots": f"{BROWSER}/shots", **more}
    with subprocess.Popen(["node", f"{HERE}/walk.mjs", json.dumps(about)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        try:
            for line in node.stdout:
                if line.startswith('{"do"'):
                    node.stdin.write(json.dumps(answer(world, line)) + "\n")
                    node.stdin.flush()
                else:
                    print(("" if line.startswith("skip  ") else "      ") + line.rstrip(), flush=True)
            status = node.wait(CASE_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                node.terminate()
    assert status == 0, f"the walk '{case}' ended with {status}"


def fill(world, *words):
    done = subprocess.run([f"{w.BUILD}/tests/fill", "--redis", "unix:" + world.socket, "--health", "127.0.0.1:0", *words],
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    print("      " + done.stdout.strip().splitlines()[-1], flush=True)


# ---- the cases


def wall(stack):
    """In by HTTP, it appears, counts down, breaks, escalates, is acknowledged by a click; the console is killed and back."""
    walk(open_desk(stack), "wall")


def desk(stack):
    """An offer with a sound, accepted, answered, handed on, resolved; here and away."""
    walk(open_desk(stack), "desk")


def cut_off(stack):
    """The store is away: the page says so, and is true again afterwards."""
    world = open_desk(stack)
    walk(world, "cut_off")


def looks(stack):
    """Each view in each size, dark and light: axe finds nothing; screenshots are left to be looked at."""
    world = open_desk(stack, POLICY.replace("presence: 12s", "presence: 1h").replace(
        "promises:\n", "promises:\n  - { when: { channel: call }, acknowledge: 1h, first_response: 30s }\n"))
    world.present("ada", "ben", "lena")
    for channel, subject, customer in SUBJECTS:
        world.submit(channel=channel, subject=subject, customer=customer, text=f"Hello,\n\n{subject}. Could somebody please look at it?\n\n{customer}")
    offered = w.until("offers", lambda: [one for one in world.contacts() if one.get("offered_to")], 20)
    for one in offered[::2]:
        world.act(one["contact"], "accept", one["offered_to"])
    w.until("something broke", lambda: any(one["at_risk"] for one in world.contacts()), 30)
    walk(world, "looks")


# Contacts that ada holds at once, due hours apart; those by chat break.
ORDERED = POLICY.replace("presence: 12s", "presence: 1h").replace("offer: 15m", "offer: 15m, accept: auto").replace("offer: 2m", "offer: 2m, accept: auto").replace(
    "people:\n", "  form: { weight: 10, offer: 15m, accept: auto, answer: spoken }\npeople:\n").replace("promises:\n", """promises:
  - { when: { channel: call }, first_response: 1h, next_response: 1h }
  - { when: { channel: form }, first_response: 2h }
""").replace("acknowledge: 1h, first_response: 8s, next_response: 1h, ladder: quick", "first_response: 8s").replace("acknowledge: 2h, ", "").replace("members: [ada, ben]", "members: [ada]")


def order(stack):
    """What breaks next is first, on the wall and the desk, and anew when one breaks, is answered, writes again."""
    walk(open_desk(stack, ORDERED), "order")


def unwell(stack):
    """escalation is stopped with a promise due: lateness is said, and that it is over; so is a dead letter."""
    world, receiver = open_desk(stack, POLICY.replace("dry: log\n", "")), w.open_receiver(stack)
    receiver.behave["/back"] = "404"
    walk(world, "unwell", nobody=receiver.url("/back"))


def keyboard(stack):
    """By keys alone: sign in, every action, search, from row to row; Tab comes to every control, visibly."""
    walk(open_desk(stack, POLICY.replace("presence: 12s", "presence: 1h")), "keyboard")


def load(stack):
    """10,000 open contacts: painted within a second; 500 events a second: no frame above 50 ms, and the counts are true."""
    policy = POLICY.replace("presence: 12s", "presence: 2h").replace("Mira T.", "Mira T., capacity: 100000").replace("offer: 15m", "offer: 15m, accept: auto").replace(
        "{ when: { channel: mail }, acknowledge: 2h, first_response: 4h }",
        "{ when: { channel: mail }, acknowledge: 2h, first_response: 4h }\n  - { when: { channel: call }, acknowledge: 2h, first_response: 30m }")
    world = open_desk(stack, policy)
    fill(world, "--count", str(OPEN), "--channels", "mail,call")
    began = time.monotonic()
    w.until("the console knows them", lambda: world["console-1"].metric("buckstop_console_contacts") >= OPEN, 60)
    print(f"      the console knew them after {time.monotonic() - began:.1f} s more", flush=True)
    walk(world, "load", contacts=OPEN)


if __name__ == "__main__":
    sys.exit(w.main([wall, desk, order, keyboard, unwell, cut_off, looks, load]))
