#!/usr/bin/python3
"""One trace from the door to everything that goes out: W3C Trace Context in requests, records, events, envelopes, calls, mails
and the log; and how much is logged, changed at run time.

Ends with "N passed, N failed".
"""
import contextlib
import email
import importlib
import json
import re
import subprocess
import sys

import zmq

import world as w

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]")
POLICY = """workspace: desk
last_resort: dana
default_team: front
mail_from: desk@example.com
channels:
  chat: {{ weight: 1, accept: auto, answer: callback }}
people:
  ada: {{ name: Ada L., capacity: 1000, ways: [{{ webhook: "{url}/hook", secret: pager }}, {{ slack: "{url}/slack" }}, {{ log: ada }}] }}
  dana: {{ name: Dana R., ways: [{{ mail: dana@example.com }}] }}
teams:
  front: {{ lead: dana, members: [ada] }}
promises:
  - {{ first_response: 2s }}
settings: {{ presence: 1h }}
"""


class Desk:
    def __init__(self, stack):
        self.far = w.open_receiver(stack)
        options = {"notification": ["--smtp", f"smtp://127.0.0.1:{self.far.smtp_port}"]}
        self.world = w.open_world(stack, POLICY.format(url=self.far.url("")), options=options)
        self.world.present("ada")
        subprocess.run(["protoc", f"--proto_path={w.ROOT}/proto", f"--python_out={self.world.dir}",
                        *(f"buckstop/v1/{name}.proto" for name in ("record", "event", "action", "envelope"))],
                       cwd=f"{w.ROOT}/proto", check=True)
        for name in [name for name in sys.modules if name.startswith("buckstop")]:
            del sys.modules[name]
        sys.path.insert(0, self.world.dir)
        stack.callback(sys.path.remove, self.world.dir)
        self.pb = importlib.import_module("buckstop.v1.envelope_pb2")
        self.records = importlib.import_module("buckstop.v1.record_pb2")
        self.stream = zmq.Context.instance().socket(zmq.SUB)
        stack.callback(self.stream.close, 0)
        self.stream.connect(self.world.endpoints("stream", 1))
        self.stream.setsockopt(zmq.SUBSCRIBE, b"desk.")

    def submit(self, trace=None, key="one"):
        """By curl: the header as it is given."""
        intake = self.world["intake"]
        body = {"channel": "chat", "text": "hello", "customer": "kim", "subject": "card", "return_way": "callback",
                "return_to": self.far.url("/back")}
        done = subprocess.run(
            ["curl", "-s", f"http://127.0.0.1:{intake.port}/v1/contacts", "-H", f"Authorization: Bearer {self.world.token}",
             "-H", "Content-Type: application/json", "-H", f"Idempotency-Key: {key}",
             *(["-H", f"traceparent: {trace}"] if trace else []), "-d", json.dumps(body)],
            capture_output=True, text=True, timeout=20, check=True)
        return json.loads(done.stdout)["contact"]

    def record(self, contact):
        key = next(key for key in self.world.redis.keys(f"b:{{*}}:c:desk:{contact}"))
        raw = self.world.redis.get(key)
        return self.records.Contact.FromString(raw[16 + 8 * raw[2]:])

    def envelopes(self, contact, seconds=5):
        """The contact's envelopes on the stream, until nothing comes any more."""
        found = []
        while self.stream.poll(1000 if found else seconds * 1000):
            _, frame = self.stream.recv_multipart()
            envelope = self.pb.Envelope.FromString(frame)
            if envelope.event.contact == contact:
                found.append(envelope)
        return found


def goes_out(desk, contact):
    """Owned, answered, and its promise broken: everything that is told carries the trace of its contact."""
    w.until("the offer is told", lambda: desk.far.of("/hook") and desk.far.of("/slack"), 20)
    assert desk.world.act(contact, "reply", "ada", text="here").status == 200
    w.until("the customer is answered", lambda: desk.far.of("/back"), 20)
    return {call.path: call.headers.get("traceparent") for call in desk.far.calls}


def a_trace_that_was_brought(stack):
    desk = Desk(stack)
    contact = desk.submit(TRACE)
    told = goes_out(desk, contact)
    assert set(told) == {"/hook", "/slack", "/back"} and set(told.values()) == {TRACE}, told
    view = desk.world.view(contact)
    assert view["trace"] == TRACE, view
    record = desk.record(contact)
    assert record.trace == "" and record.trace_context.hex() == TRACE.replace("-", "")[2:], record
    found = desk.envelopes(contact)
    assert found and {envelope.trace for envelope in found} == {TRACE}, found
    events = desk.world.ask("GET", "/v1/events?after=0").json()["events"]
    traces = {event.get("trace") for event in events if event.get("contact") == contact}
    assert traces == {TRACE}, traces
    notices = w.until("the log is told", lambda: [fact for fact in desk.world["notification"].facts("notice")
                                                  if fact.get("contact") == contact])
    assert {fact["trace"] for fact in notices} == {TRACE[3:35]}, notices


def a_trace_that_is_made(stack):
    """None came, or what came is none: it is the contact's own, the same everywhere, and stored nowhere."""
    desk = Desk(stack)
    contact = desk.submit("00-not-a-trace", key="made")
    told = goes_out(desk, contact)
    assert len(set(told.values())) == 1, told
    trace = told["/hook"]
    assert FORM.fullmatch(trace) and trace == desk.world.view(contact)["trace"], trace
    record = desk.record(contact)
    assert record.trace == "" and record.trace_context == b""
    assert {envelope.trace for envelope in desk.envelopes(contact)} == {trace}
    other = desk.submit(key="other")
    assert desk.world.view(other)["trace"] != trace


