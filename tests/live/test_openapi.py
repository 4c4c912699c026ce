#!/usr/bin/python3
"""proto/openapi.yaml against the running system: every operation and every status that it names is provoked, and what comes
back is what it says - status, type, headers, and the body by its schema; what it says of requests holds, too. A status that
no case here reaches is a failure. Ends with "N passed, N failed".
"""
import collections
import contextlib
import http.client
import json
import re
import sys
import threading

import jsonschema
import yaml

import world as w

MAIL_MAX, PRESENCE, AGAIN = 200_000, "1h", 100  # so often at most, where the machine was slow: the same, by its key
# What can't be provoked without breaking more than the store, with the reason.
LEAVING = "in the instant between a policy that names somebody again and the record of who left"
BEYOND = {("PUT", "/v1/people/{id}/presence", "409"): LEAVING, ("DELETE", "/v1/people/{id}/presence", "409"): LEAVING}
ID, LINK = "01K2Z3W4X5Y6Z7A8B9CDEFGHJK", "x" * 40 + "." + "y" * 40


class Document:
    """The description, and what of it was seen."""

    def __init__(self):
        with open(f"{w.ROOT}/proto/openapi.yaml", encoding="utf-8") as file:
            self.root = yaml.safe_load(file)
        self.resolver = jsonschema.RefResolver("", self.root)
        self.seen = collections.Counter()
        self.operations = {(method.upper(), path): operation for path, item in self.root["paths"].items()
                           for method, operation in item.items() if method != "parameters"}

    def whole(self, node):
        while "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def check(self, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver,
                                                    format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        errors = [f"{list(error.absolute_path)}: {error.message[:300]}" for error in validator.iter_errors(value)]
        assert not errors, (errors, json.dumps(value)[:1500])

    def row(self, method, path, status):
        """The status as the description writes it, and its response."""
        responses = self.operations[(method, path)]["responses"]
        for name in (str(status), f"{status // 100}XX"):
            if name in responses:
                return name, self.whole(responses[name])
        raise AssertionError(f"{method} {path} answers {status}, which its description does not name")

    def heard(self, method, path, answer):
        """An answer is one that the description names, and is as it says."""
        name, response = self.row(method, path, answer.status)
        self.seen[(method, path, name)] += 1
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        content = response.get("content", {})
        assert kind in content or not content, (method, path, answer.status, kind, answer)
        for header in response.get("headers", {}):
            known = header in answer.headers or header == "Idempotent-Replay" or (header, answer.status) == ("Retry-After", 503)
            assert known, (method, path, answer.status, f"without {header}", answer.headers)
            if header in answer.headers:
                schema = self.whole(response["headers"][header])["schema"]
                value = answer.headers[header]
                self.check(schema, int(value) if schema["type"] == "integer" else value)
        if kind.endswith("json"):
            self.check(content[kind]["schema"], answer.json())
        return answer

    def said(self, method, path, body):
        """A request that is taken is one that the description allows."""
        content = self.operations[(method, path)].get("requestBody", {}).get("content", {})
        if "application/json" in content:
            self.check(content["application/json"]["schema"], body)

    def unseen(self):
        named = {(method, path, status) for (method, path), operation in self.operations.items()
                 for status in operation["responses"]}
        return sorted(named - set(self.seen) - set(BEYOND))


DOCUMENT = Document()


def ask(world, method, path, filled=None, body=None, token="", status=None, at=1, key=None, kind="application/json",
        headers=None, query=""):
    """One request; `path` as the description writes it, `filled` as it goes out."""
    intake = world[f"intake-{at}"]
    token = world.token if token == "" else token
    link = http.client.HTTPConnection(intake.host, intake.port, timeout=10)
    given = dict(headers or {})
    if token:
        given["Authorization"] = "Bearer " + token
    if body is not None and kind:
        given["Content-Type"] = kind
    if key or method == "POST":
        given["Idempotency-Key"] = key or f"own-{next(world.counter)}"
    payload = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
    for _ in range(AGAIN):
        with contextlib.closing(link):
            link.request(method, (filled or path) + query, payload, given)
            got = link.getresponse()
            answer = w.Answer(got.status, dict(got.headers), got.read())
        DOCUMENT.heard(method, path, answer)
        if answer.status != 503 or status in (None, 503):
            break
        threading.Event().wait(0.05)
    assert status is None or answer.status == status, (method, filled or path, answer)
    if 200 <= answer.status < 300 and isinstance(body, dict):
        DOCUMENT.said(method, path, body)
    return answer


