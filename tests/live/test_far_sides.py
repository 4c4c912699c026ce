#!/usr/bin/python3
"""Peers that are down, silent, slow or mad: nobody else waits for them, no loop stands still, and once they are well
again everything arrives.

Each person is reached by one peer; what goes wrong with it is told by the person's name. Ends with "N passed, N
failed".
"""
import contextlib
import email
import os
import random
import shutil
import socket
import subprocess
import sys
import threading

import world as w
from ports import free_port

PEOPLE = ("good", "silent", "slow", "500", "garbage", "lost", "429", "down", "mail")
ROUNDS = 4  # of measuring: a busy machine may stop any process for 20 ms; a loop that waits for a peer does each time
OPTIONS = {"notification": ["--mail-from", "desk@example.com"]}


def policy(ways):
    """One channel, one team, one person for each way."""
    def section(row):
        return "\n".join(row.format(name="p" + name, way=way) for name, way in ways.items())

    return f"""workspace: desk
last_resort: dana
channels:
{section("  {name}: {{ weight: 1, accept: auto, answer: spoken }}")}
people:
{section("  {name}: {{ capacity: 100000, ways: [{way}] }}")}
  dana: {{ name: Dana R., ways: [{{ log: dana }}] }}
teams:
{section("  {name}: {{ lead: dana, members: [{name}] }}")}
rules:
{section("  - {{ name: {name}, when: {{ channel: {name} }}, then: {{ team: {name} }} }}")}
settings: {{ presence: 1h }}
"""


def hook(url):
    return f'{{ webhook: "{url}", secret: pager }}'


