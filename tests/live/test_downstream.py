#!/usr/bin/python3
"""Colleagues told by the descriptions that ship in deploy/downstream: far sides that judge each call as the platform's public
reference says, and the real Alertmanager. What was told is followed: somebody sees to it, it is over. A secret that is
missing is said when the policy comes. Ends with "N passed, N failed".
"""
import base64
import collections
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse

import world as w
from peers import Receiver
from test_answers import Platforms

KEYS = {"pagerduty": "0123456789abcdef0123456789ABCDEF", "slack-bot": "xoxb-1-2-three", "ntfy": "tk_AgQdq7mVBoFD37zQVN29Rh",
        "twilio-token": "twilio-s3cret", "teams": "workflows/9f/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sig=a_B-c"}
ALERTMANAGER = "/usr/bin/prometheus-alertmanager"


# ---- the far sides, each as its reference says ---------------------------------------------------------


def wrong(code, **words):
    return code, {}, json.dumps(words)


class Far(Platforms):
    """Judges each call; what it took stands in `taken`, by name. `incidents`: PagerDuty's, by dedup_key."""

    def __init__(self):
        super().__init__()
        self.taken, self.incidents, self.refused = collections.defaultdict(list), {}, []
        self.usual = self
        self.forced = {}

    def __getitem__(self, name):
        call = self.of(name)[-1]
        answer = self.forced.get(name) or getattr(self, name.replace("-", "_"))(call)
        if answer[0] >= 300:
            self.refused.append((name, answer, call))
        return answer

    def pagerduty(self, call):
        event, errors = json.loads(call.body), []
        if call.path != "/pagerduty/v2/enqueue":
            return wrong(404)
        if len(event.get("routing_key", "")) != 32:
            errors.append("Length of 'routing_key' is incorrect (should be 32 characters)")
        if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
            errors.append("'event_action' is missing or is not one of trigger, acknowledge, resolve")
        if len(event.get("dedup_key", "")) > 255 or (event.get("event_action") != "trigger" and not event.get("dedup_key")):
            errors.append("'dedup_key' is missing or too long")
        about = event.get("payload", {})
        if event.get("event_action") == "trigger":
            for field in ("summary", "source", "severity"):
                if not about.get(field):
                    errors.append(f"'payload.{field}' is missing or blank")
            if about.get("severity") not in ("critical", "error", "warning", "info") or len(about.get("summary", "")) > 1024:
                errors.append("'payload' is invalid")
        if errors:
            return wrong(400, status="invalid event", message="Event object is invalid", errors=errors)
        key, action = event["dedup_key"], event["event_action"]
        if action == "trigger" and self.incidents.get(key) in (None, "resolved"):
            self.incidents[key] = "triggered"
        elif action == "acknowledge" and self.incidents.get(key) == "triggered":
            self.incidents[key] = "acknowledged"
        elif action == "resolve" and key in self.incidents:
            self.incidents[key] = "resolved"
        self.taken["pagerduty"].append(event)
        return wrong(202, status="success", message="Event processed", dedup_key=key)

    def slack(self, call):
        body = json.loads(call.body)
        if call.headers["Authorization"] != "Bearer " + KEYS["slack-bot"]:
            return wrong(200, ok=False, error="invalid_auth")
        if not re.fullmatch("[CDGU][A-Z0-9]{8,}", body.get("channel", "")):
            return wrong(200, ok=False, error="channel_not_found")
        if not body.get("text"):
            return wrong(200, ok=False, error="no_text")
        if len(body["text"]) > 4000 or call.path != "/slack/api/chat.postMessage":
            return wrong(200, ok=False, error="msg_too_long")
        self.taken["slack"].append(body)
        return wrong(200, ok=True, channel=body["channel"], ts="1700000000.000100")

    def teams(self, call):
        body = json.loads(call.body)
        if call.path != "/teams/" + KEYS["teams"]:
            return wrong(401, error={"code": "DirectApiAuthorizationRequired"})
        card = body["attachments"][0]["content"]
        if body["type"] != "message" or card["type"] != "AdaptiveCard" or not card["version"] or any(
                not block.get("text") or block["type"] != "TextBlock" for block in card["body"]):
            return wrong(400, error={"code": "InvalidCard"})
        if any(action["type"] != "Action.OpenUrl" or not action["url"].startswith("http") for action in card["actions"]):
            return wrong(400, error={"code": "InvalidAction"})
        self.taken["teams"].append(card)
        return 202, {}, ""

    def ntfy(self, call):
        body = json.loads(call.body)
        if call.headers["Authorization"] != "Bearer " + KEYS["ntfy"]:
            return wrong(401, code=40101, http=401, error="unauthorized")
        if not re.fullmatch("[-_A-Za-z0-9]{1,64}", body.get("topic", "")) or call.path != "/ntfy/":
            return wrong(400, code=40009, http=400, error="invalid request: topic invalid")
        if body["priority"] not in (1, 2, 3, 4, 5) or len(body["message"].encode()) > 4096 or len(body["actions"]) > 3 or any(
                action["action"] != "view" or not action["label"] or not action["url"] for action in body["actions"]):
            return wrong(400, code=40018, http=400, error="invalid request")
        self.taken["ntfy"].append(body)
        return wrong(200, id="hwQ2YpKdmg", time=1700000000, event="message", topic=body["topic"], message=body["message"])

    def twilio_sms(self, call):
        fields = {key: values[0] for key, values in urllib.parse.parse_qs(call.body).items()}
        if call.headers["Authorization"] != "Basic " + base64.b64encode(f"AC1:{KEYS['twilio-token']}".encode()).decode():
            return wrong(401, code=20003, message="Authenticate", status=401)
        if call.path != "/twilio-sms/2010-04-01/Accounts/AC1/Messages.json" or fields.get("From") != "+4930555":
            return wrong(400, code=21606, message="The 'From' phone number is not valid", status=400)
        if not re.fullmatch(r"\+\d{6,15}", fields.get("To", "")):
            return wrong(400, code=21211, message="Invalid 'To' Phone Number", status=400)
        if not fields.get("Body") or len(fields["Body"]) > 1600:
            return wrong(400, code=21617, message="The message body exceeds the 1600 character limit", status=400)
        self.taken["twilio-sms"].append(fields)
        return wrong(201, sid="SM0123", status="queued")


