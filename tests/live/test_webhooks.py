#!/usr/bin/python3
"""Webhooks at a real intake: every description that ships, attached by `use:`, with payloads signed as its platform signs
them; what is forged, late, sent twice, of the wrong type, or no message; a platform that nobody planned, described here.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse

import world as w

DATA, CHANNELS = w.ROOT + "/tests/data/webhooks", w.ROOT + "/deploy/channels"
PUBLIC = "https://buckstop.example"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=xYzZY"
SECRET = "a secret of this test"
SETTINGS = {"twilio-sms": "account: AC1, from: '+493012345678'", "whatsapp-cloud": "number_id: '555'",
            "twilio-voice": "dial: '+493099999', callback: 'https://buckstop.example/voice'", "intercom": "admin: '1'",
            "zendesk": "subdomain: example, agent: ada@example.com"}
SHIPPED = sorted(name[:-5] for name in os.listdir(CHANNELS) if name.endswith('.yaml'))
STRANGE = """
  pigeon:
    identity: handle
    in:
      content: json
      verify: { hmac: sha256, value: "{@header.X-Loft|part:v1}", over: "{@timestamp}.{@body}",
                timestamp: "{@header.X-Loft|part:t}", tolerance: 60s, secret: loft }
      challenge: { method: GET, when: "{@query.are-you-there}", token: "{@query.word}", secret: loft, answer: "coo" }
      each: flight.pigeons
      ignore: [{ when: "{letter.kind}", is: empty, why: it carries nothing }]
      sender: "{../from.loft}"
      name: "{ring}"
      text: "{letter.words|html}"
      thread: "{/flight.number}"
      message_id: "{/flight.number}-{ring}"
      language: "{letter.tongue}"
      time: "{landed}"
      answer: { status: 202, type: text/plain, body: "coo" }
  bare: {}
"""


def policy(more=""):
    rows = "".join(f'  {name}: {{ use: "{CHANNELS}/{name}.yaml", settings: {{ {SETTINGS.get(name, "")} }} }}\n'
                   for name in SHIPPED)
    return f"""workspace: desk
last_resort: dana
links: {PUBLIC}
people:
  ada: {{ name: Ada L., phone: "+493099999", capacity: 1000 }}
  dana: {{ name: Dana R. }}