def operations(**fill):
    """Every operation that asks for a token, with a body that may be sent."""
    contact, person, customer = fill.get("contact", ID), fill.get("person", "ada"), fill.get("customer", ID)
    return [("POST", "/v1/contacts", None, {"channel": "mail", "text": "hello", "customer": "joe@example.com"}),
            ("GET", "/v1/contacts", None, None),
            ("GET", "/v1/contacts/{id}", f"/v1/contacts/{contact}", None),
            ("POST", "/v1/contacts/{id}/messages", f"/v1/contacts/{contact}/messages", {"text": "more"}),
            ("POST", "/v1/contacts/{id}/actions", f"/v1/contacts/{contact}/actions",
             {"action": "note", "person": "ada", "text": "a note"}),
            ("GET", "/v1/customers/{id}", f"/v1/customers/{customer}", None),
            ("POST", "/v1/mail", "/v1/mail?channel=mail", mail("a")),
            ("GET", "/v1/people", None, None),
            ("PUT", "/v1/people/{id}/presence", f"/v1/people/{person}/presence", None),
            ("DELETE", "/v1/people/{id}/presence", f"/v1/people/{person}/presence", None),
            ("GET", "/v1/events", None, None)]


def kind_of(path):
    return "message/rfc822" if path == "/v1/mail" else "application/json"


def mail(name, more="", text="Hello"):
    return (f"From: Eve <eve@example.org>\r\nTo: desk@desk.example\r\nSubject: Card\r\nMessage-ID: <{name}@example.org>\r\n"
            f"Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n{more}\r\n{text}\r\n").encode()


POLICY = ("workspace: desk\nlast_resort: dana\nlinks: http://127.0.0.1:1\nchannels:\n"
          "  mail: { address: desk@desk.example, answer: spoken }\n"
          "  call: { answer: spoken, live: true }\n"
          "  letter: { answer: mail }\n"
          "  shop:\n    answer: none\n    in:\n      content: json\n"
          "      verify: { token: '{@header.X-Token}', secret: shop }\n"
          "      challenge: { method: GET, when: '{@query.ask}', token: '{@query.word}', secret: shop, answer: '{@query.ask}', type: text/plain }\n"
          "      each: items\n      ignore: [{ when: '{bot}', why: a bot }]\n"
          "      sender: '{from}'\n      text: '{text}'\n      message_id: '{id}'\n"
          "  late:\n    answer: none\n    in: { content: json, verify: { token: '{@header.X-Token}', secret: nowhere }, sender: '{a}', text: '{b}',\n"
          "      challenge: { method: GET, when: '{@query.ask}', token: '{@query.word}', secret: nowhere, answer: '{@query.ask}' } }\n"
          "people:\n  ada: { ways: [{ webhook: 'http://127.0.0.1:PORT/ada', secret: pager }] }\n"
          "  ben: {}\n  dana: { ways: [{ webhook: 'http://127.0.0.1:PORT/dana', secret: pager }] }\n"
          "teams: { front: { lead: dana, members: [ada, ben] } }\n"
          f"settings: {{ presence: {PRESENCE}, link: LINK }}\npromises: [{{ first_response: 2s }}]\n")


def house_of(stack, *options, link="1h"):
    far = w.open_receiver(stack)
    world = w.open_world(stack, POLICY.replace("PORT", str(far.port)).replace("LINK", link), start=False)
    world.options["intake"] = ["--secrets", world.dir + "/secrets", "--mail-max", str(MAIL_MAX), *options]
    with open(world.dir + "/secrets/shop", "w", encoding="utf-8") as file:
        file.write("word-of-the-shop")
    world.start()
    world.channel = world.issue("channel")
    return world, far


