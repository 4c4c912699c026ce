#!/usr/bin/python3
"""Answers go back the way the customer came: through the descriptions that ship in deploy/channels, to a far side that
behaves like each platform; and by mail, looked at as it is received. What comes back later finds the answer that it is
about. Ends with "N passed, N failed".
"""
import base64
import collections
import email
import email.policy
import hashlib
import hmac
import http.client
import http.server
import json
import re
import sys
import threading
import urllib.parse

import lmtp
import world as w

Call = collections.namedtuple("Call", "method path headers body")
SECRET = "s3cret-of-the-platform"


class Platforms:
    """One HTTP server for all of them: the first part of the path says whose call it is. `script`: the next answers of a
    platform, (status, headers, body); when it is empty, `usual`."""

    def __init__(self):
        outer = self
        self.calls, self.script, self.usual = [], collections.defaultdict(list), {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = self.path.split("/")[1]
                outer.calls.append(Call(self.command, self.path, dict(self.headers), body.decode()))
                status, headers, words = outer.script[name].pop(0) if outer.script[name] else outer.usual[name]
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words.encode())

            do_POST = do_PUT = answer

            def log_message(self, *words):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def of(self, name, words=""):
        return [call for call in list(self.calls) if call.path.startswith(f"/{name}/") and words in call.body]