teams: {{ front: {{ lead: dana, members: [ada] }} }}
channels:
{rows}{STRANGE}{more}"""


class House(w.World):
    """One intake and its secrets."""

    def __init__(self, spool=True):
        super().__init__(policy(), replicas={"routing": 0, "escalation": 0, "notification": 0})
        os.mkdir(self.dir + "/spool")
        self.options["intake"] = ["--secrets", self.dir + "/secrets"] + (["--spool", self.dir + "/spool"] if spool else [])
        for name in ("mailgun-signing", "sendgrid-password", "postmark-password", "twilio-token", "whatsapp-app",
                     "whatsapp-verify", "messenger-app", "messenger-verify", "slack-signing", "intercom-client",
                     "zendesk-signing", "telegram-hook", "loft"):
            self.secret(name, SECRET)

    def secret(self, name, words):
        with open(f"{self.dir}/secrets/{name}", "w", encoding="utf-8") as file:
            file.write(words + "\n")

    def post(self, channel, body, headers=None, kind="application/json", method="POST", query="?workspace=desk"):
        link = http.client.HTTPConnection("127.0.0.1", self["intake-1"].port, timeout=10)
        try:
            link.request(method, f"/v1/channels/{channel}/webhook{query}", body or None,
                         {**({"Content-Type": kind} if body else {}), **(headers or {})})
            answer = link.getresponse()
            return w.Answer(answer.status, dict(answer.headers), answer.read())
        finally:
            link.close()

    def repost(self, *given, **more):
        """As platforms do: again while it is busy, which it also says when the machine paused."""
        return w.until("it is no longer busy", lambda: (lambda answer: answer if answer.status != 503 else None)(
            self.post(*given, **more)))

    def of_channel(self, channel):
        return [row for row in self.contacts() if row["channel"] == channel]

    def spooled(self):
        return {name: os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.dir + "/spool")
                for name in names}

    def attachments(self, channel):
        contact, = self.of_channel(channel)
        view = self.view(contact["contact"])
        return [", ".join(fact.get(key, "") for key in ("detail", "text")) for event in view["timeline"]
                for fact in event["facts"] if fact["fact"] == "attached"]


def open_house(stack, spool=True):
    house = House(spool)
    stack.callback(house.close)
    w.World.opened.append(house)
    house.start()
    return house


def payload(name):
    with open(f"{DATA}/{name}", "rb") as file:
        return file.read()


def fields(name):
    return json.loads(payload(name))


def form(values):
    return urllib.parse.urlencode(values).encode()


def mac(text, kind="sha256"):
    return hmac.new(SECRET.encode(), text if isinstance(text, bytes) else text.encode(), kind)


# ---- as each platform signs -------------------------------------------------------------------------


def by_mailgun(values, at=None):
    signed = {**values, "timestamp": str(int(at or time.time())), "token": hashlib.sha1(repr(values).encode()).hexdigest()}
    return form({**signed, "signature": mac(signed["timestamp"] + signed["token"]).hexdigest()}), {}, FORM


def by_twilio(values, channel):
    url = f"{PUBLIC}/v1/channels/{channel}/webhook?workspace=desk"
    text = url + "".join(name + values[name] for name in sorted(values))
    return form(values), {"X-Twilio-Signature": base64.b64encode(mac(text, "sha1").digest()).decode()}, FORM


def by_telegram(body):
    return body, {"X-Telegram-Bot-Api-Secret-Token": SECRET}, "application/json"


def by_meta(body):
    return body, {"X-Hub-Signature-256": "sha256=" + mac(body).hexdigest()}, "application/json"


def by_slack(body, at=None):
    at = str(int(at or time.time()))
    return body, {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=" + mac(f"v0:{at}:".encode() + body).hexdigest()}, \
        "application/json"


def by_intercom(body):
    return body, {"X-Hub-Signature": "sha1=" + mac(body, "sha1").hexdigest()}, "application/json"


def by_zendesk(body, invocation="inv-1"):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return body, {"X-Zendesk-Webhook-Signature-Timestamp": at, "X-Zendesk-Webhook-Invocation-Id": invocation,
                  "X-Zendesk-Webhook-Signature": base64.b64encode(mac(at.encode() + body).digest()).decode()}, "application/json"


def by_basic(body, user, kind="application/json"):
    return body, {"Authorization": "Basic " + base64.b64encode(f"{user}:{SECRET}".encode()).decode()}, kind


def by_loft(body, at=None):
    at = str(int(at or time.time()))
    return body, {"X-Loft": f"t={at},v1={mac(at.encode() + b'.' + body).hexdigest()}"}, "application/json"


# ---- the cases --------------------------------------------------------------------------------------


def each_platform(stack):
    """What is signed becomes contacts, the same sent again becomes nothing more, the same with another signature nothing."""
    house = open_house(stack)
    rows = [
        ("mailgun", by_mailgun(fields("mailgun_inbound_parsed.form.json")), "Test subject", 1),
        ("mailgun", by_mailgun(fields("mailgun_inbound_mime.form.json")), "Raw MIME test", 1),
        ("sendgrid", by_basic(form(fields("sendgrid_inbound_parsed.form.json")), "sendgrid", FORM), "Test subject", 1),
        ("sendgrid", by_basic(payload("sendgrid_inbound_mixed_charsets.multipart.bin"), "sendgrid", MULTIPART),
         "Como usted pidió", 1),
        ("postmark", by_basic(payload("postmark_inbound.json"), "postmark"), "Test subject", 1),
        ("twilio-sms", by_twilio(fields("twilio_sms.form.json"), "twilio-sms"), "", 1),
        ("whatsapp-cloud", by_meta(payload("whatsapp_cloud_text.json")), "", 1),
        ("whatsapp-cloud", by_meta(payload("whatsapp_cloud_several.json")), "", 3),
        ("messenger", by_meta(payload("messenger_events.json")), "", 1),
        ("messenger", by_meta(payload("messenger_sticker_message.json")), "", 1),
        ("slack", by_slack(payload("slack_message.json")), "", 1),
        ("intercom", by_intercom(payload("intercom_conversation_user_created.json")), "", 1),
        ("zendesk", by_zendesk(payload("zendesk_ticket_create_update.json")), "Hello world", 1),
        ("web-form", (form(fields("web_form.form.json")), {}, FORM), "Rückfrage", 1),
        ("telegram", by_telegram(payload("telegram_message.json")), "", 1),
    ]
    for channel, (body, headers, kind), subject, opened in rows:
        before = {row["contact"] for row in house.contacts()}
        answer = house.repost(channel, body, headers, kind)
        assert answer.status == 200, (channel, answer)
        new = [row for row in house.contacts() if row["contact"] not in before]
        assert len(new) == opened and all(row["channel"] == channel for row in new), (channel, new, answer)
        assert not subject or new[0]["subject"] == subject, (channel, new)
        again = house.repost(channel, body, headers, kind)
        assert again.status == 200 and len(house.contacts()) == len(before) + opened, (channel, again)
        if headers:
            house_said_no(house, channel, body, kind)
    house.audit()


def house_said_no(house, channel, body, kind):
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"X-Hub-Signature-256": "sha256=" + "0" * 64}):
        answer = house.post(channel, body, headers, kind)
        assert answer.status == 401 and answer["code"] == "not-signed", (channel, answer)
        assert SECRET not in answer.body.decode()


def calls(stack):
    """Ringing opens a contact, answered accepts it for whose number was rung, who hangs up before is owed a callback."""
    house = open_house(stack)

    def call(name, sid):
        values = {key: value.replace("0001", sid) if key.endswith("CallSid") else value
                  for key, value in fields(f"twilio_voice_{name}.form.json").items()}
        answer = house.repost("twilio-voice", *by_twilio(values, "twilio-voice"))
        assert answer.status == 200 and b"<Dial" in answer.body, answer
        assert answer.headers["Content-Type"].startswith("text/xml"), answer.headers
        return answer

    answer = call("ringing", "0001")
    assert b'statusCallback="https://buckstop.example/voice">+493099999</Number>' in answer.body, answer
    contact, = house.of_channel("twilio-voice")
    call("answered", "0001")
    assert house.view(contact["contact"])["owner"] == "ada", house.view(contact["contact"])
    call("ended", "0001")
    call("ringing", "0009")
    call("abandoned", "0009")
    views = [house.view(row["contact"]) for row in house.of_channel("twilio-voice")]
    promises = [promise["kind"] for view in views for promise in view["promises"]]
    assert "callback" in promises, views


def threads(stack):
    """A reply in a platform's thread is a message of the same contact."""
    house = open_house(stack)
    for channel, sign, names in (("slack", by_slack, ("slack_message", "slack_reply")),
                                 ("telegram", by_telegram, ("telegram_message", "telegram_edited"))):
        for name in names:
            assert house.repost(channel, *sign(payload(name + ".json"))).status == 200
        contact, = house.of_channel(channel)
        assert w.count_facts(house.view(contact["contact"]))["message"] >= 1, house.view(contact["contact"])


