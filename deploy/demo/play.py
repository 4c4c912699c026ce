#!/usr/bin/env python3
"""Plays a bank's customers and the people who answer them, against a running buckstop.

Customers' questions come from questions.csv. Some people answer in time, some late, one never. What happens is
read from the event stream (GET /v1/events) and told as it happens; a summary ends it. Standard library only.
"""
import argparse
import collections
import csv
import heapq
import itertools
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

# How people behave: seconds until they accept an offer (None: never) and, from there, until they answer.
PEOPLE = {
    "ada": (0.6, 2.0), "cem": (0.5, 2.2), "eva": (0.8, 1.8), "gus": (0.6, 2.4),  # in time
    "ben": (1.2, 9.0), "dee": (1.0, 8.0),  # late
    "finn": (None, None),  # never
    "lena": (0.8, 1.5), "mira": (0.8, 1.5),  # the lead and the manager take what climbs
}
HEARTBEAT_S = 5
POLL_S = 0.15
WAYS_BACK = {"chat": ("callback", "http://chat.example/back"), "mail": ("mail", ""), "form": ("mail", "")}
COLORS = {"good": "32", "bad": "1;31", "warn": "33", "dim": "2"}


class Api:
    def __init__(self, server, token):
        self.server, self.token = server, token

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.server + path, method=method)
        request.add_header("Authorization", "Bearer " + self.token)
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


class Terminal:
    """One line a thing that happened: when, which contact, what, why."""

    def __init__(self, stream):
        self.stream, self.color, self.start = stream, stream.isatty(), time.monotonic()

    def line(self, contact, words, kind=""):
        if self.color and kind:
            words = f"\x1b[{COLORS[kind]}m{words}\x1b[0m"
        print(f"{time.monotonic() - self.start:6.1f}s  {contact[-6:]:>6}  {words}", file=self.stream, flush=True)


def short(text, size=58):
    return text if len(text) <= size else text[: size - 1] + "…"


class Play:
    def __init__(self, api, terminal, seed):
        self.api, self.out, self.random = api, terminal, random.Random(seed)
        self.agenda, self.order = [], itertools.count()
        self.after = 0
        self.mine = {}  # contact -> channel
        self.resolved, self.failed = set(), 0
        self.people = collections.defaultdict(collections.Counter)
        self.channels = collections.defaultdict(collections.Counter)
        self.owner = {}

    # ---- agenda: what somebody does at a time ----
    def at(self, delay, action, *args):
        heapq.heappush(self.agenda, (time.monotonic() + delay, next(self.order), action, args))

    def due(self):
        while self.agenda and self.agenda[0][0] <= time.monotonic():
            _, _, action, args = heapq.heappop(self.agenda)
            action(*args)

    # ---- people ----
    def heartbeat(self, person):
        self.api.call("PUT", f"/v1/people/{person}/presence", {})
        self.at(HEARTBEAT_S, self.heartbeat, person)

    def act(self, contact, person, action, text=""):
        status, answer = self.api.call(
            "POST", f"/v1/contacts/{contact}/actions", {"action": action, "person": person, "text": text})
        return status < 300

    def accept(self, contact, person):
        if self.act(contact, person, "accept"):
            self.plan_answer(contact, person)

    def plan_answer(self, contact, person):
        delay = PEOPLE[person][1]
        if delay is not None:
            self.at(delay * self.random.uniform(0.7, 1.3), self.answer, contact, person)

    def answer(self, contact, person):
        if self.owner.get(contact) != person or contact in self.resolved:
            return  # it went on to somebody else meanwhile
        if self.act(contact, person, "reply", "I have looked into it; here is what happens next."):
            self.at(0.8, self.resolve, contact, person)
        else:
            self.at(1.0, self.answer, contact, person)

    def resolve(self, contact, person):
        if self.owner.get(contact) == person:
            self.act(contact, person, "resolve", "answered")

    # ---- customers ----
    def submit(self, row, number):
        way, back = WAYS_BACK.get(row["channel"], ("", ""))
        body = {"channel": row["channel"], "subject": short(row["text"], 70), "text": row["text"],
                "customer": f"customer{number}@example.com", "return_way": way, "return_to": back}
        body = {key: value for key, value in body.items() if value}
        status, answer = self.api.call("POST", "/v1/contacts", body)
        if status == 202:
            self.mine[answer["contact"]] = row["channel"]
            self.channels[row["channel"]]["contacts"] += 1
        else:
            self.failed += 1
            self.out.line("", f"refused ({status}): {answer.get('detail', '')}", "bad")

    # ---- events ----
    def watch(self):
        status, page = self.api.call("GET", f"/v1/events?after={self.after}&limit=200")
        if status != 200:
            return
        for event in page["events"]:
            self.after = event["number"]
            contact = event.get("contact", "")
            if not contact:
                continue
            if contact not in self.mine:
                continue  # somebody else's
            if "state" in event:  # the outcome of a delivery says nothing of who has it
                self.owner[contact] = event.get("owner", "")
            for fact in event["facts"]:
                teller = getattr(self, "on_" + fact["fact"], None)
                if teller:
                    teller(contact, event, fact)

    def count(self, contact, event, what, person=""):
        self.channels[event.get("channel", "")][what] += 1
        if person:
            self.people[person][what] += 1

    def on_opened(self, contact, event, fact):
        self.out.line(contact, f"{event['channel']:5} “{short(event.get('subject', ''))}” -> {fact.get('to', '')}")

    def on_offered(self, contact, event, fact):
        person = fact["to"]
        self.count(contact, event, "offered", person)
        self.out.line(contact, f"offered to {person}: {short(fact.get('detail', ''), 90)}")
        delay = PEOPLE.get(person, (None, None))[0]
        if delay is not None:
            self.at(delay * self.random.uniform(0.6, 1.4), self.accept, contact, person)

    def on_accepted(self, contact, event, fact):
        self.count(contact, event, "accepted", fact["by"])
        self.out.line(contact, f"{fact['by']} took it", "dim")

    def on_offer_expired(self, contact, event, fact):
        self.count(contact, event, "let pass", fact["to"])
        self.out.line(contact, f"{fact['to']} let the offer pass: the next one is asked", "warn")

    def on_queued(self, contact, event, fact):
        self.out.line(contact, f"waits: {short(fact.get('detail', ''), 90)}", "warn")

    def on_nobody(self, contact, event, fact):
        self.out.line(contact, f"nobody can take it: {fact.get('to', '')} is told at once", "bad")

    def on_promise_kept(self, contact, event, fact):
        self.count(contact, event, "told" if fact["promise"] == "acknowledge" else "kept", event.get("owner", ""))
        if fact["promise"] == "acknowledge":
            return
        which = "the second promise, after the apology" if fact.get("number") else fact["promise"].replace("_", " ")
        self.out.line(contact, f"kept: {which}, by {event.get('owner', '')}", "good")

    def on_promise_broken(self, contact, event, fact):
        self.count(contact, event, "untold" if fact["promise"] == "acknowledge" else "broken", event.get("owner", ""))
        self.out.line(contact, f"BROKEN: {fact['promise'].replace('_', ' ')} "
                               f"({event.get('owner') or 'nobody'} had it)"
                               + ("" if event.get("channel") == "phone" else "; an apology goes out"), "bad")

    def on_step(self, contact, event, fact):
        self.count(contact, event, "steps")
        self.out.line(contact, f"escalation, step {fact.get('number', 0)}: {fact.get('detail', '')}", "warn")

    def on_moved(self, contact, event, fact):
        by = f", by {fact['by']}" if fact.get("by") else ""  # who acted, if anybody did; the detail names who had it
        self.out.line(contact, f"moved to {fact['to']}{by}: {short(fact.get('detail', ''), 90)}", "bad")

    def on_resolved(self, contact, event, fact):
        self.resolved.add(contact)
        self.count(contact, event, "resolved", fact["by"])
        self.out.line(contact, f"{fact['by']} resolved it", "good")

    # ---- the play ----
    def run(self, rows, seconds, patience):
        _, page = self.api.call("GET", "/v1/events?after=0&limit=1")
        self.after = page.get("newest", 0)
        for person in PEOPLE:
            self.heartbeat(person)
        begin = time.monotonic()
        for number, row in enumerate(rows):
            self.at(seconds * number / len(rows) * self.random.uniform(0.97, 1.03), self.submit, row, number)
        sent = set()
        while time.monotonic() - begin < seconds + patience:
            self.due()
            self.watch()
            sent = set(self.mine)
            if time.monotonic() - begin > seconds and sent and sent <= self.resolved:
                break
            time.sleep(POLL_S)
        return len(sent - self.resolved)