# ---- the cases --------------------------------------------------------------------------------------


def what_goes_well(stack):
    world, _ = house_of(stack)
    body = {"channel": "mail", "subject": "Lost card", "text": "I lost it.", "customer": "joe@example.com",
            "customer_name": "Joe", "thread": "<1@example.com>", "message_id": "m-1"}
    first = ask(world, "POST", "/v1/contacts", body=body, status=202, key="k-1")
    again = ask(world, "POST", "/v1/contacts", body=body, status=202, key="k-1")
    assert again.headers["Idempotent-Replay"] == "true" and again.body == first.body
    told = ask(world, "POST", "/v1/contacts", body={"channel": "letter", "text": "Hello", "customer": "Joe"}, status=202)
    assert [warning["code"] for warning in told["warnings"]] == ["no-way-back"] and "warnings" not in first.json(), told
    assert ask(world, "POST", "/v1/contacts", body={**body, "text": "I lost it!"}, status=202)["disposition"] == "duplicate"
    assert ask(world, "POST", "/v1/contacts", body={**body, "message_id": "m-2"}, status=202)["disposition"] == "appended"
    ask(world, "PUT", "/v1/people/{id}/presence", "/v1/people/ada/presence", status=200)
    contact = first["contact"]
    w.until("it is offered", lambda: world.view(contact)["state"] == "offered", 20)
    path = f"/v1/contacts/{contact}"
    for action, more in (("accept", {}), ("note", {"text": "n"}), ("acknowledge", {}), ("reply", {"text": "r"}),
                         ("wait", {"text": "which?"}), ("resolve", {"text": "done"}), ("reopen", {"text": "again"})):
        ask(world, "POST", "/v1/contacts/{id}/actions", path + "/actions", {"action": action, "person": "ada", **more}, status=200)
    ask(world, "POST", "/v1/contacts/{id}/messages", path + "/messages", {"text": "more"}, status=202, token=world.channel)
    view = ask(world, "GET", "/v1/contacts/{id}", path, status=200).json()
    ask(world, "GET", "/v1/contacts/{id}", path, status=200, query="?from=3")
    for query in ("", "?limit=1", "?state=owned", "?team=front&owner=ada", "?at_risk=true", f"?ends={contact[-6:].lower()}"):
        ask(world, "GET", "/v1/contacts", status=200, query=query)
    ask(world, "GET", "/v1/customers/{id}", f"/v1/customers/{view['customer_id']}", status=200)
    ask(world, "GET", "/v1/people", status=200)
    page = ask(world, "GET", "/v1/events", status=200, query="?limit=250").json()
    assert [event["number"] for event in page["events"]] == list(range(1, len(page["events"]) + 1)), page
    ask(world, "GET", "/v1/events", status=200, headers={"Accept": "application/x-protobuf"})
    ask(world, "DELETE", "/v1/people/{id}/presence", "/v1/people/ada/presence", status=200)
    ask(world, "POST", "/v1/mail", body=mail("1"), kind="message/rfc822", status=202, query="?channel=mail")
    ask(world, "POST", "/v1/mail", body=mail("2", "Auto-Submitted: auto-replied\r\n"), kind="message/rfc822", status=200,
        query="?to=desk%40desk.example")
    for path in ("/healthz", "/readyz"):
        ask(world, "GET", path, status=200, token=None)
    for method, path in (("POST", "/healthz"), ("POST", "/readyz")):
        answer = world.ask(method, path)
        assert answer.status == 405 and answer.headers["Allow"] == "GET", answer
        DOCUMENT.heard("GET", path, answer)
    world.audit()