def no_messages(stack):
    """Events that are none open nothing, and are answered as well as others."""
    house = open_house(stack)
    rows = [("whatsapp-cloud", by_meta(payload("whatsapp_cloud_statuses.json")), {"receipts": 2}),
            ("twilio-sms", by_twilio(fields("twilio_sms_status.form.json"), "twilio-sms"), None),
            ("slack", by_slack(payload("slack_bot.json")), {"ignored": 1}),
            ("slack", by_slack(payload("slack_event_callback_wrapper.json")), {"ignored": 1}),
            ("intercom", by_intercom(payload("intercom_conversation_admin_assigned.json")), {"ignored": 1}),
            ("zendesk", by_zendesk(payload("zendesk_agent.json")), {"ignored": 1}),
            ("telegram", by_telegram(payload("telegram_button.json")), {"ignored": 1}),
            ("telegram", by_telegram(payload("telegram_joined.json")), {"ignored": 1}),
            ("postmark", by_basic(payload("postmark_vacation.json"), "postmark"), {"ignored": 1}),
            ("web-form", (form(fields("web_form_robot.form.json")), {}, FORM), None)]
    for channel, given, counts in rows:
        answer = house.repost(channel, *given)
        assert answer.status == 200, (channel, answer)
        assert counts is None or answer.json() == {"taken": 0, "duplicates": 0, "ignored": 0, "receipts": 0, **counts}, (channel, answer)
    assert house.contacts() == []