def table(title, rows, columns):
    print(f"\n{title:<10}" + "".join(f"{column:>10}" for column in columns))
    for name in sorted(rows):
        print(f"{name:<10}" + "".join(f"{rows[name][column]:>10}" for column in columns))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default="http://127.0.0.1:7400")
    parser.add_argument("--seconds", type=float, default=60, help="how long questions come in (default 60)")
    parser.add_argument("--patience", type=float, default=60, help="how long to wait for the last answers (default 60)")
    parser.add_argument("--limit", type=int, default=0, help="only so many questions")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    token = os.environ.get("BUCKSTOP_TOKEN")
    if not token:
        sys.exit("play.py: set BUCKSTOP_TOKEN to an operator's token")
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "questions.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    rows = rows[: options.limit] if options.limit else rows
    print(f"{len(rows)} customers' questions in {options.seconds:.0f} seconds; ada, cem, eva and gus answer in time, "
          "ben and dee late, finn never;\nlena leads, mira manages. Promises: chat 6 s, phone 5 s, mail and form 12 s.\n")
    play = Play(Api(options.server, token), Terminal(sys.stdout), options.seed)
    left = play.run(rows, options.seconds, options.patience)
    table("channel", play.channels, ["contacts", "told", "untold", "kept", "broken", "steps", "resolved"])
    table("person", play.people, ["offered", "accepted", "let pass", "kept", "broken", "resolved"])
    total = collections.Counter()
    for counter in play.channels.values():
        total.update(counter)
    print("\ntold: customers whose acknowledgement named in time who takes care and until when; untold: too late;\n"
          "steps: of the escalation ladder")
    print(f"\n{total['contacts']} contacts; promises: {total['told'] + total['kept']} kept, "
          f"{total['untold'] + total['broken']} broken; of these acknowledgements: {total['told']} kept, "
          f"{total['untold']} broken; {total['steps']} escalation steps; "
          f"{left} still open, each with somebody accountable.\n"
          "The people of the demo have gone; what comes in now waits for somebody to be present.\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