WAYS = {"pagerduty": "{ channel: pagerduty }, { log: late, after: 1h }", "slack": "{ channel: slack, to: U012AB3CD }",
        "teams": "{ channel: teams }", "ntfy": "{ channel: ntfy, to: pages-nel }",
        "twilio-sms": "{ channel: twilio-sms, to: '+491511234567' }"}
SETTINGS = {"twilio-sms": ', account: "AC1", from: "+4930555"'}


def policy(port, more_channels="", more_people="", tell=""):
    channels = "".join(f'  {name}: {{ use: downstream/{name}.yaml, settings: {{ url: "http://127.0.0.1:{port}/{name}"'
                       f'{SETTINGS.get(name, "")} }} }}\n' for name in WAYS)
    people = "".join(f"  on-{name}: {{ ways: [{ways}] }}\n" for name, ways in WAYS.items())
    told = tell or ", ".join(f'"person:on-{name}"' for name in WAYS)
    return (f"workspace: desk\nlast_resort: dana\nlinks: http://127.0.0.1:1\nchannels:\n"
            f"  mail: {{ answer: none }}\n{channels}{more_channels}"
            f"people:\n  ada: {{ ways: [{{ log: ada }}] }}\n  dana: {{ ways: [{{ log: dana }}] }}\n{people}{more_people}"
            f"teams: {{ front: {{ lead: dana, members: [ada] }} }}\npromises: [{{ first_response: 2s }}]\n"
            f"ladders: {{ default: [{{ at: due, tell: [{told}], urgent: true }}] }}\nsettings: {{ presence: 1h }}\n")


def house_of(stack, given=None, keys=KEYS):
    far = Far()
    stack.callback(far.close)
    # an attempt that was given up since the machine paused would be a second page
    world = w.open_world(stack, given or policy(far.port), start=False, options={"notification": ["--attempt-ms", "20000"]})
    shutil.copytree(f"{w.ROOT}/deploy/downstream", world.dir + "/downstream")
    world.options["intake"] = ["--secrets", world.dir + "/secrets"]
    for name, key in keys.items():
        with open(f"{world.dir}/secrets/{name}", "w", encoding="utf-8") as file:
            file.write(key + "\n")
    world.start()
    return world, far


def facts(world, contact, fact, words=""):
    return [row for row in w.facts_of(world.view(contact)) if row["fact"] == fact and words in row.get("detail", "")]


# ---- the cases --------------------------------------------------------------------------------------