class Closed:
    """A port at which nobody listens, until somebody does."""

    def __init__(self):
        self.port = free_port()

    def open(self, stack, port):
        """From now on it leads to that port."""
        server = socket.create_server(("127.0.0.1", self.port))
        stack.callback(server.close)

        def copy(source, target):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
            target.close()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    outer, _ = server.accept()
                    inner = socket.create_connection(("127.0.0.1", port))
                    for pair in ((outer, inner), (inner, outer)):
                        threading.Thread(target=copy, args=pair, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()


def open_desk(stack, ways, **given):
    world = w.open_world(stack, policy(ways), **given)
    world.present(*["p" + name for name in ways])
    return world


def flow(world, receiver, n):
    """Contacts of the good peer's, one after the other: each is told at once, whatever the others do."""
    for _ in range(n):
        contact = world.submit("pgood")
        w.until("the good peer is told", lambda: receiver.told().get((contact, "assigned", "pgood")), 5)


def quick_turns(world, during):
    """No turn of a loop is above the limit while that goes on."""
    for left in reversed(range(ROUNDS)):
        world.longest_turns()
        during()
        turns = world.longest_turns()
        print("      longest turns: " + ", ".join(f"{name} {turn} us" for name, turn in turns.items()), flush=True)
        if max(turns.values()) < w.TURN_LIMIT_US:
            return
        assert left, f"a loop stood still: {turns}"


def arrived(receiver, contacts):
    return all(receiver.told().get((contact, "assigned", "p" + name)) for name, some in contacts.items()
               if name != "mail" for contact in some)


def peers(stack):
    good, receiver, closed = w.open_receiver(stack), w.open_receiver(stack), Closed()
    ways = {name: hook(receiver.url("/" + name)) for name in PEOPLE}
    ways["good"] = hook(good.url("/good"))
    ways["down"] = hook(f"http://127.0.0.1:{closed.port}/down")
    ways["mail"] = "{ mail: pat@example.com }"
    options = {"notification": ["--smtp", f"smtp://127.0.0.1:{receiver.smtp_port}", *OPTIONS["notification"]]}
    world = open_desk(stack, ways, options=options)
    for how in ("silent", "slow", "500", "garbage", "lost", "429"):
        receiver.behave["/" + how] = how
    contacts = {name: [] for name in PEOPLE if name != "good"}
    smtp = iter(["silent", "garbage", "451", "silent"])

    def trouble():
        receiver.behave["smtp"] = next(smtp)
        for name, some in contacts.items():
            some.append(world.submit("p" + name))
        flow(world, good, 40)

    quick_turns(world, trouble)
    tried = ("silent", "500", "garbage", "lost", "429")
    w.until("it was tried", lambda: all(receiver.of("/" + name) for name in tried))
    assert not receiver.mails and not receiver.of("/down")
    receiver.behave.clear()
    closed.open(stack, receiver.port)
    w.until("all arrives", lambda: arrived(receiver, contacts), 30)
    w.until("the mails arrive", lambda: len(receiver.mails) >= len(contacts["mail"]), 30)
    w.until("the outbox is empty", world.settled, 60)
    for key, ids in receiver.told().items():
        assert len(ids) == 1, (key, ids)
    same = {(call.headers["buckstop-id"], call.body) for call in receiver.calls if call.path in ("/500", "/lost")}
    assert len(same) == len({number for number, _ in same}), "sent again with other bytes"
    world.audit()


def storm(stack):
    """Hundreds of deliveries to a silent peer, and a mail server that is down: the good one is told at once."""
    receiver, other = w.open_receiver(stack), w.open_receiver(stack)  # what is counted is calls to one host and port
    ways = {"good": hook(receiver.url("/good")), "silent": hook(other.url("/silent"))}
    ways["mail"], closed = "{ mail: pat@example.com }", Closed()
    options = {"notification": ["--smtp", f"smtp://127.0.0.1:{closed.port}", *OPTIONS["notification"]]}
    world = open_desk(stack, ways, options=options)
    other.behave["/silent"] = "silent"

    mails = []

    def more():
        mails.append(world.submit("pmail"))
        w.at_once(*[lambda: [world.submit("psilent") for _ in range(40)]] * 6)
        flow(world, receiver, 20)

    quick_turns(world, more)
    other.behave.clear()
    closed.open(stack, receiver.smtp_port)
    w.until("the outbox is empty", world.settled, 60)
    # a mail whose answer came too late is sent again, and is the same one
    assert len({email.message_from_bytes(mail.content)["Message-ID"] for mail in receiver.mails}) == len(mails), receiver.mails
    for key, ids in other.told().items():
        assert len(ids) == 1, (key, ids)
    print(f"      {len(other.told())} told after {len(other.calls)} calls")
    world.audit()


def name_server(stack):
    """Names are asked of a server that never answers: look-ups hang, the loop does not."""
    if os.geteuid() != 0 or not shutil.which("unshare") or subprocess.run(
            ["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        raise w.Skipped("a name server of one's own needs the right to unshare mounts")
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stack.callback(silent.close)
    address = "127." + ".".join(str(random.randrange(1, 255)) for _ in range(3))
    try:
        silent.bind((address, 53))  # resolvers know no other port
    except OSError as error:
        raise w.Skipped(f"{address}:53 can't be had: {error}") from None
    receiver = w.open_receiver(stack)
    ways = {"good": hook(receiver.url("/good")), "dns": hook("http://hooks.example.com/never"),
            "mail": "{ mail: pat@example.com }"}
    options = {"notification": ["--smtp", "smtp://mail.example.com:25", *OPTIONS["notification"]]}
    world = w.open_world(stack, policy(ways), start=False, options=options)
    with open(world.dir + "/resolv.conf", "w", encoding="utf-8") as file:
        file.write(f"nameserver {address}\n")
    under = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"',
             world.dir + "/resolv.conf"]
    world.start_redis()
    world.apply(world.policy)
    world.token = world.cli("token", "issue", "--scope", "operator").strip()
    for service in world.services.values():
        service.start(under=under if service.kind == "notification" else ())
    world.present(*["p" + name for name in ways])
    contacts = []

    def trouble():
        contacts.extend([world.submit("pdns"), world.submit("pmail")])
        flow(world, receiver, 40)

    quick_turns(world, trouble)
    silent.settimeout(20)
    assert silent.recv(512), "nobody asked the name server"
    for contact in contacts[:2]:
        w.until("it is said that it is tried again",
                lambda c=contact: w.count_facts(world.view(c))["delivery_retried"])
    assert world["notification"].end() == 0


CASES = [peers, storm, name_server]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