def webhooks(stack):
    world, _ = house_of(stack)
    path, shop = "/v1/channels/{id}/webhook", "/v1/channels/shop/webhook"
    token = {"X-Token": "word-of-the-shop"}
    body = {"items": [{"from": "a", "text": "one", "id": "1"}, {"from": "b", "text": "two", "id": "2"}, {"bot": 1}]}
    counts = {"taken": 2, "duplicates": 0, "ignored": 1, "receipts": 0}
    assert ask(world, "POST", path, shop, body, None, 200, headers=token).json() == counts
    body["items"][0]["id"] = "3"
    counts = {"taken": 1, "duplicates": 1, "ignored": 1, "receipts": 0}
    assert ask(world, "POST", path, shop, body, None, 200, headers=token).json() == counts
    ask(world, "POST", path, shop, body, None, 401, headers={"X-Token": "guess"})
    ask(world, "POST", path, shop, "{", None, 400, headers=token)
    ask(world, "POST", path, shop, {"items": [{"text": "of nobody"}]}, None, 422, headers=token)
    ask(world, "POST", path, shop, "a", None, 415, kind="text/plain", headers=token)
    ask(world, "POST", path, shop, " " * (1 << 21), None, 413, headers=token)
    ask(world, "POST", path, "/v1/channels/none/webhook", body, None, 404, headers=token)
    ask(world, "POST", path, "/v1/channels/late/webhook", {"a": "b", "b": "c"}, None, 503)
    ask(world, "GET", path, shop, token=None, status=200, query="?ask=42&word=word-of-the-shop")
    ask(world, "GET", path, shop, token=None, status=401, query="?ask=42&word=guess")
    ask(world, "GET", path, shop, token=None, status=404)
    ask(world, "GET", path, "/v1/channels/late/webhook", token=None, status=503, query="?ask=42&word=guess")
    assert len(world.contacts()) == 3


def who_may_not(stack):
    world, _ = house_of(stack)
    person = world.issue("person", "--person", "ada")
    for method, path, filled, body in operations():
        ask(world, method, path, filled, body, None, 401, kind=kind_of(path))
        channel_only = path in ("/v1/contacts", "/v1/mail", "/v1/contacts/{id}/messages") and method == "POST"
        ask(world, method, path, filled, body, person if channel_only else world.channel, 403, kind=kind_of(path))


def another_workspace_is_meant(stack):
    world, _ = house_of(stack)
    for method, path, filled, body in operations():
        for meant, status in (("another", 403), ("a" * 300, 403), ("", None), ("desk", None)):
            answer = ask(world, method, path, filled, body, status=status, kind=kind_of(path),
                         headers={"Buckstop-Workspace": meant})
            assert (answer.status == 403) == bool(status) and ("other-workspace" in answer.body.decode()) == bool(status), answer


def what_is_not_there(stack):
    world, _ = house_of(stack)
    for method, path, filled, body in operations(person="nobody"):
        if "{id}" in path:
            ask(world, method, path, filled, body, status=404)


def what_is_wrong(stack):
    world, _ = house_of(stack)
    contact = world.submit()
    path = f"/v1/contacts/{contact}"
    for method, name, filled, body in operations(contact=contact):
        if method != "POST":
            continue
        ask(world, method, name, filled, "x" * (1 << 21), status=413, kind=kind_of(name))
        ask(world, method, name, filled, "x", status=415, kind="text/html")
        if name != "/v1/mail":
            ask(world, method, name, filled, "{", status=400)
            ask(world, method, name, filled, {**body, "nosuch": 1}, status=422)
        key = name.replace("/", "")
        other = mail("b") if name == "/v1/mail" else {**body, "text": "other"}
        first = ask(world, method, name, filled, body, key=key, kind=kind_of(name))
        assert first.status in (200, 202), first
        ask(world, method, name, filled, other, key=key, status=409, kind=kind_of(name))
    ask(world, "POST", "/v1/mail", body=mail("c"), kind="message/rfc822", status=400)
    ask(world, "POST", "/v1/mail", body=mail("d"), kind="message/rfc822", status=422, query="?channel=nosuch")
    for method, name in (("GET", "/v1/contacts"), ("GET", "/v1/events")):
        ask(world, method, name, status=400, query="?limit=none")
    ask(world, "GET", "/v1/contacts/{id}", path, status=400, query="?from=none")