def each_far_side_takes_a_page(stack):
    world, far = house_of(stack)
    subject = 'Fire & "flood" {secret:x} <now>'
    contact = world.submit("mail", subject=subject)
    for name in WAYS:
        w.until(lambda: f"{name} has it: {far.refused}", lambda: far.taken[name], 30)
    event, = far.taken["pagerduty"]
    assert event["routing_key"] == KEYS["pagerduty"] and event["dedup_key"] == contact, event
    assert subject in event["payload"]["summary"] and event["payload"]["severity"] == "critical", event
    assert event["payload"]["source"] == "desk" and event["client_url"].startswith("http://127.0.0.1:1/l/"), event
    assert "Fire &amp; \"flood\"" in far.taken["slack"][0]["text"], far.taken["slack"]
    assert [action["title"] for action in far.taken["teams"][0]["actions"]] == ["I see to it"], far.taken["teams"]
    assert [action["label"] for action in far.taken["ntfy"][0]["actions"]] == ["I see to it"], far.taken["ntfy"]
    assert subject in far.taken["twilio-sms"][0]["Body"] and "/l/" in far.taken["twilio-sms"][0]["Body"]
    assert far.incidents == {contact: "triggered"}
    assert world.act(contact, "acknowledge", "dana").status == 200
    w.until("PagerDuty knows that somebody sees to it", lambda: far.incidents[contact] == "acknowledged", 20)
    world.present("ada")
    w.until("it is offered", lambda: world.view(contact)["state"] == "offered", 20)
    assert world.act(contact, "accept", "ada").status == 200
    assert world.act(contact, "resolve", "ada", text="put out").status == 200
    w.until("PagerDuty knows that it is over", lambda: far.incidents[contact] == "resolved", 20)
    w.until("all is said but the way of an hour later", lambda: world.count("b:{*}:due:d") == 1, 20)
    assert not far.refused, far.refused
    assert {name: len(rows) for name, rows in far.taken.items() if name != "pagerduty"} == {
        name: 1 for name in WAYS if name != "pagerduty"}, "only PagerDuty hears the end"
    rows = [world.redis.get(key) for key in world.redis.keys("b:*") if world.redis.type(key) == b"string"]
    kept = b" ".join(rows).decode(errors="replace") + world["notification"].text() + json.dumps(world.view(contact))
    assert not [key for key in KEYS.values() if key in kept], "a secret stands in a record, a log or a view"
    world.audit()


def the_next_way_comes_when_one_refuses(stack):
    world, far = house_of(stack, keys={**KEYS, "pagerduty": "too-short"})
    contact = world.submit("mail", subject="hello")
    w.until("it refuses", lambda: facts(world, contact, "delivery_failed", "invalid event"), 30)
    w.until("the log is told at once, not after an hour", lambda: [
        row for row in world["notification"].facts("notice") if row.get("address") == "late"], 20)
    assert not [event for event in far.taken["pagerduty"]]


def a_pause_is_asked_for(stack):
    world, far = house_of(stack)
    far.forced["pagerduty"] = (429, {"Retry-After": "1"}, "")
    contact = world.submit("mail", subject="hello")
    w.until("it asked for a pause", lambda: facts(world, contact, "delivery_retried", "by"), 30)
    del far.forced["pagerduty"]
    w.until("it goes", lambda: far.incidents.get(contact) == "triggered", 30)
    bodies = {call.body for call in far.of("pagerduty")}
    assert len(bodies) == 1, "other bytes at another attempt"


def a_page_that_came_back(stack):
    """The platform took it, and says later that it never arrived: the next way comes forward."""
    far = Far()
    stack.callback(far.close)
    far.forced["own"] = (200, {}, '{"id":"X1"}')
    channel = (f"  own:\n    answer: none\n    out: {{ url: 'http://127.0.0.1:{far.port}/own/', body: {{ to: '{{to}}' }}, id: id }}\n"
               "    in:\n      content: json\n      verify: { token: '{@header.X-Token}', secret: own }\n      each: messages\n"
               "      sender: '{from}'\n      text: '{text}'\n"
               "      receipts: { each: receipts, id: '{id}', state: '{state}', words: { bad: failed } }\n")
    person = "  pat: { ways: [{ channel: own, to: pat }, { log: late, after: 1h }] }\n"
    world, _ = house_of(stack, policy(far.port, channel, person, '"person:pat"'), {**KEYS, "own": "word"})
    contact = world.submit("mail", subject="hello")
    w.until("it is told", lambda: facts(world, contact, "delivered", "step"), 30)
    link = http.client.HTTPConnection("127.0.0.1", world["intake"].port, timeout=10)
    link.request("POST", "/v1/channels/own/webhook?workspace=desk", '{"receipts": [{"id": "X1", "state": "bad"}]}',
                 {"Content-Type": "application/json", "X-Token": "word"})
    assert link.getresponse().status == 200
    link.close()
    w.until("the log is told", lambda: [
        row for row in world["notification"].facts("notice") if row.get("address") == "late"], 20)
    world.audit()