# What each platform says: settings that a user adds, how it says yes (with its id), how it says never, and where an
# answer's words stand in the request.
Platform = collections.namedtuple("Platform", "settings submit method path auth said yes never")
FORM, JSON = urllib.parse.parse_qs, json.loads
PLATFORMS = {
    "slack": Platform({}, {"return_to": "C1", "thread": "1700.1", "message_id": "C1 1700.1"}, "POST",
                      "/api/chat.postMessage", f"Bearer {SECRET}",
                      lambda body: (JSON(body)["channel"], JSON(body)["thread_ts"], JSON(body)["text"]),
                      (200, {}, '{"ok":true,"channel":"C1","ts":"1701.5"}'),
                      (200, {}, '{"ok":false,"error":"channel_not_found"}')),
    "twilio-sms": Platform({"account": "AC1", "from": "+4930555"},
                           {"customer": "+49301234", "return_to": "+49301234"}, "POST",
                           "/2010-04-01/Accounts/AC1/Messages.json",
                           "Basic " + base64.b64encode(f"AC1:{SECRET}".encode()).decode(),
                           lambda body: (FORM(body)["To"][0], FORM(body)["From"][0], FORM(body)["Body"][0]),
                           (201, {}, '{"sid":"SM77","status":"queued"}'),
                           (400, {}, '{"code":21610,"message":"unsubscribed","status":400}')),
    "whatsapp-cloud": Platform({"number_id": "1055"}, {"customer": "+49301235", "return_to": "+49301235"}, "POST",
                               "/v21.0/1055/messages",
                               f"Bearer {SECRET}",
                               lambda body: (JSON(body)["to"], JSON(body)["messaging_product"],
                                             JSON(body)["text"]["body"]),
                               (200, {}, '{"messages":[{"id":"wamid.A"}]}'),
                               (400, {}, '{"error":{"code":131047,"message":"Re-engagement message"}}')),
    "telegram": Platform({}, {"customer": "24601", "return_to": "-1009"}, "POST", f"/bot{SECRET}/sendMessage", None,
                         lambda body: (JSON(body)["chat_id"], "sent", JSON(body)["text"]),
                         (200, {}, '{"ok":true,"result":{"message_id":77}}'),
                         (400, {}, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}')),
    "messenger": Platform({}, {"customer": "24601", "return_to": "24601"}, "POST", "/v21.0/me/messages",
                          f"Bearer {SECRET}",
                          lambda body: (JSON(body)["recipient"]["id"], JSON(body)["messaging_type"],
                                        JSON(body)["message"]["text"]),
                          (200, {}, '{"recipient_id":"24601","message_id":"mid.1"}'),
                          (400, {}, '{"error":{"code":551,"message":"not available"}}')),
    "intercom": Platform({"admin": "814"}, {"return_to": "2030"}, "POST", "/conversations/2030/reply",
                         f"Bearer {SECRET}",
                         lambda body: (JSON(body)["admin_id"], JSON(body)["type"], JSON(body)["body"]),
                         (200, {}, '{"type":"conversation","id":"2030"}'),
                         (404, {}, '{"type":"error.list","errors":[{"code":"not_found"}]}')),
    "zendesk": Platform({"subdomain": "desk", "agent": "agent@desk.example"}, {"return_to": "35"}, "PUT",
                        "/api/v2/tickets/35.json",
                        "Basic " + base64.b64encode(f"agent@desk.example/token:{SECRET}".encode()).decode(),
                        lambda body: ("35", JSON(body)["ticket"]["comment"]["public"],
                                      JSON(body)["ticket"]["comment"]["body"]),
                        (200, {}, '{"ticket":{"id":35}}'), (422, {}, '{"error":"RecordInvalid"}')),
    "mailgun": Platform({"domain": "mg.desk.example", "from": "Desk <desk@mg.desk.example>"},
                        {"return_to": "eve@far.example", "message_id": "q1@far.example"}, "POST",
                        "/v3/mg.desk.example/messages",
                        "Basic " + base64.b64encode(f"api:{SECRET}".encode()).decode(),
                        lambda body: (FORM(body)["to"][0], FORM(body)["h:In-Reply-To"][0],
                                      FORM(body)["text"][0]),
                        (200, {}, '{"id":"<1@mg.desk.example>","message":"Queued."}'),
                        (400, {}, '{"message":"to parameter is not a valid address"}')),
    "sendgrid": Platform({"domain": "desk.example", "from": "desk@desk.example"},
                         {"return_to": "eve@far.example", "message_id": "q2@far.example"}, "POST", "/v3/mail/send",
                         f"Bearer {SECRET}",
                         lambda body: (JSON(body)["personalizations"][0]["to"][0]["email"],
                                       JSON(body)["headers"]["In-Reply-To"], JSON(body)["content"][0]["value"]),
                         (202, {"X-Message-Id": "sg-1"}, ""),
                         (400, {}, '{"errors":[{"message":"Does not contain a valid address.","field":"to"}]}')),
    "postmark": Platform({"domain": "desk.example", "from": "desk@desk.example"},
                         {"return_to": "eve@far.example", "message_id": "q3@far.example"}, "POST", "/email", None,
                         lambda body: (JSON(body)["To"],
                                       next(row["Value"] for row in JSON(body)["Headers"]
                                            if row["Name"] == "In-Reply-To"),
                                       JSON(body)["TextBody"]),
                         (200, {}, '{"ErrorCode":0,"Message":"OK","MessageID":"pm-1"}'),
                         (422, {}, '{"ErrorCode":406,"Message":"inactive recipient"}')),
}
MAILS = ("mailgun", "sendgrid", "postmark")


def description(name, port):
    """A shipped file as keys of a channel: its platform's host is ours, a user's settings are added."""
    with open(f"{w.ROOT}/deploy/channels/{name}.yaml", encoding="utf-8") as file:
        text = file.read()
    text, urls = re.subn(r'url: "https://[^/"]+/', f'url: "http://127.0.0.1:{port}/{name}/', text)
    assert urls == 1, (name, urls)
    more = "".join(f", {key}: {json.dumps(value)}" for key, value in PLATFORMS[name].settings.items())
    text = re.sub(r"(?m)^settings: \{(.*) \}$", lambda found: f"settings: {{{found[1]}{more} }}", text)
    text = re.sub(r"(?m)^answer: mail$", "answer: channel", text)
    return f"  {name}:\n    accept: auto\n    weight: 1\n" + "".join(f"    {line}\n" for line in text.splitlines())


def policy(port):
    return ("workspace: desk\nlast_resort: dana\nmail_from: \"The desk <desk@desk.example>\"\n"
            "links: http://127.0.0.1:1\nchannels:\n"
            + "".join(description(name, port) for name in PLATFORMS)
            + "people:\n  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }\n"
              "  dana: { ways: [{ log: dana }] }\n"
              "teams:\n  front: { lead: dana, members: [ada] }\nsettings: { presence: 1h }\n")


def house_of(stack):
    far = Platforms()
    stack.callback(far.close)
    for name, platform in PLATFORMS.items():
        far.usual[name] = platform.yes
    world = w.open_world(stack, policy(far.port), start=False)
    world.options["intake"] = ["--secrets", world.dir + "/secrets"]
    names = re.findall(r"[a-z]+-[a-z]+(?=[,\s}])", " ".join(
        line for line in policy(far.port).splitlines() if line.lstrip().startswith("settings: {")))
    for name in names:
        with open(f"{world.dir}/secrets/{name}", "w", encoding="utf-8") as key:
            key.write(SECRET + "\n")
    world.start()
    world.present("ada")
    return world, far


def acknowledged(world, contact):
    """What the system says by itself is out: a person's answer would make it moot."""
    w.until("it is acknowledged", lambda: has(world, contact, "delivered", "acknowledge"), 20)


def answered(world, name, text, wait=False):
    """A contact that came by that platform, and a reply to it."""
    contact = world.submit(name, **PLATFORMS[name].submit)
    w.until("it is ada's", lambda: world.view(contact).get("owner") == "ada")
    if wait:
        acknowledged(world, contact)
    answer = world.act(contact, "reply", "ada", text=text)
    assert answer.status == 200, answer
    return contact


def has(world, contact, fact, words=""):
    """Facts of that kind whose words hold these."""
    return [row for row in w.facts_of(world.view(contact)) if row["fact"] == fact and words in row.get("detail", "")]


def check_call(name, call, text):
    platform = PLATFORMS[name]
    assert (call.method, call.path) == (platform.method, f"/{name}{platform.path}"), call
    if platform.auth:
        assert call.headers["Authorization"] == platform.auth, call
    elif name == "postmark":
        assert call.headers["X-Postmark-Server-Token"] == SECRET, call
    to, what, said = platform.said(call.body)
    expected = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") if name == "slack" else text
    assert said == expected, (name, said)
    assert to and what, call
    assert SECRET not in call.body and (SECRET not in call.path) == (name != "telegram")
    if name in MAILS:
        assert "auto-" not in call.body, "what a person wrote says that it is automatic"
        assert re.search(r"[0-9a-f]{16}-\d+\.[0-9A-Z]{26}\.[0-9A-Z]{16}(@|%40)", call.body), "no Message-ID of ours"


def called_once(world, far, name, contact, words):
    """And again only after an attempt that had no answer in time, as when the machine paused; never with other bytes."""
    calls, unanswered = far.of(name, words), [fact for fact in has(world, contact, "delivery_retried", "reply by channel")
                                              if "no answer within" in fact["detail"]]
    assert 1 <= len(calls) <= 1 + len(unanswered) and len({call.body for call in calls}) == 1, (calls, unanswered)
    return calls


# ---- the cases --------------------------------------------------------------------------------------


def each_platform_takes_it(stack):
    world, far = house_of(stack)
    text = 'It is "on" its way & <soon>\nAda \u00fc'
    contacts = {name: answered(world, name, text, wait=True) for name in PLATFORMS}
    for name, contact in contacts.items():
        w.until(lambda: f"{name} was called: {has(world, contact, 'delivery_retried')}",
                lambda: far.of(name, "soon"), 20)
        w.until(f"{name} has it", lambda: has(world, contact, "delivered", "the reply was accepted"), 20)
        for call in called_once(world, far, name, contact, "soon"):
            check_call(name, call, text)
    for name in MAILS:  # what the system says by itself is marked as such
        assert [call for call in far.of(name) if "auto-replied" in call.body], far.of(name)
    sent = {key.decode() for key in world.redis.keys("b:*sent:*")}
    assert len(sent) >= 7, sent  # intercom and zendesk tell no id
    for key in world.redis.keys("b:*"):
        if world.redis.type(key) == b"string":
            assert SECRET.encode() not in world.redis.get(key), key
    assert SECRET not in world["notification"].text()
    world.audit()


def each_platform_asks_for_a_pause(stack):
    world, far = house_of(stack)
    for name in PLATFORMS:
        far.usual[name] = (429, {"Retry-After": "1"}, "{}")
    contacts = {name: answered(world, name, "hello again") for name in PLATFORMS}
    for name, contact in contacts.items():
        w.until(f"{name} asked for a pause", lambda: has(world, contact, "delivery_retried", "reply by channel"), 20)
    for name, platform in PLATFORMS.items():
        far.usual[name] = platform.yes
    for name, contact in contacts.items():
        w.until(f"{name} has it", lambda: has(world, contact, "delivered", "the reply was accepted"), 30)
        assert len({call.body for call in far.of(name, "again")}) == 1, "other bytes at another attempt"


def each_platform_says_never(stack):
    world, far = house_of(stack)
    for name, platform in PLATFORMS.items():
        far.usual[name] = platform.never
    contacts = {name: answered(world, name, "never seen") for name in PLATFORMS}
    for name, contact in contacts.items():
        w.until(f"{name} refused it", lambda: has(world, contact, "delivery_failed", "the far side answered"), 20)
        w.until("ada is told to act", lambda: has(world, contact, "notice", "returned"), 20)
        called_once(world, far, name, contact, "never")
        assert [row for row in world.view(contact)["promises"] if not row.get("answered")], world.view(contact)


def a_token_that_is_refused_fails_nothing(stack):
    world, far = house_of(stack)
    far.usual["slack"] = (200, {}, '{"ok":false,"error":"invalid_auth"}')
    contact = answered(world, "slack", "wait for it")
    w.until("it waits", lambda: has(world, contact, "delivery_retried", "invalid_auth"), 20)
    far.usual["slack"] = PLATFORMS["slack"].yes
    w.until("it goes", lambda: has(world, contact, "delivered", "the reply was accepted"), 60)
    assert not has(world, contact, "delivery_failed")


def a_secret_in_a_url_is_never_shown(stack):
    """Whatever the platform says, or whether it is there at all: the URL in records, logs and words keeps its {secret}."""
    world, far = house_of(stack)

    def shown():
        rows = [world.redis.get(key) for key in world.redis.keys("b:*") if world.redis.type(key) == b"string"]
        return b" ".join(rows) + json.dumps(world.view(contact)).encode() + world["notification"].text().encode()

    far.usual["telegram"] = (429, {}, '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 2",'
                                      '"parameters":{"retry_after":2}}')
    contact = answered(world, "telegram", "hello there")
    w.until("it asks for a pause", lambda: has(world, contact, "delivery_retried", "retry after 2"), 20)
    far.usual["telegram"] = (404, {}, '{"ok":false,"error_code":404,"description":"Not Found"}')
    w.until("the token is none", lambda: has(world, contact, "delivery_retried", "Not Found"), 20)
    assert SECRET.encode() not in shown() and b"/bot{secret}/sendMessage" in shown(), shown()
    with open(world.dir + "/secrets/telegram-bot", "w", encoding="utf-8") as key:
        key.write(f"{SECRET} \u00fc/..?#")
    status, headers, body = PLATFORMS["telegram"].yes
    far.usual["telegram"] = (status, {**headers, "Connection": "close"}, body)
    w.until("it goes", lambda: has(world, contact, "delivered", "the reply was accepted"), 60)
    assert far.of("telegram", "hello there")[-1].path == f"/telegram/bot{SECRET}%20%C3%BC%2F..%3F%23/sendMessage", far.calls
    far.close()
    before = len(has(world, contact, "delivery_retried"))
    assert world.act(contact, "reply", "ada", text="nobody listens").status == 200
    w.until("nobody is there", lambda: len(has(world, contact, "delivery_retried")) > before, 20)
    assert SECRET.encode() not in shown(), shown()


def a_text_that_is_too_long_is_told_at_once(stack):
    world, far = house_of(stack)
    contact = answered(world, "twilio-sms", "short")
    refused = world.act(contact, "reply", "ada", text="x" * 1700)
    assert refused.status == 422 and "1600" in refused.json()["detail"], refused
    assert not far.of("twilio-sms", "xxx")


def post(world, name, body, headers):
    intake = world["intake"]
    connection = http.client.HTTPConnection(intake.host, intake.port, timeout=10)
    connection.request("POST", f"/v1/channels/{name}/webhook?workspace=desk", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def what_platforms_tell_later(stack):
    """WhatsApp says read, then that it failed after all: whoever owns it must act."""
    world, _ = house_of(stack)
    contact = answered(world, "whatsapp-cloud", "on its way")
    w.until("it has it", lambda: has(world, contact, "delivered", "the reply was accepted"), 20)

    def status(word, number, **more):
        row = {"id": number, "status": word, "timestamp": "1700000000", "recipient_id": "49301235", **more}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp", "metadata": {"phone_number_id": "1055"}, "statuses": [row]}}]}]}).encode()
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return post(world, "whatsapp-cloud", body, {"X-Hub-Signature-256": "sha256=" + mac,
                                                    "Content-Type": "application/json"})

    assert status("read", "wamid.A") == 200
    w.until("it was read", lambda: has(world, contact, "delivery_receipt", "was read"), 20)
    assert status("failed", "wamid.unknown") == 200
    assert not has(world, contact, "bounced")
    for _ in range(2):
        assert status("failed", "wamid.A", errors=[{"code": 131026, "title": "Message undeliverable"}]) == 200
    w.until("it came back", lambda: has(world, contact, "bounced", "undeliverable"), 20)
    w.until("ada is told to act", lambda: has(world, contact, "notice", "returned"), 20)
    assert len(has(world, contact, "bounced")) == 1
    world.audit()


# ---- mail -------------------------------------------------------------------------------------------

MAIL_POLICY = """workspace: desk
last_resort: dana
mail_from: "The desk <desk@desk.example>"
channels:
  plain: { weight: 1, accept: auto, answer: mail }
  tagged: { weight: 1, accept: auto, answer: mail, address: help@desk.example, tag: address }
  titled: { weight: 1, accept: auto, answer: mail, address: info@desk.example, tag: subject }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ mail: ada@desk.example }, { log: ada, after: 10m }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""
TAG = r"[0-9A-Z]{26}\.[0-9A-HJKMNP-TV-Z]{16}"


def mail_house(stack):
    receiver = w.open_receiver(stack)
    world = w.open_world(stack, MAIL_POLICY, start=False)
    world.options["notification"] += ["--smtp", f"smtp://127.0.0.1:{receiver.smtp_port}"]
    world.options["intake"] = ["--lmtp", f"unix:{world.dir}/lmtp.sock"]
    world.start()
    world.present("ada")
    return world, receiver


def mails_to(receiver, address, words=""):
    parsed = [(envelope, email.message_from_bytes(envelope.content, policy=email.policy.default))
              for envelope in list(receiver.mails) if address in envelope.rcpt_tos]
    return [(envelope, mail) for envelope, mail in parsed if words in mail.get_content()]


def one_mail(receiver, address, words):
    w.until(f"a mail to {address}", lambda: mails_to(receiver, address, words), 20)
    (envelope, mail), = mails_to(receiver, address, words)
    return envelope, mail


def by_mail(world, channel, **more):
    contact = world.submit(channel, customer="eve@far.example", return_to="eve@far.example",
                           subject="Gr\u00fc\u00dfe, my card", thread="first@far.example", message_id="second@far.example", **more)
    w.until("it is ada's", lambda: world.view(contact).get("owner") == "ada")
    acknowledged(world, contact)
    assert world.act(contact, "reply", "ada", text="A new one is on its way.").status == 200
    return contact


def mail_as_it_is_received(stack):
    world, receiver = mail_house(stack)
    contact = by_mail(world, "tagged")
    envelope, mail = one_mail(receiver, "eve@far.example", "on its way")
    assert envelope.mail_from == "help@desk.example", envelope.mail_from
    assert str(mail["From"]) == "The desk <help@desk.example>", mail["From"]
    assert mail["Subject"] == "Re: Gr\u00fc\u00dfe, my card"
    assert mail["In-Reply-To"] == "<second@far.example>"
    assert mail["References"].split() == ["<first@far.example>", "<second@far.example>"], mail["References"]
    assert re.fullmatch(rf"<[0-9a-f]{{16}}-\d+\.{TAG}@desk\.example>", mail["Message-ID"]), mail["Message-ID"]
    assert contact in mail["Message-ID"]
    assert re.fullmatch(rf"help\+{TAG}@desk\.example", mail["Reply-To"].addresses[0].addr_spec), mail["Reply-To"]
    assert mail["X-Buckstop"] == "desk.example"
    assert mail["Auto-Submitted"] is None and mail["Precedence"] is None
    assert mail["Date"].datetime is not None
    _, automatic = one_mail(receiver, "eve@far.example", "thank you")
    assert automatic["Auto-Submitted"] == "auto-replied" and automatic["In-Reply-To"] == "<second@far.example>"
    _, notice = one_mail(receiver, "ada@desk.example", "is yours now")
    assert notice["Auto-Submitted"] == "auto-generated" and notice["In-Reply-To"] is None
    assert str(notice["From"]) == "The desk <desk@desk.example>" and notice["Reply-To"] is None
    by_mail(world, "titled", key="titled")
    w.until("the second answer", lambda: len(mails_to(receiver, "eve@far.example", "on its way")) == 2, 20)
    _, titled = mails_to(receiver, "eve@far.example", "on its way")[1]
    assert re.fullmatch(rf"Re: Gr\u00fc\u00dfe, my card \[#{TAG}\]", titled["Subject"]), titled["Subject"]
    assert titled["Reply-To"] is None
    w.until("the outbox is empty", lambda: world.count("b:{*}:due:d") <= 2, 20)
    world.audit()


def one_thread(stack):
    """Who came by a form never sent a mail: ours are one thread all the same, and so they are with what they answer."""
    world, receiver = mail_house(stack)
    contact = world.submit("tagged", customer="visitor 7", return_way="mail", return_to="eve@far.example", thread="room 7",
                           subject="My card")
    w.until("it is ada's", lambda: world.view(contact).get("owner") == "ada")
    _, first = one_mail(receiver, "eve@far.example", "thank you")
    assert first["In-Reply-To"] is None and first["References"] is None, first.as_string()
    for text in ("Which card?", "And since when?"):
        assert world.act(contact, "reply", "ada", text=text).status == 200
        _, mail = one_mail(receiver, "eve@far.example", text)
        assert mail["In-Reply-To"] == mail["References"] == first["Message-ID"], mail.as_string()
    answer = lmtp.mail(sender="Eve <eve@far.example>", subject="Re: My card", text="The blue one.",
                       message_id="<answer@far.example>", In_Reply_To=mail["Message-ID"],
                       References=f"{first['Message-ID']} {mail['Message-ID']}")
    assert hand_over(world, mail["Reply-To"].addresses[0].addr_spec, answer, "eve@far.example")[0] == 250
    said = w.until("it is hers", lambda: [fact for event in world.view(contact)["timeline"] for fact in event["facts"]
                                          if fact.get("text", "").strip() == "The blue one."])
    assert "not known" not in said[0].get("detail", ""), said
    assert world.act(contact, "reply", "ada", text="We send a new one.").status == 200
    _, last = one_mail(receiver, "eve@far.example", "a new one")
    assert last["In-Reply-To"] == "<answer@far.example>", last["In-Reply-To"]
    assert last["References"].split() == [first["Message-ID"], "<answer@far.example>"], last["References"]


def nobody_answers_a_machine(stack):
    world, receiver = mail_house(stack)
    contact = world.submit("plain", customer="noreply@far.example", return_to="noreply@far.example")
    w.until("it is left out", lambda: has(world, contact, "notice_left_out", "RFC 3834"), 20)
    w.until("it is ada's", lambda: world.view(contact).get("owner") == "ada")
    assert world.act(contact, "reply", "ada", text="A person may.").status == 200
    _, mail = one_mail(receiver, "noreply@far.example", "A person may.")
    assert mail["Auto-Submitted"] is None
    assert len(mails_to(receiver, "noreply@far.example")) == 1


def bounce_of(mail, to, status="5.1.1"):
    """As a mail server says it (RFC 3464)."""
    return ("From: MAILER-DAEMON@far.example\r\nTo: " + to + "\r\nSubject: Undelivered Mail Returned to Sender\r\n"
            "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
            "Message-ID: <b" + str(next(lmtp.counter)) + "@far.example>\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nIt was not delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.far.example\r\n\r\n"
            "Final-Recipient: rfc822; eve@far.example\r\nAction: failed\r\nStatus: " + status + "\r\n"
            "Diagnostic-Code: smtp; 550 no such user here\r\n\r\n"
            "--b\r\nContent-Type: message/rfc822\r\n\r\n" + mail.as_string().replace("\n", "\r\n")
            + "\r\n--b--\r\n").encode()


def hand_over(world, to, mail, sender=""):
    client = lmtp.Client(f"{world.dir}/lmtp.sock")
    try:
        client.envelope(to, sender=sender)
        client.send(lmtp.stuffed(mail))
        return client.reply()
    finally:
        client.close()


def an_answer_that_comes_back(stack):
    world, receiver = mail_house(stack)
    contact = by_mail(world, "tagged")
    _, mail = one_mail(receiver, "eve@far.example", "on its way")
    w.until("it is delivered", lambda: has(world, contact, "delivered", "the reply was accepted"), 20)
    forged = email.message_from_string(mail.as_string(), policy=email.policy.default)
    forged.replace_header("Message-ID", re.sub(r".@", "0@" if mail["Message-ID"].split("@")[0][-1] != "0" else "1@",
                                               mail["Message-ID"]))
    assert hand_over(world, "help@desk.example", bounce_of(forged, "help@desk.example"))[0] == 250
    for _ in range(2):
        assert hand_over(world, "help@desk.example", bounce_of(mail, "help@desk.example"))[0] == 250
    w.until("it came back", lambda: has(world, contact, "bounced", "550 no such user"), 20)
    one_mail(receiver, "ada@desk.example", "did not arrive")
    view = world.view(contact)
    assert len(has(world, contact, "bounced")) == 1 and len(world.contacts()) == 1, view
    assert [row for row in view["promises"] if row["kind"] == "next_response"], view
    world.audit()


def a_notice_that_comes_back(stack):
    """ada's mail bounces: the way behind it, ten minutes later, is tried at once."""
    world, receiver = mail_house(stack)
    contact = world.submit("tagged")
    _, mail = one_mail(receiver, "ada@desk.example", "is yours now")
    w.until("it is delivered", lambda: has(world, contact, "delivered", "assigned by mail"), 20)
    assert not has(world, contact, "delivered", "assigned by log")
    assert hand_over(world, "help@desk.example", bounce_of(mail, "desk@desk.example"))[0] == 250
    w.until("the next way is tried", lambda: has(world, contact, "delivered", "assigned by log"), 20)
    assert has(world, contact, "bounced", "assigned")
    world.audit()


if __name__ == "__main__":
    sys.exit(w.main([each_platform_takes_it, each_platform_asks_for_a_pause, each_platform_says_never,
                     a_token_that_is_refused_fails_nothing, a_secret_in_a_url_is_never_shown,
                     a_text_that_is_too_long_is_told_at_once,
                     what_platforms_tell_later, mail_as_it_is_received, one_thread, nobody_answers_a_machine,
                     an_answer_that_comes_back, a_notice_that_comes_back]))