def questions(stack):
    """What platforms ask at set-up, answered to those who know the word."""
    house = open_house(stack)
    for channel in ("whatsapp-cloud", "messenger"):
        ask = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": SECRET, "workspace": "desk"}
        answer = house.post(channel, None, method="GET", query="?" + urllib.parse.urlencode(ask))
        assert (answer.status, answer.body) == (200, b"1158201444"), answer
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        ask["hub.verify_token"] = "guess"
        answer = house.post(channel, None, method="GET", query="?" + urllib.parse.urlencode(ask))
        assert answer.status == 401 and b"1158201444" not in answer.body, answer
    body = payload("slack_url_verification.json")
    answer = house.post("slack", *by_slack(body))
    assert (answer.status, answer.body.decode()) == (200, json.loads(body)["challenge"]), answer
    assert house.post("slack", body).status == 401
    assert house.post("slack", None, method="GET").status == 404
    assert house.post("slack", body, method="PUT").status == 405


def refused(stack):
    """Late, of the wrong type, broken, without anything in it, for nobody."""
    house = open_house(stack)
    message = payload("slack_message.json")
    rows = [
        ("slack", by_slack(message, time.time() - 400), 401),
        ("slack", by_slack(message, time.time() + 400), 401),
        ("slack", (message, by_slack(message + b" ")[1], "application/json"), 401),
        ("slack", by_slack(message)[:2] + (FORM,), 415),
        ("slack", by_slack(b'{"a":'), 400),
        ("slack", by_slack(b"[" * 100000), 400),
        ("slack", by_slack(b'{"type":"event_callback","event":{"type":"message","text":"x"}}'), 422),
        ("whatsapp-cloud", by_meta(b'{"entry":[{"changes":[{"field":"messages","value":{"what":1}}]}]}'), 422),
        ("mailgun", by_mailgun(fields("mailgun_inbound_parsed.form.json"), time.time() - 10 * 3600), 401),
        ("bare", (b"{}", {}, "application/json"), 404),
        ("nobody", (b"{}", {}, "application/json"), 404),
    ]
    for channel, given, status in rows:
        answer = house.post(channel, *given)
        assert answer.status == status, (channel, given[1:], answer)
    answer = house.post("slack", *by_slack(b'{"type":"event_callback","event":{"type":"message","text":"x"}}'))
    assert "sender: nothing at {event.user}" in answer["detail"], answer
    answer = house.post("slack", *by_slack(message), query="?workspace=other")
    assert answer.status == 404 and "no workspace 'other'" in answer["detail"], answer
    assert house.contacts() == []
    why = [fact["why"] for fact in house["intake-1"].facts("webhook refused")]
    assert why and not any(SECRET in words for words in why), why
    assert house.repost("slack", *by_slack(message), query="").status == 200  # one workspace alone has it


def rotation(stack):
    """While a secret is changed both are good; one that is missing is ours to mend: the platform sends it again."""
    house = open_house(stack)
    given = by_slack(payload("slack_message.json"))
    path = house.dir + "/secrets/slack-signing"
    os.rename(path, path + ".old")
    w.until("it is noticed", lambda: house.post("slack", *given).status == 503)
    house.secret("slack-signing.next", SECRET)
    house.secret("slack-signing", "another")
    w.until("the next one is taken", lambda: house.post("slack", *given).status == 200)
    os.unlink(path + ".next")
    w.until("only the new one is good", lambda: house.post("slack", *given).status == 401)


def store_away(stack):
    """What could not be made durable is answered 503; sent again it is there once."""
    house = open_house(stack)
    given = by_meta(payload("whatsapp_cloud_several.json"))
    with house.redis_stopped():
        assert house.post("whatsapp-cloud", *given).status == 503
    w.until("it is taken", lambda: house.post("whatsapp-cloud", *given).status == 200)
    assert len(house.of_channel("whatsapp-cloud")) == 3, house.contacts()
    house.audit()


