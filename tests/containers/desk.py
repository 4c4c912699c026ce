"""A desk whose services live in containers: what tests/live's World does with processes of its own, by addresses and by
commands within. Customers, lives and checks of tests/live run on it unchanged."""
import itertools
import json
import os
import sys

import engine

sys.path.insert(0, os.path.join(engine.ROOT, "tests", "live"))
# pylint: disable=wrong-import-position,import-error
import test_kill_points as kill_points  # noqa: E402
import world as w  # noqa: E402

SHARDS = 16
POST = "  post: { weight: 1, accept: auto, answer: mail, address: support@desk.example }\n"
SENDER = 'mail_from: "The desk <desk@desk.example>"\n'
POLICY = kill_points.POLICY.replace("people:\n", POST + "people:\n").replace("settings:", SENDER + "settings:")


class Desk(w.World):
    """doors: (host, port) of each intake's HTTP. within: words -> what that command prints in a container that has the
    program and the settings; store: () -> a redis client."""

    def __init__(self, doors, within, store):  # pylint: disable=super-init-not-called
        self.doors, self.within, self.store = doors, within, store
        self.clients, self.closing, self.counter = [], False, itertools.count()
        self.token = None

    def ask(self, method, path, body=None, key=None, at=1, timeout=10.0, token="", kind="application/json"):
        host, port = self.doors[(at - 1) % len(self.doors)]
        return w.ask(port, method, path, body, self.token if token == "" else token, key, timeout, kind, host)

    def of(self, kind):
        assert kind == "intake"
        return self.doors

    def issue(self, scope, *more):
        return self.within("buckstop", "token", "issue", "--scope", scope, "--workspace", "desk", *more).strip()

    def settled(self):
        store = self.store()
        return sum(store.zcard(f"b:{{{shard}}}:due:d") for shard in range(SHARDS)) == 0

    def audit(self):
        report = json.loads(self.within("buckstop", "audit", "--json"))
        assert not report["findings"] and not report["unsettled"], report
        return report

    def close(self):
        self.closing = True
        for client in self.clients:
            client.stop()


def start_lives(desk, receiver):
    desk.present("ada", "ben", "pat", "dana")
    return w.Customers(desk, kill_points.Lives(desk, receiver.url("/customer")).one, 8)
