#!/usr/bin/python3
"""Two real intakes on a real Redis: every bad input, races between the two, a store that stops or dies, kill points.

BUCKSTOP_BUILD names the build folder. What counts in the end is what is in the store: no contact twice, none lost that
was answered 202. Ends with "N passed, N failed".
"""
import concurrent.futures
import contextlib
import http.client
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import redis
import zmq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUCKSTOP_BUILD", os.path.join(ROOT, "build"))
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
ROUNDS = 40


def until(what, condition, seconds=10.0):
    """Waits for a condition, in short steps; fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        threading.Event().wait(0.01)


class House:
    """A directory with a Redis and intakes; sockets in it, ports that the system picks."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="buckstop-intake-")
        self.socket = os.path.join(self.dir, "redis.sock")
        self.processes, self.ports, self.health, self.facts, self.starts = {}, {}, {}, {}, 0
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("BUCKSTOP_")}
        self.env["BUCKSTOP_REDIS"] = "unix:" + self.socket
        for link in ["route", "due", "outbox", "stream"]:
            self.env["BUCKSTOP_" + link.upper()] = f"ipc://{self.dir}/{link}"
        self.policy = os.path.join(self.dir, "policy.yaml")
        self.write_policy(POLICY)
        self.start_redis()
        self.redis = redis.Redis(unix_socket_path=self.socket)
        self.cli("policy", "apply", self.policy)
        self.tokens = {scope: self.cli("token", "issue", "--scope", scope).strip() for scope in ("channel", "operator")}
        for person in ("ada", "ben"):
            self.tokens[person] = self.cli("token", "issue", "--scope", "person", "--person", person).strip()
        for name in ("one", "two"):
            self.start(name)

    def write_policy(self, text):
        with open(self.policy, "w", encoding="utf-8") as file:
            file.write(text)

    def cli(self, *args):
        return subprocess.run([f"{BUILD}/buckstop", *args], env=self.env, check=True, capture_output=True, text=True,
                              timeout=30).stdout

    def start_redis(self):
        self.processes["redis"] = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir, "--appendonly", "yes",
             "--appendfsync", "always", "--save", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("redis", self.redis_answers)

    def redis_answers(self):
        with contextlib.suppress(redis.RedisError):
            return redis.Redis(unix_socket_path=self.socket).ping()
        return False

    def start(self, name, **env):
        self.starts += 1
        log = os.path.join(self.dir, f"{name}-{self.starts}.log")
        with open(log, "wb") as file:
            self.processes[name] = subprocess.Popen(
                [f"{BUILD}/buckstop-intake", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--log-format",
                 "json", "--submit", f"ipc://{self.dir}/submit-{name}", "--policy", self.policy],
                stdout=file, stderr=file, env=dict(self.env, **env))

        def facts():
            with open(log, encoding="utf-8") as lines:
                return [json.loads(line) for line in lines if line.endswith("}\n")]

        def listening():
            assert self.processes[name].poll() is None, open(log, encoding="utf-8").read()
            ports = {("health" if fact.get("for") == "health" else "http"): int(fact["port"])
                     for fact in facts() if fact.get("fact") == "listening"}
            return ports if len(ports) == 2 else None

        ports = until(f"{name} listens", listening)
        self.ports[name], self.health[name] = ports["http"], ports["health"]
        self.facts[name] = facts

    def stop(self, name, number=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(timeout=15)

    def close(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        shutil.rmtree(self.dir)

    def open_contacts(self):
        return self.redis.zrange(self.redis.keys("b:{*}:open:desk")[0], 0, -1) if self.redis.keys("b:{*}:open:desk") else []


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.bytes = answer.status, answer.headers, answer.read()

    def __getitem__(self, key):
        return json.loads(self.bytes)[key]


def request(house, method, path, body=None, token="channel", at="one", key=None, kind="application/json", port=None):
    link = http.client.HTTPConnection("127.0.0.1", port or house.ports[at], timeout=10)
    headers = {}
    if token:
        headers["Authorization"] = "Bearer " + house.tokens.get(token, token)
    if body is not None and kind:
        headers["Content-Type"] = kind
    if key:
        headers["Idempotency-Key"] = key
    if isinstance(body, dict):
        body = json.dumps(body)
    try:
        link.request(method, path, body, headers)
        return Answer(link.getresponse())
    finally:
        link.close()


def said(text="hello", **more):
    return dict({"channel": "mail", "text": text, "customer": "joe@example.com"}, **more)


def expect(answer, status, code=None, words=""):
    assert answer.status == status, (status, answer.status, answer.bytes[:400])
    if code:
        assert answer.headers["Content-Type"] == "application/problem+json", answer.headers["Content-Type"]
        problem = json.loads(answer.bytes)
        assert problem["code"] == code and words in problem["detail"], problem
        assert problem["title"] and problem["type"] and problem["status"] == status
    return answer


def opened(house, **more):
    return expect(request(house, "POST", "/v1/contacts", said(**more)), 202)["contact"]


def at_once(*calls):
    """Each in a thread of its own, let go together."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# ---- the cases --------------------------------------------------------------------------------------


def bad_inputs(house):
    contact = opened(house)
    deep = "[" * 100000 + "]" * 100000
    rows = [
        ("POST", "/v1/contacts", "{", "channel", 400, "malformed", "line 1"),
        ("POST", "/v1/contacts", '{\n"channel":"mail",\n"text":oops}', "channel", 400, "malformed", "line 3"),
        ("POST", "/v1/contacts", b'{"channel":"mail","text":"\xff\xfe"}', "channel", 400, "malformed", ""),
        ("POST", "/v1/contacts", deep, "channel", 400, "malformed", "depth"),
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
    link = socket.create_connection(("127.0.0.1", house.ports["one"]))
    link.sendall(b"POST /v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    opened(house)
    link.close()
    opened(house)


def same_twice_at_once(house):
    for i in range(ROUNDS):
        before = len(house.open_contacts())
        answers = at_once(*[lambda at=at: request(house, "POST", "/v1/contacts", said(f"twice {i}"), at=at,
                                                  key=f"twice-{i}") for at in ("one", "two", "one", "two")])
        assert len({answer.bytes for answer in answers}) == 1, [answer.bytes for answer in answers]
        assert all(answer.status == 202 for answer in answers)
        assert sum(answer.headers["Idempotent-Replay"] == "true" for answer in answers) == 3
        assert len(house.open_contacts()) == before + 1
    expect(request(house, "POST", "/v1/contacts", said("another"), key="twice-0"), 409, "key-reused")


def one_thread_at_once(house):
    for i in range(ROUNDS):
        answers = at_once(*[lambda at=at, n=n: request(house, "POST", "/v1/contacts",
                                                       said(f"message {n}", thread=f"thread-{i}"), at=at)
                            for n, at in enumerate(("one", "two", "one", "two"))])
        assert len({answer["contact"] for answer in answers}) == 1, [answer.bytes for answer in answers]
        assert sorted(answer["disposition"] for answer in answers) == ["appended"] * 3 + ["opened"]
        view = request(house, "GET", "/v1/contacts/" + answers[0]["contact"], token="operator")
        assert view["messages"] == 4, view.bytes


def accepted_at_once(house):
    for _ in range(ROUNDS):
        path = f"/v1/contacts/{opened(house)}/actions"
        answers = at_once(*[lambda who=who, at=at: (who, request(house, "POST", path, {"action": "accept"}, who, at))
                            for who, at in (("ada", "one"), ("ben", "two"))])
        won = [who for who, answer in answers if answer.status == 200]
        lost = [answer for who, answer in answers if answer.status == 409]
        assert len(won) == 1 and len(lost) == 1, [answer.bytes for _, answer in answers]
        assert lost[0]["owner"] == won[0] and lost[0]["state"] == "owned" and lost[0]["allowed"], lost[0].bytes


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
    dealer.connect(f"ipc://{house.dir}/submit-one")

    def say(envelope):
        dealer.send(envelope if isinstance(envelope, bytes) else envelope.SerializeToString())
        assert dealer.poll(5000), "no answer"
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


class Customers:
    """Send for as long as they are let; remember what was answered 202."""

    def __init__(self, house, n=8):
        self.house, self.going, self.accepted, self.slowest, self.refused = house, True, {}, 0.0, 0
        self.pool = [threading.Thread(target=self.run, args=(i,)) for i in range(n)]
        for thread in self.pool:
            thread.start()

    def run(self, who):
        n = 0
        while self.going:
            n += 1
            began = time.monotonic()
            answer = request(self.house, "POST", "/v1/contacts", said(f"{who} {n}"), at="one" if who % 2 else "two",
                             key=f"{id(self)}-{who}-{n}")
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status == 202:
                self.accepted[answer["contact"]] = True
                continue
            assert answer.status == 503 and answer.headers["Retry-After"], (answer.status, answer.bytes)
            self.refused += 1
            threading.Event().wait(0.02)

    def end(self):
        self.going = False
        for thread in self.pool:
            thread.join()
        kept = {contact.decode() for contact in self.house.open_contacts()}
        assert set(self.accepted) <= kept, "answered 202, and not in the store"


def store_stops(house):
    customers = Customers(house)
    until("some are in", lambda: len(customers.accepted) > 20)
    redis_process = house.processes["redis"]
    redis_process.send_signal(signal.SIGSTOP)
    until("some are refused", lambda: customers.refused > 8)
    assert request(house, "GET", "/healthz", token=None).status == 200
    assert request(house, "GET", "/healthz", token=None, port=house.health["one"]).status == 200
    redis_process.send_signal(signal.SIGCONT)
    got = len(customers.accepted)
    until("it goes on", lambda: len(customers.accepted) > got + 20)
    customers.end()
    assert customers.slowest < 1.5, customers.slowest


def store_dies(house):
    customers = Customers(house)
    until("some are in", lambda: len(customers.accepted) > 20)
    house.stop("redis", signal.SIGKILL)
    until("some are refused", lambda: customers.refused > 8)
    house.start_redis()
    got = len(customers.accepted)
    until("it goes on", lambda: len(customers.accepted) > got + 20)
    customers.end()
    assert customers.slowest < 1.5, customers.slowest


def killed_anywhere(house):
    for point in KILL_POINTS:
        for kind in ("open", "message", "action"):
            killed_at(house, point, kind)


def killed_at(house, point, kind):
    """The intake dies at that point; the client sends the same again, to another one; it is done once."""
    contact = opened(house) if kind != "open" else None
    house.start("victim", BUCKSTOP_KILL_AT=point)
    path = {"open": "/v1/contacts", "message": f"/v1/contacts/{contact}/messages",
            "action": f"/v1/contacts/{contact}/actions"}[kind]
    body = {"open": said("killed"), "message": {"text": "killed"}, "action": {"action": "accept"}}[kind]
    token, key = "ada" if kind == "action" else "channel", f"{point}-{kind}"
    before = len(house.open_contacts())
    with contextlib.suppress(OSError, http.client.HTTPException):
        request(house, "POST", path, body, token, at="victim", key=key)
    victim = house.processes.pop("victim")
    if point == "intake.before-load" and kind != "message":
        victim.terminate()  # what opens loads nothing, what acts loads it otherwise
        victim.wait(timeout=15)
    else:
        assert victim.wait(timeout=15) == 99, (point, kind)
    answer = request(house, "POST", path, body, token, key=key)
    assert answer.status in (200, 202), (point, kind, answer.bytes)
    again = request(house, "POST", path, body, token, at="two", key=key)
    assert again.bytes == answer.bytes, (point, kind, answer.bytes, again.bytes)
    assert len(house.open_contacts()) == before + (kind == "open"), (point, kind)
    view = request(house, "GET", "/v1/contacts/" + answer["contact"], token="operator")
    facts = [fact["fact"] for event in view["timeline"] for fact in event["facts"]]
    wanted = {"open": "opened", "message": "message", "action": "accepted"}[kind]
    assert facts.count(wanted) == 1, (point, kind, facts)


def hangup(house):
    """SIGHUP applies the file: a good one at both intakes, a bad one nowhere."""
    house.write_policy(POLICY.replace("  mail:", "  pigeon: { weight: 1 }\n  mail:"))
    house.processes["two"].send_signal(signal.SIGHUP)
    for at in ("one", "two"):
        until("the new policy rules", lambda at=at: request(house, "POST", "/v1/contacts", said(channel="pigeon"),
                                                            at=at).status == 202)
    house.write_policy(POLICY.replace("last_resort: dana", "last_resort: nobody"))
    house.processes["two"].send_signal(signal.SIGHUP)
    until("it says why", lambda: any("wrong" in fact["fact"] for fact in house.facts["two"]()))
    expect(request(house, "POST", "/v1/contacts", said(channel="pigeon")), 202)


def drains(house):
    """SIGTERM: what is under way is answered, and it ends with 0."""
    customers = Customers(house, 2)
    until("some are in", lambda: len(customers.accepted) > 20)
    customers.end()
    assert house.stop("two") == 0
    assert house.stop("one") == 0


CASES = [bad_inputs, too_large, half_a_request, same_twice_at_once, one_thread_at_once, accepted_at_once,
         life_of_a_contact, over_zeromq, store_stops, store_dies, killed_anywhere, hangup, drains]


def main():
    passed = failed = 0
    wanted = sys.argv[1:]
    house = House()
    try:
        subprocess.run(["protoc", f"--proto_path={ROOT}/proto", f"--python_out={house.dir}"]
                       + [f"buckstop/v1/{name}.proto" for name in ("record", "event", "action", "envelope")],
                       cwd=f"{ROOT}/proto", check=True)
        sys.path.insert(0, house.dir)
        for case in CASES:
            if wanted and case.__name__ not in wanted:
                continue
            try:
                case(house)
                passed += 1
                print("ok  ", case.__name__, flush=True)
            except Exception:
                failed += 1
                print("FAIL", case.__name__)
                traceback.print_exc()
    finally:
        house.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