def a_mail_that_is_handed_in(stack):
    desk = Desk(stack)
    intake = desk.world["intake"]
    mail = "From: kim@example.org\r\nTo: help@example.com\r\nSubject: hi\r\nMessage-ID: <1@example.org>\r\n\r\nhello\r\n"
    done = subprocess.run(
        ["curl", "-s", f"http://127.0.0.1:{intake.port}/v1/mail?channel=chat", "-H", f"Authorization: Bearer {desk.world.token}",
         "-H", "Content-Type: message/rfc822", "-H", f"traceparent: {TRACE}", "--data-binary", mail],
        capture_output=True, text=True, timeout=20, check=True)
    contact = json.loads(done.stdout).get("contact")
    assert contact and desk.world.view(contact)["trace"] == TRACE, done.stdout


def mails_carry_it(stack):
    desk = Desk(stack)
    contact = desk.submit(TRACE)
    w.until("dana hears that it broke", lambda: desk.far.mails, 30)
    mail = email.message_from_bytes(desk.far.mails[0].content)
    assert mail["X-Buckstop-Trace"] == TRACE, mail.items()
    assert contact in mail.get_payload(decode=True).decode()


def zeromq_too(stack):
    desk = Desk(stack)
    dealer = zmq.Context.instance().socket(zmq.DEALER)
    stack.callback(dealer.close, 0)
    dealer.connect(desk.world.endpoints("submit", 1))
    for trace, kept in ((TRACE, TRACE), ("t-17", "")):  # whatever it says comes back with the answer
        ask = desk.pb.Envelope(trace=trace)
        ask.submit.token, ask.submit.channel, ask.submit.text = desk.world.token, "chat", "hello"
        ask.submit.return_way, ask.submit.return_to = 2, desk.far.url("/back")
        dealer.send(ask.SerializeToString())
        assert dealer.poll(20000), "no answer"
        answer = desk.pb.Envelope.FromString(dealer.recv_multipart()[-1])
        assert answer.receipt.contact and answer.trace == trace, answer
        view = desk.world.view(answer.receipt.contact)
        assert view["trace"] == kept if kept else FORM.fullmatch(view["trace"]), view


# ---- the log


def how_much_is_logged_changes_at_run_time(stack):
    desk = Desk(stack)
    world, routing = desk.world, desk.world["routing"]
    at = f"127.0.0.1:{routing.health}"
    assert world.cli("log-level", at).strip() == "notice"
    quiet = desk.submit(TRACE, key="quiet")
    w.until("routing is done with it", lambda: world.view(quiet).get("owner") == "ada", 20)
    assert world.cli("log-level", "routing", "debug", "--health", at).strip() == "debug"
    contact = desk.submit(TRACE, key="loud")
    w.until("its steps are said", lambda: [f for f in routing.facts("committed") if f["contact"] == contact], 20)
    step = next(fact for fact in routing.facts("committed") if fact["contact"] == contact)
    assert step["trace"] == TRACE[3:35] and step["event"] and step["workspace"] == "desk", step
    assert not [fact for fact in routing.facts("committed") if fact["contact"] != contact], "said before it was asked for"
    changed = routing.facts("log level")
    assert changed and changed[0]["was"] == "notice" and changed[0]["is"] == "debug", changed
    assert world.cli("log-level", at, "notice").strip() == "notice"
    said = len(routing.facts("committed"))
    again = desk.submit(TRACE, key="quiet again")
    w.until("it is offered", lambda: world.view(again).get("owner") == "ada", 20)
    assert len(routing.facts("committed")) == said
    assert "is no level" in world.cli("log-level", at, "loud", status=2)
    assert "neither a service nor" in world.cli("log-level", "no such", status=2)
    closed = world.cli("log-level", "127.0.0.1:1", "debug", status=3)
    assert "--health HOST:PORT" in closed, closed
    assert w.ask(routing.health, "PUT", "/log-level", "loud").status == 422
    assert w.ask(routing.health, "PUT", "/healthz", "x").status == 405
    assert w.ask(routing.health, "GET", "/log-level").body == b"notice\n"


def from_elsewhere_the_level_stays(stack):
    """The health port may be open to Prometheus: a change is taken from this machine's loopback alone."""
    addresses = json.loads(subprocess.run(["ip", "-j", "-4", "address"], capture_output=True, text=True, check=True).stdout)
    own = [info["local"] for link in addresses for info in link["addr_info"] if info["scope"] == "global"]
    if not own:
        raise w.Skipped("this machine has no address but the loopback's")
    desk = Desk(stack)
    routing = desk.world["routing"]
    routing.end()
    routing.start("--health", "0.0.0.0:0")
    answer = w.ask(routing.health, "PUT", "/log-level", "debug", host=own[0])
    assert answer.status == 403, answer
    assert w.ask(routing.health, "GET", "/log-level", host=own[0]).body == b"notice\n"


CASES = [a_trace_that_was_brought, a_trace_that_is_made, a_mail_that_is_handed_in, mails_carry_it, zeromq_too,
         how_much_is_logged_changes_at_run_time, from_elsewhere_the_level_stays]

if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(w.main(CASES))
