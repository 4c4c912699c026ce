#!/usr/bin/python3
"""Two real intakes on a real Redis, and nothing else: every bad input, races between the two, clients that go away,
megabytes, kill points. What counts in the end is what is in the store. Ends with "N passed, N failed".
"""
import contextlib
import functools
import http.client
import importlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time

import zmq

import world as w

POLICY = """workspace: desk
last_resort: dana
channels:
  chat: { weight: 1, live: true }
  mail: { weight: 1, answer: mail }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }
  ben: { name: Ben K., capacity: 1000, ways: [{ log: ben }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada, ben] }
"""
KILL_POINTS = ["intake.heard", "intake.before-load", "intake.decided", "intake.before-commit", "intake.after-commit",
               "intake.after-send", "intake.committed", "intake.answered"]
NOBODY = "0" * 26
ROUNDS, PATIENCE = 40, 200


class House(w.World):
    """Two intakes and the tokens of all who come to them."""

    def __init__(self):
        super().__init__(POLICY, replicas={"intake": 2, "routing": 0, "escalation": 0, "notification": 0},
                         options={"intake": ["--policy", "policy.yaml"]})

    def start(self):
        super().start()
        self.tokens = {"operator": self.token, "channel": self.issue("channel")}
        self.environment["BUCKSTOP_TOKEN"] = self.token
        for person in ("ada", "ben"):
            self.tokens[person] = self.issue("person", "--person", person)

    def open_contacts(self):
        keys = self.redis.keys("b:{*}:open:desk")
        return self.redis.zrange(keys[0], 0, -1) if keys else []


def request(house, method, path, body=None, token="channel", at=1, key=None, kind="application/json", busy=None):
    """As a customer: again, by its key, while it is busy, which it also says where the machine was slow. busy: those answers."""
    key, busy = key or f"own-{next(house.counter)}", busy if busy is not None else []
    while True:
        answer = house.ask(method, path, body, key, at, 10.0, house.tokens.get(token, token), kind)
        if answer.status != 503 or len(busy) > PATIENCE:
            return answer
        busy.append(answer)
        threading.Event().wait(0.02)


def said(text="hello", **more):
    return dict({"channel": "mail", "text": text, "customer": "joe@example.com"}, **more)


def expect(answer, status, code=None, words=""):
    assert answer.status == status, (status, answer)
    if code:
        assert answer.headers["Content-Type"] == "application/problem+json", answer.headers["Content-Type"]
        problem = answer.json()
        assert problem["code"] == code and words in problem["detail"], problem
        assert problem["title"] and problem["hint"] and problem["status"] == status
        assert problem["type"] == "urn:buckstop:problem:" + code
    return answer


def opened(house, **more):
    return expect(request(house, "POST", "/v1/contacts", said(**more)), 202)["contact"]


# ---- the cases --------------------------------------------------------------------------------------