def pages(stack):
    """What a person's browser sees."""
    world, far = house_of(stack)
    world.present("ada")
    contact = world.submit()

    def link_of(path, word):
        for call in list(far.calls):
            found = re.search(r"/l/[A-Za-z0-9_.-]+", json.dumps(json.loads(call.body)))
            if call.path == path and found and word in call.body.decode():
                return found[0]
        return None

    link = w.until("ada is asked", lambda: link_of("/ada", "Take it"), 20)
    page = ask(world, "GET", "/l/{token}", link, token=None, status=200)
    assert page.headers["Content-Type"].startswith("text/html"), page
    ask(world, "POST", "/l/{token}", link, token=None, status=200)
    ask(world, "GET", "/l/{token}", "/l/" + LINK, token=None, status=404)
    ask(world, "POST", "/l/{token}", "/l/" + LINK, token=None, status=404)
    second = world.submit(customer="another@example.org")
    link = w.until("ada is asked again", lambda: next((
        found for found in [link_of_contact(far, second)] if found), None), 20)
    assert world.act(second, "accept", "ada").status == 200
    assert world.act(second, "resolve", "ada", text="over").status == 200
    ask(world, "POST", "/l/{token}", link, token=None, status=409)
    with world.redis_stopped():
        for method in ("GET", "POST"):
            ask(world, method, "/l/{token}", link, token=None, status=503)
    w.until("it is back", lambda: ask(world, "GET", "/readyz", token=None).status == 200, 20)
    assert world.view(contact)["owner"] == "ada"


def link_of_contact(far, contact):
    for call in list(far.calls):
        found = re.search(r"/l/[A-Za-z0-9_.-]+", call.body.decode())
        if found and contact in call.body.decode():
            return found[0]
    return None


def pages_that_came_late(stack):
    world, far = house_of(stack, link="1s")
    world.present("ada")
    contact = world.submit()
    link = w.until("ada is asked", lambda: link_of_contact(far, contact), 20)
    w.until("it has expired", lambda: ask(world, "GET", "/l/{token}", link, token=None).status == 410, 10)
    ask(world, "POST", "/l/{token}", link, token=None, status=410)


def too_many(stack):
    world, _ = house_of(stack, "--token-rate", "1", "--token-burst", "1")
    named = {(method, path) for (method, path), operation in DOCUMENT.operations.items() if "429" in operation["responses"]}
    for method, path, filled, body in operations():
        if (method, path) not in named:
            continue
        token = world.issue("operator")
        # several at once: no second passes between them
        answers = w.at_once(*[lambda: ask(world, method, path, filled, body, token, kind=kind_of(path))] * 4)
        assert 429 in [answer.status for answer in answers], (method, path, answers)


def the_store_is_away(stack):
    """503 within a second, from each operation that asks it."""
    world, _ = house_of(stack)
    contact = world.submit()
    world.present("ada")
    with world.redis_stopped():
        for method, path, filled, body in operations(contact=contact):
            ask(world, method, path, filled, body, status=503, kind=kind_of(path))
        w.until("it is not ready", lambda: ask(world, "GET", "/readyz", token=None).status == 503, 10)
    w.until("it is ready", lambda: ask(world, "GET", "/readyz", token=None).status == 200, 20)


def all_that_is_named_was_seen(_stack):
    """By the cases before; so it is asked for by name only with them."""
    assert not DOCUMENT.unseen(), "in proto/openapi.yaml, and never seen: " + ", ".join(map(" ".join, DOCUMENT.unseen()))


if __name__ == "__main__":
    sys.exit(w.main([what_goes_well, webhooks, who_may_not, another_workspace_is_meant, what_is_not_there, what_is_wrong, pages,
                     pages_that_came_late, too_many, the_store_is_away, all_that_is_named_was_seen]))