def nobody_planned(stack):
    """A platform described in the policy itself."""
    house = open_house(stack)
    landed = int(time.time()) - 60
    body = json.dumps({"flight": {"number": 7, "from": {"loft": "north"}, "pigeons": [
        {"ring": "DE-1", "landed": landed, "letter": {"words": "<p>Grain&nbsp;is <b>late</b></p>", "tongue": "en_GB"}},
        {"ring": "DE-2", "letter": {"kind": "empty"}}]}}).encode()
    answer = house.repost("pigeon", *by_loft(body))
    assert (answer.status, answer.body) == (202, b"coo"), answer
    contact, = house.of_channel("pigeon")
    view = house.view(contact["contact"])
    assert view["customer_name"] == "DE-1" and view["language"] == "en-GB", view
    assert "late" in json.dumps(view["timeline"]), view
    assert house.post("pigeon", *by_loft(body, time.time() - 90)).status == 401
    answer = house.post("pigeon", None, method="GET", query="?are-you-there=1&word=" + urllib.parse.quote(SECRET))
    assert answer.body == b"coo", answer


def files_that_are_used(stack):
    """Errors name the file and its own line; what is stored is whole, and can be applied again."""
    house = open_house(stack)
    house.cli("policy", "apply", "policy.yaml")
    shown = house.cli("policy", "show")
    assert f'file: "{CHANNELS}/slack.yaml"' in shown
    with open(house.dir + "/again.yaml", "w", encoding="utf-8") as file:
        file.write(shown)
    house.cli("policy", "check", "again.yaml")
    os.mkdir(house.dir + "/more")
    with open(house.dir + "/more/bad.yaml", "w", encoding="utf-8") as file:
        file.write("---\n# a description\nin:\n  content: json\n  verifi: none\n  text: '{a'\n")
    bad = policy('  bad: { use: "more/bad.yaml" }\n  worse: { use: "more/bad.yaml" }\n')
    said = house.apply(bad, status=1)
    assert "more/bad.yaml:5:3: unknown key 'verifi'" in said and "more/bad.yaml:6:9: text of" in said, said
    assert said.count("unknown key 'verifi'") == 1, said
    said = house.apply(policy('  gone: { use: "more/gone.yaml" }\n'), status=1)
    assert "more/gone.yaml: No such file or directory" in said, said


def channel_test(stack):
    """buckstop channel test: what it would become, field by field."""
    house = open_house(stack)

    def run(*words, given, status=0):
        done = subprocess.run(
            [f"{w.BUILD}/buckstop", "channel", "test", *words], input=given, cwd=house.dir, env=house.environment,
            capture_output=True, timeout=60, check=False)
        assert done.returncode == status, done
        return (done.stdout or done.stderr).decode()

    body, headers, _ = by_slack(payload("slack_message.json"))
    more = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
    said = run(CHANNELS + "/slack.yaml", *more, "--secret", "secrets/slack-signing", given=body)
    assert "signature: good" in said and "text          Der Drucker druckt nicht" in said, said
    said = run(CHANNELS + "/slack.yaml", *more, "--secret", "secrets/slack-signing", "--json", given=body + b" ", status=1)
    assert json.loads(said)["signature"].startswith("forged"), said
    said = run("policy.yaml", "--channel", "pigeon", "--json", given=b'{"flight":{"number":1,"pigeons":{"ring":"x"}}}', status=1)
    assert json.loads(said)["messages"][0]["missing"] == "sender: nothing at {../from.loft}", said
    ask = [word for pair in ("hub.mode=subscribe", "hub.challenge=11", "hub.verify_token=" + SECRET)
           for word in ("--query", pair)]
    question = [CHANNELS + "/whatsapp-cloud.yaml", "--method", "GET", *ask, "--set", "number_id=1"]
    assert "token: not looked at" in run(*question, given=b"")
    for name, word in (("asked", SECRET), ("other", "guess")):
        with open(f"{house.dir}/{name}", "w", encoding="utf-8") as file:
            file.write(word + "\n")
    said = run(*question, "--secret", "asked", given=b"")
    assert "token: good" in said and "answer is: 11" in said, said
    said = run(*question, "--secret", "other", given=b"", status=1)
    assert "token: wrong" in said and "answer is" not in said, said
    assert "nowhere: No such file" in run(*question, "--secret", "nowhere", given=b"", status=2)
    assert "Hilfe" in run(CHANNELS + "/web-form.yaml", given=b"email=kim%40far.example&message=Hilfe")
    said = run(CHANNELS + "/web-form.yaml", given=b"{]", status=1)
    assert "as application/json" in said and "--content-type" in said, said
    run("policy.yaml", given=b"{}", status=2)
    run("policy.yaml", "--channel", "bare", given=b"{}", status=2)
    body, headers, kind = by_twilio(fields("twilio_sms.form.json"), "x")
    said = run(CHANNELS + "/twilio-sms.yaml", "--set", "account=AC1", "--set", "from=+49", "--content-type", kind, "--header",
               "X-Twilio-Signature: " + headers["X-Twilio-Signature"], "--secret", "secrets/twilio-token", "--url",
               f"{PUBLIC}/v1/channels/x/webhook?workspace=desk", given=body)
    assert "signature: good" in said, said


