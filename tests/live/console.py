"""A console's page as a test has it: a session, and a stream of server-sent events that a thread reads."""
import contextlib
import http.client
import json
import threading

import jsonschema
import yaml

from service import ROOT
from waiting import until


class Described:
    """proto/console.yaml: what it says of documents holds, and they have nothing that it does not name."""

    def __init__(self):
        with open(f"{ROOT}/proto/console.yaml", encoding="utf-8") as file:
            self.root = self.closed(yaml.safe_load(file))
        self.resolver = jsonschema.RefResolver("", self.root)

    def closed(self, node):
        """The same, with every object that names its members closed."""
        if isinstance(node, list):
            return [self.closed(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {key: self.closed(value) for key, value in node.items()}
        if "object" in node.get("type", ()) and "properties" in node:
            node.setdefault("additionalProperties", False)
        return node

    def check(self, name, value):
        """name: of a schema; or of a path, whose GET answers so."""
        schema = {"$ref": f"#/components/schemas/{name}"}
        if name.startswith("/"):
            schema = self.root["paths"][name]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        errors = [f"{list(error.absolute_path)}: {error.message[:300]}" for error in validator.iter_errors(value)]
        assert not errors, (name, errors, json.dumps(value)[:1000])


class Stream:
    """GET /board/stream; keeps a picture as the page does: rows by id, people, teams, counts; and all that came."""

    def __init__(self, port, token=None, cookie=None, last=None, path="/board/stream", read=True, named=None,
                 host="127.0.0.1"):
        self.events, self.rows, self.people, self.teams = [], {}, {}, {}
        self.counts, self.promises, self.number, self.last_id, self.ended = {}, {}, 0, None, False
        self.feed, self.pulse, self.left_out = [], {}, 0
        self.whole = threading.Lock()  # while an event is taken the picture is half the old one
        headers = {"Accept": "text/event-stream"}
        if token:
            headers["Authorization"] = "Bearer " + token
        if cookie:
            headers["Cookie"] = cookie
        headers.update(named or {})  # by a proxy
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self.link = http.client.HTTPConnection(host, port, timeout=30)
        self.link.request("GET", path, headers=headers)
        self.answer = self.link.getresponse()
        self.status = self.answer.status
        self.thread = threading.Thread(target=self.read, daemon=True)
        if read and self.status == 200:
            self.thread.start()

    def read(self):
        name, number, data = "message", None, []
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
            while True:
                line = self.answer.readline()
                if not line:
                    break
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif not line and data:
                    self.take(name, number, json.loads("\n".join(data)))
                    name, number, data = "message", None, []
        self.ended = True

    def take(self, name, number, data):
        with self.whole:
            self.take_whole(name, number, data)

    def take_whole(self, name, number, data):
        if number is not None:
            self.last_id = number
        if name == "board":
            self.rows = {row["id"]: row for row in data["contacts"]}
            self.people = {person["name"]: person for person in data["people"]}
            self.teams = {team["name"]: team for team in data["teams"]}
        elif name == "change":
            for row in data.get("contacts", []):
                self.rows[row["id"]] = row
            for gone in data.get("gone", []):
                self.rows.pop(gone, None)
            self.people.update({person["name"]: person for person in data.get("people", [])})
            self.teams.update({team["name"]: team for team in data.get("teams", [])})
        elif name == "feed":
            self.feed += data["events"]
            self.left_out += data.get("gap", 0)
        elif name == "pulse":
            self.pulse = data
        for key in ("counts", "promises", "number"):
            if name in ("board", "change") and key in data:
                setattr(self, key, data[key])
        self.events.append((name, number, data))

    def named(self, name):
        return [data for kind, _, data in self.events if kind == name]

    def wait(self, what, condition, seconds=20):
        def look():
            with self.whole:
                return condition()

        return until(lambda: f"{what}: {self.counts} {list(self.rows.values())[:3]} {self.pulse}", look, seconds)

    def close(self):
        with contextlib.suppress(OSError, AttributeError):
            self.link.sock.shutdown(2)
        self.link.close()