def what_is_missing_is_said_at_once(stack):
    """Before any message: by each service for its own, and by `policy check --secrets`."""
    world, far = house_of(stack, keys={name: key for name, key in KEYS.items() if name != "ntfy"})
    said = w.until("notification says it", lambda: [
        row for row in world["notification"].facts() if row["fact"].startswith("a secret is missing")], 20)
    assert len(said) == 1 and said[0]["for"] == "the call of channel 'ntfy'" and "/ntfy: No such file" in said[0]["why"], said
    assert not [row for row in world["intake"].facts() if row["fact"].startswith("a secret is missing")]
    checked = world.call("policy", "check", world.dir + "/policy.yaml", "--secrets", world.dir + "/secrets")
    assert checked.returncode == 0 and "the call of channel 'ntfy', read by notification" in checked.stderr, checked
    applied = world.call("policy", "apply", world.dir + "/policy.yaml", "--secrets", world.dir + "/secrets")
    assert applied.returncode == 0 and "/ntfy: No such file" in applied.stderr, applied
    contact = world.submit("mail", subject="hello")
    w.until("it waits, and fails nothing", lambda: facts(world, contact, "delivery_retried", "ntfy"), 30)
    with open(world.dir + "/secrets/ntfy", "w", encoding="utf-8") as file:
        file.write(KEYS["ntfy"])
    w.until("it goes", lambda: far.taken["ntfy"], 60)


# ---- the real Alertmanager ----------------------------------------------------------------------------


class Alertmanager:
    def __init__(self, stack, directory, receiver):
        path = directory + "/alertmanager.yml"
        with open(path, "w", encoding="utf-8") as file:
            file.write("route: { receiver: desk, group_by: [contact], group_wait: 100ms, group_interval: 1s }\n"
                       "receivers: [{ name: desk, webhook_configs: [{ url: "
                       f"'http://127.0.0.1:{receiver.port}/alerts', send_resolved: true }}] }}]\n")
        self.log = directory + "/alertmanager.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [ALERTMANAGER, "--config.file", path, "--storage.path", directory + "/alertmanager",
                 "--web.listen-address", "127.0.0.1:0", "--cluster.listen-address", ""], stdout=log, stderr=log)
        stack.callback(self.close)
        self.port = w.until(self.text, self.find_port, 30)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def find_port(self):
        assert self.process.poll() is None, self.text()
        found = re.search(r"address=127\.0\.0\.1:([1-9]\d*)", self.text())
        return int(found[1]) if found else 0

    def alerts(self):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request("GET", "/api/v2/alerts")
        rows = json.loads(link.getresponse().read())
        link.close()
        return {row["labels"]["contact"]: row for row in rows if row["status"]["state"] == "active"}

    def close(self):
        self.process.terminate()
        self.process.wait()


def alertmanager_is_told_and_told_the_end(stack):
    if not os.access(ALERTMANAGER, os.X_OK):
        raise w.Skipped("there is no prometheus-alertmanager")
    heard = Receiver()
    stack.callback(heard.close)
    far = Far()
    stack.callback(far.close)
    world = w.open_world(stack, "", start=False)
    real = Alertmanager(stack, world.dir, heard)
    channels = ('  alerts: { use: downstream/alertmanager.yaml, settings: { url: "http://127.0.0.1:%d" } }\n' % real.port)
    world.policy = policy(far.port, channels, "  alex: { ways: [{ channel: alerts, to: desk }] }\n", '"person:alex"')
    shutil.copytree(f"{w.ROOT}/deploy/downstream", world.dir + "/downstream")
    world.start()
    first, second = world.submit("mail", subject="First \u00fc"), world.submit("mail", subject="Second")
    w.until(lambda: f"both are active: {real.alerts()} {real.text()[-500:]}", lambda: set(real.alerts()) == {first, second}, 30)
    alert = real.alerts()[first]
    assert alert["labels"] == {"alertname": "buckstop", "workspace": "desk", "contact": first, "receiver": "desk"}, alert
    assert "First \u00fc" in alert["annotations"]["summary"] and alert["annotations"]["severity"] == "critical", alert
    assert "/l/" in alert["annotations"]["link"] and alert["startsAt"] < alert["updatedAt"] < alert["endsAt"], alert
    world.present("ada")
    w.until("it is offered", lambda: world.view(first)["state"] == "offered", 20)
    assert world.act(first, "accept", "ada").status == 200
    assert world.act(first, "resolve", "ada", text="done").status == 200
    w.until(lambda: f"one is over: {real.alerts()}", lambda: set(real.alerts()) == {second}, 30)

    def told():
        rows = [alert for call in list(heard.calls) for alert in json.loads(call.body)["alerts"]]
        return {(row["labels"]["contact"], row["status"]) for row in rows}

    w.until(lambda: f"its receiver heard all of it: {told()}",
            lambda: told() >= {(first, "firing"), (second, "firing"), (first, "resolved")}, 30)
    assert (second, "resolved") not in told()
    world.audit()


if __name__ == "__main__":
    sys.exit(w.main([each_far_side_takes_a_page, the_next_way_comes_when_one_refuses, a_pause_is_asked_for,
                     a_page_that_came_back, what_is_missing_is_said_at_once, alertmanager_is_told_and_told_the_end]))