def hostile(stack):
    """The largest that is taken, and the widest: none of them holds up the loop, none stops it."""
    house = open_house(stack)
    large = 1024 * 1024 - 4096
    words = json.loads(payload("intercom_conversation_user_replied.json"))
    words["data"]["item"]["conversation_parts"]["conversation_parts"][0]["body"] = "<p>a<b>b" * (large // 9)
    messages = [{"from": str(i), "id": f"m{i}", "type": "text", "text": {"body": "x"}} for i in range(1000)]
    whole = {"entry": [{"changes": [{"field": "messages", "value": {"metadata": {"phone_number_id": 1},
                                                                    "messages": messages}}]}]}
    parts = b"".join(b'--xYzZY\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % i for i in range(1900))
    rows = [("intercom", by_intercom(json.dumps(words).encode())),
            ("whatsapp-cloud", by_meta(json.dumps(whole).encode())),
            ("whatsapp-cloud", by_meta(b"[" + b"0," * 19998 + b"0]")),
            ("whatsapp-cloud", by_meta(b'"' + b"\\u00e4" * (large // 6 - 1) + b'"')),
            ("web-form", (b"&".join(b"f%d=%%41" % i for i in range(1999)), {}, FORM)),
            ("web-form", (b"message=" + b"%41" * (large // 3), {}, FORM)),
            ("web-form", (parts + b"--xYzZY--\r\n", {}, MULTIPART)),
            ("web-form", (b"--xYzZY\r\n" * (large // 9), {}, MULTIPART)),
            ("sendgrid", by_basic(b'--xYzZY\r\nContent-Disposition: form-data; name="headers"\r\n\r\n' +
                                  b"A: b\r\n" * (large // 7) + b"--xYzZY--\r\n", "sendgrid", MULTIPART))]
    for channel, given in rows:
        turns = []
        while not turns or (min(turns) >= w.TURN_LIMIT_US and len(turns) < 5):  # others use the machine, too
            house.longest_turns()
            answer = house.post(channel, *given)
            assert answer.status in (200, 400, 422, 503), (channel, answer)
            turns.append(house.longest_turns()["intake-1"])
        print(f"      {channel}: {len(given[0])} bytes, {answer.status}, longest turn {min(turns) / 1000:.1f} ms", flush=True)
        assert min(turns) < w.TURN_LIMIT_US, (channel, turns)


def multipart(values, files):
    """As a platform posts them: bytes as they are."""
    parts = [b'--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value.encode())
             for name, value in values.items()]
    parts += [b'--xYzZY\r\nContent-Disposition: form-data; name="attachment%d"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s\r\n'
              % (i, name.encode(), kind.encode(), data) for i, (name, kind, data) in enumerate(files)]
    return b"".join(parts) + b"--xYzZY--\r\n"


def hashed(data):
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def files(stack):
    """Files that come within a webhook are on disk before it is answered, byte for byte; larger ones than a mail's are not."""
    house = open_house(stack)
    large, odd = os.urandom(3 * 1024 * 1024), b"\x00--\r\n--xYzZ\r\n\n\r\xff"
    dashes = b"-- a line of a program\n" * 5000
    values = fields("sendgrid_inbound_parsed.form.json")
    post = multipart(values, [("scan.bin", "application/octet-stream", large), ("odd.bin", "image/png", odd),
                              ("a.sql", "text/plain", dashes), ("huge.bin", "image/png", os.urandom(10 * 1024 * 1024 + 1))])
    house.longest_turns()
    answer = house.repost("sendgrid", *by_basic(post, "sendgrid", MULTIPART))
    assert answer.status == 200, answer
    turn = house.longest_turns()["intake-1"]
    print(f"      sendgrid: {len(post)} bytes, longest turn {turn / 1000:.1f} ms", flush=True)
    assert house.spooled() == {hashed(data): len(data) for data in (large, odd, dashes)}, house.spooled()
    rows = house.attachments("sendgrid")
    for row, words in zip(rows, (("scan.bin", hashed(large)), ("odd.bin", hashed(odd)), ("a.sql", hashed(dashes)),
                                 ("huge.bin", "not kept: too large")), strict=True):
        assert all(word in row for word in words), (row, words)
    inbound = json.loads(payload("postmark_inbound.json"))
    inbound["Attachments"] = [{"Name": "b.pdf", "ContentType": "application/pdf", "ContentLength": 1,
                               "Content": base64.b64encode(large).decode()},
                              {"Name": "c.pdf", "ContentType": "application/pdf", "ContentLength": 7, "Content": "*"}]
    answer = house.repost("postmark", *by_basic(json.dumps(inbound).encode(), "postmark"))
    assert answer.status == 200, answer
    kept, none = house.attachments("postmark")
    assert "b.pdf" in kept and hashed(large) in kept and str(len(large)) in kept, kept
    assert "c.pdf" in none and "no base64" in none, none
    answer = house.post("slack", *by_slack(b" " * (2 * 1024 * 1024)))  # its description has no files: --body-max
    assert answer.status == 413, answer
    kept = house.spooled()
    assert house.post("sendgrid", post, {}, MULTIPART).status == 401 and house.spooled() == kept
    house.audit()


def ended_meanwhile(stack):
    """A service that is told to end while threads read: what was answered 200 is there, all else can be sent again."""
    house = open_house(stack)
    names, answers, ending = [f"m{i}@far.example" for i in range(12)], {}, threading.Event()

    def send(name):
        post = multipart({**fields("sendgrid_inbound_parsed.form.json"), "headers": f"Message-ID: <{name}>"},
                         [("a.bin", "image/png", os.urandom(1024 * 1024))])
        try:
            while answers.get(name, 503) == 503 and not ending.is_set():
                answers[name] = house.post("sendgrid", *by_basic(post, "sendgrid", MULTIPART)).status
        except (OSError, http.client.HTTPException):
            answers[name] = 0

    threads_ = [threading.Thread(target=send, args=(name,)) for name in names]
    for thread in threads_:
        thread.start()
    w.until("one is taken", lambda: 200 in list(answers.values()))
    ending.set()
    assert house["intake-1"].end() == 0
    for thread in threads_:
        thread.join()
    house["intake-1"].start()
    taken = {row["thread"] for row in house.contacts()}
    assert set(answers.values()) <= {0, 200, 503}, answers
    assert all(name in taken for name, status in answers.items() if status == 200), (answers, taken)
    house.audit()


def files_not_kept(stack):
    """Without a spool they are listed; where it can't be written the platform is to send it again."""
    house = open_house(stack, spool=False)
    post = multipart(fields("sendgrid_inbound_parsed.form.json"), [("a.bin", "image/png", b"a" * 100)])
    assert house.repost("sendgrid", *by_basic(post, "sendgrid", MULTIPART)).status == 200
    row, = house.attachments("sendgrid")
    assert row.startswith("a.bin, image/png, 100 bytes, not kept: no --spool"), row
    other = open_house(stack)
    os.mkdir(other.dir + "/spool/desk")
    assert other.repost("sendgrid", *by_basic(post, "sendgrid", MULTIPART)).status == 200
    for name in os.listdir(other.dir + "/spool/desk"):  # a file where a directory is to be
        os.rename(f"{other.dir}/spool/desk/{name}", other.dir + "/away")
        with open(f"{other.dir}/spool/desk/{name}", "wb"):
            pass
    post = multipart({**fields("sendgrid_inbound_parsed.form.json"), "headers": "Message-ID: <2@x.example>"},
                     [("a.bin", "image/png", b"b")])
    refused = w.until("it is to be sent again, and why", lambda: (lambda answer: answer["code"] == "spool-failed" and answer)(
        other.post("sendgrid", *by_basic(post, "sendgrid", MULTIPART))))
    assert refused.status == 503, refused
    assert len(other.contacts()) == 1, other.contacts()


if __name__ == "__main__":
    sys.exit(w.main([each_platform, calls, threads, no_messages, questions, refused, rotation, store_away, nobody_planned,
                     files_that_are_used, channel_test, files, files_not_kept, ended_meanwhile, hostile]))