def bad_inputs(house):
    contact = opened(house)
    deep = "[" * 100000 + "]" * 100000
    rows = [
        ("POST", "/v1/contacts", "{", "channel", 400, "malformed", "line 1"),
        ("POST", "/v1/contacts", '{\n"channel":"mail",\n"text":oops}', "channel", 400, "malformed", "line 3"),
        ("POST", "/v1/contacts", b'{"channel":"mail","text":"\xff\xfe"}', "channel", 400, "malformed", ""),
        ("POST", "/v1/contacts", deep, "channel", 422, "invalid", "flat"),
        ("POST", "/v1/contacts", '{"text":"a","text":"b"}', "channel", 400, "malformed", "duplicate"),
        ("POST", "/v1/contacts", '{"channel":"mail","text":"a","colour":"red"}', "channel", 422, "invalid", "colour"),
        ("POST", "/v1/contacts", said(channel="pigeon"), "channel", 422, "unknown-channel", "chat, mail"),
        ("POST", "/v1/contacts", said(text=""), "channel", 422, "invalid", "text"),
        ("POST", "/v1/contacts", said(customer="x" * 300), "channel", 422, "invalid", "customer"),
        ("POST", "/v1/contacts", said(), None, 401, "no-token", ""),
        ("POST", "/v1/contacts", said(), "bs_0123456789_" + "A" * 43, 401, "bad-token", ""),
        ("POST", "/v1/contacts", said(), "ada", 403, "wrong-scope", "channel"),
        ("DELETE", "/v1/contacts", None, "channel", 405, "wrong-method", ""),
        ("GET", "/v1/contacts/" + NOBODY, None, "operator", 404, "no-such-contact", ""),
        ("GET", "/nowhere", None, "operator", 404, "no-such-path", ""),
        ("POST", f"/v1/contacts/{NOBODY}/messages", {"text": "x"}, "channel", 404, "no-such-contact", ""),
        ("POST", f"/v1/contacts/{contact}/actions", {"action": "reply", "text": "x"}, "ada", 409, "not-in-this-state",
         "received"),
        ("POST", f"/v1/contacts/{contact}/actions", {"action": "accept", "person": "zoe"}, "operator", 422,
         "unknown-person", "zoe"),
        ("PUT", "/v1/people/zoe/presence", None, "operator", 404, "no-such-person", "zoe"),
    ]
    for method, path, body, token, status, code, words in rows:
        expect(request(house, method, path, body, token), status, code, words)
    expect(request(house, "POST", "/v1/contacts", "hello", kind="text/plain"), 415, "wrong-content-type")
    refused = expect(request(house, "DELETE", "/v1/contacts"), 405)
    assert refused.headers["Allow"] == "POST, GET", refused.headers["Allow"]
    assert expect(request(house, "GET", "/v1/people", token=None), 401).headers["WWW-Authenticate"].startswith("Bearer")


def too_large(house):
    answer = request(house, "POST", "/v1/contacts", said(text="x" * (2 * 1024 * 1024)))
    expect(answer, 413, "too-large", "1048576")
    opened(house, text="x" * (1000 * 1000))  # nearly the limit is fine


def half_a_request(house):
    """A client that stops in the middle holds nobody up."""
    link = socket.create_connection(("127.0.0.1", house["intake-1"].port))
    link.sendall(b"POST /v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    opened(house)
    link.close()
    opened(house)


def same_twice_at_once(house):
    for i in range(ROUNDS):
        before, busy = len(house.open_contacts()), []
        answers = w.at_once(*[lambda at=at: request(house, "POST", "/v1/contacts", said(f"twice {i}"), at=at,
                                                  key=f"twice-{i}", busy=busy) for at in (1, 2, 1, 2)])
        assert len({answer.body for answer in answers}) == 1, [answer.body for answer in answers]
        assert all(answer.status == 202 for answer in answers)
        first = sum(answer.headers.get("Idempotent-Replay") != "true" for answer in answers)
        assert first == 1 or (first == 0 and busy), answers  # or it was done, and told too late
        assert len(house.open_contacts()) == before + 1
    expect(request(house, "POST", "/v1/contacts", said("another"), key="twice-0"), 409, "key-reused")


def one_thread_at_once(house):
    for i in range(ROUNDS):
        answers = w.at_once(*[lambda at=at, n=n: request(house, "POST", "/v1/contacts",
                                                       said(f"message {n}", thread=f"thread-{i}"), at=at)
                            for n, at in enumerate((1, 2, 1, 2))])
        assert len({answer["contact"] for answer in answers}) == 1, [answer.body for answer in answers]
        assert sorted(answer["disposition"] for answer in answers) == ["appended"] * 3 + ["opened"]
        view = request(house, "GET", "/v1/contacts/" + answers[0]["contact"], token="operator")
        assert view["messages"] == 4, view.body


def accepted_at_once(house):
    for _ in range(ROUNDS):
        path = f"/v1/contacts/{opened(house)}/actions"
        answers = w.at_once(*[lambda who=who, at=at: (who, request(house, "POST", path, {"action": "accept"}, who, at))
                            for who, at in (("ada", 1), ("ben", 2))])
        won = [who for who, answer in answers if answer.status == 200]
        lost = [answer for who, answer in answers if answer.status == 409]
        assert len(won) == 1 and len(lost) == 1, [answer.body for _, answer in answers]
        assert lost[0]["owner"] == won[0] and lost[0]["state"] == "owned" and lost[0]["allowed"], lost[0].body


def life_of_a_contact(house):
    contact = opened(house, message_id="<a@b>")
    assert request(house, "POST", "/v1/contacts", said(message_id="<a@b>"))["disposition"] == "duplicate"
    path = f"/v1/contacts/{contact}"
    more = expect(request(house, "POST", path + "/messages", {"text": "and more"}), 202)
    assert more["disposition"] == "appended"
    for body in ({"action": "accept"}, {"action": "note", "text": "looks like fraud"},
                 {"action": "reply", "text": "we look"}, {"action": "wait", "text": "which card?"},
                 {"action": "resolve", "text": "card replaced"}):
        answer = expect(request(house, "POST", path + "/actions", body, "ada"), 200)
        assert answer["disposition"] == "done"
    view = expect(request(house, "GET", path, token="operator"), 200)
    facts = [fact["fact"] for event in view["timeline"] for fact in event["facts"]]
    for fact in ("opened", "message", "accepted", "noted", "replied", "waiting", "resolved"):
        assert fact in facts, (fact, facts)
    page = expect(request(house, "GET", "/v1/contacts?state=resolved&owner=ada", token="operator"), 200)
    events = expect(request(house, "GET", "/v1/events?limit=1000", token="operator"), 200)
    numbers = [event["number"] for event in events["events"]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "the numbers are dense"
    assert isinstance(page["contacts"], list)
    people = expect(request(house, "GET", "/v1/people", token="ada"), 200)["people"]
    assert [person["person"] for person in people] == ["ada", "ben", "dana"]


def over_zeromq(house):
    pb = importlib.import_module("buckstop.v1.envelope_pb2")
    context = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.linger = 0
    dealer.connect(f"ipc://{house.dir}/submit-1")

    def say(envelope):
        dealer.send(envelope if isinstance(envelope, bytes) else envelope.SerializeToString())
        assert dealer.poll(20000), "no answer"
        return pb.Envelope.FromString(dealer.recv_multipart()[-1])

    ask = pb.Envelope(trace="t")
    ask.submit.token, ask.submit.channel, ask.submit.text = house.tokens["channel"], "chat", "hello"
    ask.submit.idempotency_key = "zmq"
    receipt = say(ask)
    assert receipt.receipt.contact and receipt.trace == "t", receipt
    assert say(ask).receipt.contact == receipt.receipt.contact
    same = request(house, "POST", "/v1/contacts", {"channel": "chat", "text": "hello"}, key="zmq")
    assert same["contact"] == receipt.receipt.contact
    ask.submit.channel = "pigeon"
    assert say(ask).refusal.status == 422
    ask.submit.token = "bs_wrong"
    assert say(ask).refusal.status == 401
    assert say(b"\xff\xff\xff\xff").refusal.status == 400
    act = pb.Envelope()
    act.action.token, act.action.contact, act.action.kind = house.tokens["ada"], receipt.receipt.contact, 1
    assert say(act).receipt.accountable == "ada"
    events = pb.Envelope()
    events.events_ask.token = house.tokens["operator"]
    assert say(events).events_page.events[0].number == 1
    context.destroy()


def megabytes(house):
    """A text of nearly a megabyte goes all the way: whole on the timeline, cut in the events, shown by the command."""
    text = "".join(f"{n}: gr\u00fc\u00df \U0001f600 \"\\\t\n" for n in range(36000))
    body = json.dumps(said(text), ensure_ascii=False).encode()
    assert 900 * 1024 < len(body) < 1024 * 1024, len(body)
    contact = expect(request(house, "POST", "/v1/contacts", body, key="large"), 202)["contact"]
    assert request(house, "POST", "/v1/contacts", body, at=2, key="large").headers["Idempotent-Replay"] == "true"
    view = expect(request(house, "GET", "/v1/contacts/" + contact, token="operator"), 200).json()
    assert view["timeline"][0]["facts"][0]["text"] == text
    newest = expect(request(house, "GET", "/v1/events?limit=1", token="operator"), 200)["newest"]
    page = expect(request(house, "GET", f"/v1/events?limit=1000&after={max(0, newest - 200)}", token="operator"), 200)
    cut = [fact["text"] for event in page["events"] if event.get("contact") == contact
           for fact in event["facts"] if "text" in fact]
    assert len(cut) == 1 and text.startswith(cut[0]) and 0 < len(cut[0].encode()) < 1024, cut
    for _ in range(3):
        expect(request(house, "POST", f"/v1/contacts/{contact}/messages", {"text": "x" * 1000000}), 202)
    path, entries = "/v1/contacts/" + contact, []
    while path:
        page = expect(request(house, "GET", path, token="operator"), 200)
        assert len(page.body) < 2 * 1024 * 1024, "a page is bounded"
        entries += page["timeline"]
        path = page["next"]
    assert len(entries) == 4
    server = f"http://127.0.0.1:{house['intake-1'].port}"
    shown = json.loads(house.cli("show", contact, "--json", "--server", server))
    lengths = [len(fact["text"]) for fact in w.facts_of(shown) if fact["fact"] in ("opened", "message")]
    assert lengths == [len(text)] + [1000000] * 3, lengths


def gone_while_waiting(house):
    """Clients that hang up while their request waits for the store: nothing is left of them, and what they sent with a
    key is done once when they come again."""
    before, intake = len(house.open_contacts()), house["intake-1"]

    def under_way():
        return intake.metric("buckstop_intake_requests_open")

    def all_gone():
        """They wait for half a second: all went meanwhile, if the machine was quick enough."""
        w.until("it is ready", intake.ready)
        with house.redis_stopped(), contextlib.ExitStack() as links:
            for n in range(40):
                body = json.dumps(said(f"gone {n}"))
                link = links.enter_context(socket.create_connection(("127.0.0.1", intake.port)))
                link.sendall((f"POST /v1/contacts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.token}\r\n"
                              f"Content-Type: application/json\r\nIdempotency-Key: gone-{n}\r\n"
                              f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
            end, waited = time.monotonic() + 0.6, False
            while not waited and time.monotonic() < end:
                waited = under_way() == 40
        w.until("none waits", lambda: under_way() == 0)
        return waited

    w.until("they wait, and go", all_gone, 60)
    again = [expect(house.insist("POST", "/v1/contacts", said(f"gone {n}"), f"gone-{n}"), 202)["contact"]
             for n in range(40)]
    once = [expect(house.insist("POST", "/v1/contacts", said(f"gone {n}"), f"gone-{n}", at=2), 202)["contact"]
            for n in range(40)]
    assert again == once and len(set(once)) == 40 and len(house.open_contacts()) == before + 40


def many_who_say_nothing(house):
    """Connections that are open and silent, or in the middle of a head or body, hold nobody up."""
    pieces = [b"", b"POST /v1/con", b"POST /v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + b"x" * 9000]
    links = []
    for n in range(600):
        link = socket.create_connection(("127.0.0.1", house["intake-1"].port))
        link.sendall(pieces[n % len(pieces)])
        links.append(link)
    for _ in range(ROUNDS):
        opened(house)
    for link in links:
        link.close()


def killed_anywhere(house):
    for point in KILL_POINTS:
        for kind in ("open", "message", "action"):
            killed_at(house, point, kind)


def killed_at(house, point, kind):
    """The intake dies at that point; the client sends the same again, to another one; it is done once."""
    contact = opened(house) if kind != "open" else None
    victim = house.services.setdefault("intake-3", w.Service(house, "intake", 3))
    victim.start(BUCKSTOP_KILL_AT=point)
    path = {"open": "/v1/contacts", "message": f"/v1/contacts/{contact}/messages",
            "action": f"/v1/contacts/{contact}/actions"}[kind]
    body = {"open": said("killed"), "message": {"text": "killed"}, "action": {"action": "accept"}}[kind]
    token, key = "ada" if kind == "action" else "channel", f"{point}-{kind}"
    before = len(house.open_contacts())
    with contextlib.suppress(OSError, http.client.HTTPException):
        request(house, "POST", path, body, token, at=3, key=key)
    if point == "intake.before-load" and kind != "message":
        victim.end()  # what opens loads nothing, what acts loads it otherwise
    else:
        victim.wait_killed()
    answer = request(house, "POST", path, body, token, key=key)
    assert answer.status in (200, 202), (point, kind, answer.body)
    again = request(house, "POST", path, body, token, at=2, key=key)
    assert again.body == answer.body, (point, kind, answer.body, again.body)
    assert len(house.open_contacts()) == before + (kind == "open"), (point, kind)
    view = request(house, "GET", "/v1/contacts/" + answer["contact"], token="operator")
    facts = [fact["fact"] for event in view["timeline"] for fact in event["facts"]]
    wanted = {"open": "opened", "message": "message", "action": "accepted"}[kind]
    assert facts.count(wanted) == 1, (point, kind, facts)


def hangup(house):
    """SIGHUP applies the file: a good one at both intakes, a bad one nowhere."""
    def write(policy):
        with open(house.dir + "/policy.yaml", "w", encoding="utf-8") as file:
            file.write(policy)
        house["intake-2"].process.send_signal(signal.SIGHUP)

    write(POLICY.replace("  mail:", "  pigeon: { weight: 1 }\n  mail:"))
    for at in (1, 2):
        w.until("the new policy rules", lambda at=at: request(house, "POST", "/v1/contacts", said(channel="pigeon"),
                                                              at=at).status == 202)
    write(POLICY.replace("last_resort: dana", "last_resort: nobody"))
    w.until("it says why", lambda: house["intake-2"].facts("policy is wrong"))
    expect(request(house, "POST", "/v1/contacts", said(channel="pigeon")), 202)


def drains(house):
    """SIGTERM: what is under way is answered, and it ends with 0."""
    customers = w.Customers(house, lambda who, key: expect(house.ask("POST", "/v1/contacts", said(key), key, who + 1),
                                                           202)["contact"], 2, "drain")
    customers.more(20)
    accepted = set(customers.end().values())
    assert accepted <= {contact.decode() for contact in house.open_contacts()}, "answered 202, and not in the store"
    assert house["intake-2"].end() == 0
    assert house["intake-1"].end() == 0


CASES = [bad_inputs, too_large, half_a_request, same_twice_at_once, one_thread_at_once, accepted_at_once,
         life_of_a_contact, over_zeromq, megabytes, gone_while_waiting, many_who_say_nothing, killed_anywhere, hangup,
         drains]


def in_house(case, house):
    """All cases share one house: what one leaves behind must not hurt the next."""
    @functools.wraps(case)
    def run(_stack):
        w.World.opened.append(house)
        case(house)
    return run


def main():
    with contextlib.ExitStack() as stack:
        house = House()
        stack.callback(house.close)
        house.start()
        subprocess.run(["protoc", f"--proto_path={w.ROOT}/proto", f"--python_out={house.dir}"]
                       + [f"buckstop/v1/{name}.proto" for name in ("record", "event", "action", "envelope")],
                       cwd=f"{w.ROOT}/proto", check=True)
        sys.path.insert(0, house.dir)
        return w.main([in_house(case, house) for case in CASES])


if __name__ == "__main__":
    sys.exit(main())
