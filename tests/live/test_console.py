#!/usr/bin/python3
"""The console as operators and desks meet it: sessions, the board, what changes on it, what people do through it.

Ends with "N passed, N failed".
"""
import gzip
import http.client
import json
import sys

import world as w
from console import Described, Stream
from ports import free_port

POLICY = """workspace: desk
last_resort: dana
default_team: front
channels:
  mail: { weight: 1, accept: auto, answer: spoken }
  form: { weight: 2, offer: 1h, answer: spoken }
  soon: { weight: 1, offer: 1h, answer: spoken }
people:
  ada: { name: Ada L., capacity: 10, ways: [ { mail: ada@desk.example } ] }
  ben: { name: Ben K., capacity: 10 }
  dana: { name: Dana R. }
teams:
  front: { lead: dana, members: [ada, ben] }
  back: { lead: dana, members: [ben] }
promises:
  - { when: { channel: soon }, first_response: 2s, ladder: quiet }
ladders:
  quiet:
    - { at: due, tell: [lead] }
settings: { presence: 1h, makeups: 0 }
"""
AGAIN, SLOW = 20, ("no-answer-in-time", "busy")


def open_console(stack, policy=POLICY, options=(), **given):
    world = w.open_world(stack, policy, options={"console": list(options)}, **given)
    world.console = world.add("console")
    return world


def call(world, *given, **more):
    """The same once more where the machine was slow: whoever changes something has a key, or changes the same twice."""
    answers = (call_once(world, *given, **more) for _ in range(AGAIN))
    return next((got for got in answers if got.status != 503 or got.json().get("code") not in SLOW), None) or \
        call_once(world, *given, **more)


def call_once(world, method, path, body=None, headers=None):
    """One request to the console, as a browser sends it: nothing is added."""
    link = http.client.HTTPConnection("127.0.0.1", world.console.port, timeout=20)
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
    link.request(method, path, body, headers)
    answer = link.getresponse()
    got = w.Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    link.close()
    return got


def sign_in(world, token):
    answer = call(world, "POST", "/session", {"token": token})
    assert answer.status == 200, answer
    return answer.headers["set-cookie"], answer.json()


def stream(stack, world, **given):
    given.setdefault("token", world.token)
    watcher = Stream(world.console.port, **given)
    stack.callback(watcher.close)
    assert watcher.status == 200, watcher.answer.read()
    watcher.wait("the board comes", lambda: watcher.named("board"))
    return watcher


def store_counts(world):
    """What the store holds, state by state; read as intake reads it."""
    counts = {}
    for contact in world.contacts():
        counts[contact["state"]] = counts.get(contact["state"], 0) + 1
    return counts


def same_counts(watcher, wanted):
    states = ("received", "offered", "queued", "owned", "waiting", "resolved")
    return all(watcher.counts.get(state) == wanted.get(state, 0) for state in states)


# ---- the page and its headers


def the_page_is_strict_and_its_files_are_known_again(stack):
    world = open_console(stack)
    page = call(world, "GET", "/")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html"), page
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff" and page.headers["referrer-policy"] == "no-referrer"
    again = call(world, "GET", "/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status == 304 and not again.body, again
    packed = call(world, "GET", "/", headers={"Accept-Encoding": "gzip"})
    plain = gzip.decompress(packed.body) if packed.headers.get("content-encoding") == "gzip" else packed.body
    assert plain == page.body
    assert call(world, "GET", "/assets/no-such-file.js").status == 404
    assert call(world, "GET", "/assets/../main.c").status == 404
    assert call(world, "GET", "/nothing").status == 404
    other = call(world, "POST", "/board")
    assert other.status == 405 and other.headers["allow"] == "GET", other


# ---- sessions


def a_session_is_a_sealed_cookie_and_what_changes_needs_its_word(stack):
    world = open_console(stack)
    token = world.issue("person", "--person", "ada")
    assert call(world, "GET", "/session").status == 401
    assert call(world, "POST", "/session", {"token": "bs_nonsense"}).status == 401
    assert call(world, "POST", "/session", b'{"token": "x"}', {"Content-Type": "text/plain"}).status == 400
    assert call(world, "POST", "/session", {"token": world.issue("channel")}).status == 403
    cookie, session = sign_in(world, token)
    assert session["workspace"] == "desk" and session["person"] == "ada" and session["scope"] == "person"
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/")) and "Secure" not in cookie, cookie
    assert token not in cookie
    value = {"Cookie": cookie.split(";")[0]}
    assert call(world, "GET", "/session", headers=value).json()["csrf"] == session["csrf"]
    # through a proxy that does TLS it is for TLS only
    secure = call(world, "POST", "/session", {"token": token}, {"X-Forwarded-Proto": "https"})
    assert "Secure" in secure.headers["set-cookie"]
    # what changes something
    path = "/v1/people/ada/presence"
    assert call(world, "PUT", path, b"", value).status == 403
    assert call(world, "PUT", path, b"", {**value, "Buckstop-CSRF": "0" * 32}).status == 403
    own = {**value, "Buckstop-CSRF": session["csrf"]}
    assert call(world, "PUT", path, b"", {**own, "Sec-Fetch-Site": "cross-site"}).status == 403
    assert call(world, "PUT", path, b"", own).status == 200
    assert call(world, "PUT", "/v1/people/ben/presence", b"", own).status == 403, "intake judges rights"
    # a cookie that was changed on the way
    name, sealed = value["Cookie"].split("=", 1)
    bent = sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB")
    assert call(world, "GET", "/session", headers={"Cookie": f"{name}={bent}"}).status == 401
    # the end
    gone = call(world, "DELETE", "/session", headers=own)
    assert gone.status == 200 and "Max-Age=0" in gone.headers["set-cookie"]
    world.cli("token", "revoke", token)
    w.until("the token is bad", lambda: call(world, "GET", "/session", headers=value).status == 401)


def who_signed_out_stays_out_with_the_same_cookie(stack):
    world = w.open_world(stack, POLICY)
    with open(world.dir + "/session.key", "w", encoding="utf-8") as key:
        key.write("0123456789" * 5)
    world.options["console"] = ["--session-key", world.dir + "/session.key"]
    other, world.console = world.add("console"), world.add("console")
    token = world.issue("person", "--person", "ada")
    (cookie, session), (further, _) = sign_in(world, token), sign_in(world, token)
    value, elsewhere = {"Cookie": cookie.split(";")[0]}, {"Cookie": further.split(";")[0]}
    watching = [Stream(console.port, cookie=value["Cookie"]) for console in (other, world.console)]
    going_on = Stream(world.console.port, cookie=elsewhere["Cookie"])
    for watcher in (*watching, going_on):
        stack.callback(watcher.close)
        watcher.wait("the board comes", lambda one=watcher: one.named("board"))
    assert call(world, "DELETE", "/session", headers=value).status == 403, "the word is missing"
    assert call(world, "GET", "/session", headers=value).status == 200
    assert call(world, "DELETE", "/session", headers={**value, "Buckstop-CSRF": session["csrf"]}).status == 200
    assert call(world, "GET", "/session", headers=value).status == 401, "at once where it was said"
    assert call(world, "GET", "/board", headers=value).status == 401
    w.until("its stream ends", lambda: watching[1].ended)
    here, world.console = world.console, other
    w.until("soon at another console", lambda: call(world, "GET", "/session", headers=value).status == 401)
    w.until("its stream ends there, too", lambda: watching[0].ended, 20)
    assert call(world, "GET", "/session", headers=elsewhere).status == 200 and not going_on.ended
    # who signs out very often: what is kept of it stays small, and none of them comes back
    world.console, ended = here, [value]
    for _ in range(70):
        cookie, session = sign_in(world, token)
        ended.append({"Cookie": cookie.split(";")[0]})
        own = {**ended[-1], "Buckstop-CSRF": session["csrf"]}
        assert call(world, "DELETE", "/session", headers=own).status == 200
    key = f"b:out:{token.split('_')[1]}"
    assert 0 < world.redis.scard(key) <= 64, world.redis.smembers(key)
    for one in ended:
        assert call(world, "GET", "/session", headers=one).status == 401
    cookie, _ = sign_in(world, token)
    assert call(world, "GET", "/session", headers={"Cookie": cookie.split(";")[0]}).status == 200
    world.cli("token", "revoke", token)
    assert not world.redis.exists(key), "with the token goes what was kept of its sessions"


def addresses_of_the_house_are_told_to_operators_alone(stack):
    world = open_console(stack, options=("--services", "intake=http://127.0.0.1:9"))
    person = stream(stack, world, token=world.issue("person", "--person", "ada"))
    operator = stream(stack, world)
    for watcher in (person, operator):
        watcher.wait("the pulse", lambda one=watcher: one.pulse and "not asked" not in str(one.pulse))
    assert person.pulse["services"] == [{"name": "intake", "ready": False, "why": "not ready"}], person.pulse
    assert operator.pulse["services"][0]["why"] not in ("", "not ready"), operator.pulse
    world["intake-1"].kill()
    key = {"Authorization": "Bearer " + world.issue("person", "--person", "ben")}
    away = call(world, "GET", "/v1/contacts", headers=key)
    assert away.status == 503 and "127.0.0.1" not in away.body.decode(), away
    away = call(world, "GET", "/v1/contacts", headers={"Authorization": "Bearer " + world.token})
    assert away.status == 503 and "127.0.0.1" in away.body.decode(), away
    world.end_redis()
    for watcher in (person, operator):
        watcher.wait("the store is away", lambda one=watcher: one.pulse["store"] != "ready")
    assert person.pulse["store"] == "operators see why", person.pulse
    assert world.socket in operator.pulse["store"], operator.pulse
    refused = call(world, "GET", "/board", headers={"Authorization": "Bearer bs_0123456789_" + "A" * 43})
    assert refused.status in (401, 503) and world.socket not in refused.body.decode(), refused
    world.start_redis()


def replicas_with_one_key_share_sessions(stack):
    world = w.open_world(stack, POLICY)
    with open(world.dir + "/session.key", "w", encoding="utf-8") as key:
        key.write("0123456789" * 5)
    world.options["console"] = ["--session-key", world.dir + "/session.key"]
    world.console = world.add("console")
    cookie, _ = sign_in(world, world.token)
    world.console = world.add("console")
    assert call(world, "GET", "/session", headers={"Cookie": cookie.split(";")[0]}).status == 200


# ---- the board


def what_happens_is_seen_and_counted_as_the_store_has_it(stack):
    world = open_console(stack)
    watcher = stream(stack, world)
    board = watcher.named("board")[0]
    assert board["workspace"] == "desk" and len(board["trend"]) == 288 and board["contacts"] == [], board
    world.present("ada")
    watcher.wait("ada is here", lambda: watcher.people["ada"]["present"])
    assert watcher.teams["front"] == {"name": "front", "lead": "dana", "waiting": 0, "present": 1, "people": 2,
                                      "oldest_waiting": None}, watcher.teams
    mail, form = world.submit(subject="Käse?", customer="kim@example.com"), world.submit("form", subject="where is it")
    watcher.wait("one is owned, one offered", lambda: watcher.counts["owned"] == 1 and watcher.counts["offered"] == 1)
    row = watcher.rows[mail]
    assert row["subject"] == "Käse?" and row["owner"] == row["accountable"] == "ada" and row["customer"], row
    assert row["next"]["kind"] and row["next"]["due"] > row["opened_at"] and not row["next"]["broken"], row
    assert watcher.rows[form]["offered_to"] == "ada" and watcher.rows[form]["offer_until"] > 0
    assert watcher.people["ada"]["load"] == {"mail": 1, "form": 1} and watcher.people["ada"]["room"] == 7, watcher.people
    world.act(mail, "reply", "ada", text="so"), world.act(mail, "resolve", "ada")
    world.act(form, "accept", "ada")
    watcher.wait("as the store", lambda: same_counts(watcher, store_counts(world)))
    assert watcher.counts["open"] == 1 and watcher.counts["resolved"] == 1
    totals = {k.decode(): int(v) for k, v in world.redis.hgetall(world.redis.keys("b:{*}:n:desk")[0]).items()}
    kept = {name: totals.get(name, 0) for name in ("opened", "kept", "broken", "released")}
    watcher.wait("promises as counted in the commits", lambda: watcher.promises == kept)
    numbers = [event["number"] for event in watcher.feed]
    assert numbers == sorted(set(numbers)), "the feed has each event once, in order"
    whole = call(world, "GET", "/board", headers={"Authorization": "Bearer " + world.token}).json()
    assert whole["counts"] == watcher.counts and {row["id"] for row in whole["contacts"]} == set(watcher.rows)
    assert sum(step["opened"] for step in whole["trend"]) == kept["opened"]
    w.until("it is counted who watches", lambda: world.console.metric("buckstop_console_watchers") == 1)


def a_promise_breaks_and_stands_first(stack):
    world = open_console(stack)
    watcher = stream(stack, world)
    world.present("ada")
    slow, fast = world.submit("form"), world.submit("soon")
    watcher.wait("it broke", lambda: watcher.counts["broken"] == 1 and watcher.rows[fast]["next"]["broken"])
    assert watcher.counts["at_risk"] == 1 and watcher.promises["broken"] == 1
    page = call(world, "GET", "/board?limit=1", headers={"Authorization": "Bearer " + world.token}).json()
    assert [row["id"] for row in page["contacts"]] == [fast] and page["more"] == 1
    world.act(fast, "acknowledge", "dana")
    watcher.wait("who knows", lambda: watcher.rows[fast]["acknowledged_by"] == "dana")
    assert slow in watcher.rows


def list_and_console_name_the_same_promise_as_next(stack):
    world = open_console(stack, POLICY.replace("first_response: 2s", "acknowledge: 1h, first_response: 2s").replace(
        "ladders:", "  - { when: { channel: form }, acknowledge: 1m, first_response: 1h }\nladders:"))
    watcher = stream(stack, world)
    slow, fast = world.submit("form"), world.submit("soon")
    watcher.wait("it broke", lambda: watcher.counts["broken"] == 1 and watcher.rows[fast]["next"]["broken"])
    views = {row["contact"]: row for row in world.contacts()}
    server = f"http://127.0.0.1:{world['intake-1'].port}"
    world.environment = {**world.environment, "BUCKSTOP_SERVER": server, "BUCKSTOP_TOKEN": world.token}
    listed = world.cli("list").splitlines()
    told = {line.split()[0]: line for line in listed}
    for contact, broken in ((slow, False), (fast, True)):
        seen, viewed = watcher.rows[contact]["next"], views[contact]["next_promise"]
        assert (viewed["kind"], viewed["broken"]) == (seen["kind"], seen["broken"]), (seen, viewed)
        assert viewed["broken"] == broken and seen["kind"] in told[contact], (seen, told[contact])
    assert watcher.rows[slow]["next"]["kind"] == "first_response", watcher.rows[slow]


def an_answer_on_its_way_owes_nothing_and_is_told(stack):
    """No mail server is there: the row says what is answered and not there yet, as proto/console.yaml has it."""
    world = w.open_world(stack, POLICY.replace("mail: { weight: 1, accept: auto, answer: spoken }",
                                               "mail: { weight: 1, accept: auto, answer: mail, address: help@desk.example }"),
                         options={"notification": ["--smtp", f"smtp://127.0.0.1:{free_port()}"], "console": []})
    world.console = world.add("console")
    watcher = stream(stack, world)
    world.present("ada")
    contact = world.submit("mail", return_way="mail", return_to="kim@far.example")
    watcher.wait("ada has it", lambda: watcher.rows.get(contact, {}).get("owner") == "ada")
    owed = watcher.rows[contact]["next"]
    assert owed and "answered" not in watcher.rows[contact], watcher.rows
    world.act(contact, "reply", "ada", text="A new one is sent.")
    watcher.wait("it is answered", lambda: "answered" in watcher.rows[contact])
    row, viewed = watcher.rows[contact], world.view(contact)["answered_promise"]
    assert row["next"] is None and row["answered"] == {"kind": owed["kind"], "due": owed["due"]}, row
    assert viewed["kind"] == owed["kind"], viewed
    Described().check("Row", row)


def who_comes_back_reads_what_they_missed(stack):
    world = open_console(stack)
    watcher = stream(stack, world)
    world.submit()
    watcher.wait("an event", lambda: watcher.feed)
    last = watcher.last_id
    watcher.close()
    ids = [world.submit() for _ in range(5)]
    newest = w.until("all is there", lambda: world.ask("GET", "/v1/events?limit=1").json()["newest"])
    back = stream(stack, world, last=last)
    back.wait("the feed", lambda: back.feed and back.feed[-1]["number"] >= newest)
    numbers = [event["number"] for event in back.feed]
    assert numbers == list(range(last + 1, numbers[-1] + 1)) and not back.left_out, (last, numbers)
    back.wait("its rows", lambda: set(ids) <= set(back.rows))
    # the console itself is new
    world.console.kill()
    more = world.submit()
    world.console.start()
    again = stream(stack, world, last=back.last_id)
    again.wait("the feed", lambda: any(event.get("contact") == more for event in again.feed))
    numbers = [event["number"] for event in again.feed]
    assert numbers == list(range(back.last_id + 1, numbers[-1] + 1)), (back.last_id, numbers)


def it_says_when_the_store_is_away_and_goes_on_behind(stack):
    world = open_console(stack)
    watcher = stream(stack, world)
    with world.redis_stopped():
        watcher.wait("it is behind", lambda: watcher.pulse.get("behind_ms", 0) > 2500)
        watcher.wait("the store is not ready", lambda: watcher.pulse["store"] != "ready")
    watcher.wait("it is back", lambda: watcher.pulse["store"] == "ready" and watcher.pulse["behind_ms"] < 500)
    contact = world.submit()
    watcher.wait("the contact", lambda: contact in watcher.rows)


# ---- what people do


def actions_go_to_intake_with_the_rights_of_the_token(stack):
    world = open_console(stack)
    world.present("ada")
    contact = world.submit()
    w.until("it is hers", lambda: world.view(contact).get("owner") == "ada")
    cookie, session = sign_in(world, world.issue("person", "--person", "ada"))
    own = {"Cookie": cookie.split(";")[0], "Buckstop-CSRF": session["csrf"]}
    story = call(world, "GET", f"/v1/contacts/{contact}", headers=own)
    assert story.status == 200 and story["contact"] == contact and story.headers["content-security-policy"]
    path = f"/v1/contacts/{contact}/actions"
    reply = {"action": "reply", "text": "done"}
    first = call(world, "POST", path, reply, {**own, "Idempotency-Key": "k1"})
    second = call(world, "POST", path, reply, {**own, "Idempotency-Key": "k1"})
    assert first.status == second.status == 200 and second.body == first.body, (first, second)
    other = call(world, "POST", path, {"action": "note", "text": "x", "person": "ben"}, own)
    assert other.status == 403 and other.headers["content-type"] == "application/problem+json", other
    page = call(world, "GET", "/v1/contacts?limit=1&team=front", headers=own)
    assert page.status == 200 and len(page["contacts"]) == 1
    assert call(world, "GET", "/v1/contacts/%2e%2e/events", headers=own).status == 404
    unknown = call(world, "DELETE", "/v1/contacts", headers=own)
    assert unknown.status == 405 and unknown.headers["allow"] == world.ask("DELETE", "/v1/contacts").headers["Allow"], unknown
    world["intake-1"].kill()
    away = call(world, "GET", f"/v1/contacts/{contact}", headers=own)
    assert away.status == 503 and away["code"] == "intake-away", away


def a_trusted_proxy_names_the_person(stack):
    world = w.open_world(stack, POLICY)
    with open(world.dir + "/proxy.token", "w", encoding="utf-8") as file:
        file.write(world.token + "\n")
    world.options["console"] = ["--trusted-proxy", "127.0.0.0/8", "--proxy-header", "X-Forwarded-User",
                                "--proxy-token-file", world.dir + "/proxy.token"]
    world.console = world.add("console")
    ada = {"X-Forwarded-User": "ada@desk.example"}
    session = call(world, "GET", "/session", headers=ada).json()
    assert session["person"] == "ada" and session["scope"] == "person" and session["proxied"], session
    own = {**ada, "Buckstop-CSRF": session["csrf"]}
    assert call(world, "GET", "/session", headers={"X-Forwarded-User": "nobody"}).status == 403
    assert call(world, "PUT", "/v1/people/ada/presence", b"", ada).status == 403
    assert call(world, "PUT", "/v1/people/ada/presence", b"", own).status == 200
    assert call(world, "PUT", "/v1/people/ben/presence", b"", own).status == 403
    contact = world.submit()
    path = f"/v1/contacts/{contact}/actions"
    assert call(world, "POST", path, {"action": "note", "text": "x", "person": "ben"}, own).status == 403
    assert call(world, "POST", path, {"action": "note", "text": "hm"}, {**own, "Idempotency-Key": "hm"}).status == 200
    facts = w.facts_of(world.view(contact))
    assert [fact["by"] for fact in facts if fact["fact"] == "noted"] == ["ada"]
    assert call(world, "POST", "/v1/contacts", {"channel": "mail", "text": "x", "customer": "k"}, own).status == 403
    # a path that would be another one when it is called
    for bent in (f"/v1/contacts/{contact}#/actions", "/v1/people/ben/presence#/v1/people/ada/presence",
                 f"/v1/contacts\\{contact}/actions", f"/v1/people/../contacts/{contact}/actions"):
        assert call(world, "POST", bent, {"action": "note", "text": "x"}, own).status == 404, bent
    # whom the policy drops watches no longer
    watcher = stream(stack, world, token=None, named={"X-Forwarded-User": "ben"})
    world.apply(POLICY.replace("  ben: { name: Ben K., capacity: 10 }\n", "").replace("[ada, ben]", "[ada]").replace(
        "members: [ben]", "members: [ada]"))
    w.until("the stream of somebody who left ends", lambda: watcher.ended)
    world.options["console"][1] = "10.0.0.0/8"
    world.console.end()
    world.console.start()
    assert call(world, "GET", "/session", headers=ada).status == 401, "from elsewhere its word counts nothing"


def what_is_sought_is_found(stack):
    world = open_console(stack, POLICY.replace("presence: 1h", "presence: 1h, reopen: 1s"))
    key = {"Authorization": "Bearer " + world.token}
    contact = world.submit(subject="Ärger mit der Rechnung", customer="kim@example.com", customer_name="Kim Lee")
    world.submit(subject="something else", customer="lo@example.com")
    watcher = stream(stack, world)
    watcher.wait("both", lambda: len(watcher.rows) == 2)
    for words in ("rechnung", "ärger%20kim", "kim@example.com", "lee%20rech", contact, contact[-8:].lower()):
        found = call(world, "GET", "/search?q=" + words.replace("ä", "%C3%A4"), headers=key).json()
        assert [row["id"] for row in found["contacts"]] == [contact], (words, found)
    assert found["customers"][0]["contacts"] == 1 and found["customers"][0]["id"], found
    assert call(world, "GET", "/search?q=", headers=key).status == 400
    # a customer of whom nothing is open is found by what they are known by; a closed contact by its id
    customer = found["customers"][0]["id"]
    world.present("ada")
    w.until("it is hers", lambda: world.view(contact).get("owner") == "ada")
    world.act(contact, "reply", "ada", text="so")
    world.act(contact, "resolve", "ada")
    watcher.wait("it is closed", lambda: contact not in watcher.rows)
    for words in ("kim@Example.com", customer.lower()):
        found = call(world, "GET", "/search?q=" + words, headers=key).json()
        assert found["contacts"] == [] and [who["id"] for who in found["customers"]] == [customer], (words, found)
        assert found["customers"][0]["name"] == "Kim Lee"
    found = call(world, "GET", "/search?q=" + contact, headers=key).json()
    assert [row["id"] for row in found["contacts"]] == [contact], found


# ---- what proto/console.yaml says


def a_workspace_sees_nothing_of_another(stack):
    world = open_console(stack)
    with open(world.dir + "/other.yaml", "w", encoding="utf-8") as file:
        file.write(POLICY.replace("workspace: desk", "workspace: other"))
    world.cli("policy", "apply", world.dir + "/other.yaml")
    theirs = world.submit(subject="Rosenholz", customer="kim@example.com", customer_name="Kim Lee")
    mine = stream(stack, world)
    mine.wait("it is seen where it is", lambda: theirs in mine.rows)
    customer = call(world, "GET", "/search?q=kim@example.com",
                    headers={"Authorization": "Bearer " + world.token}).json()["customers"][0]["id"]
    for scope, more in (("operator", ()), ("person", ("--person", "ada"))):
        token = world.cli("token", "issue", "--scope", scope, "--workspace", "other", *more).strip()
        key = {"Authorization": "Bearer " + token}
        for path in ("/board", "/v1/contacts"):  # the console's own, and intake's
            w.until(f"{path} of the other is read", lambda k=key, p=path: call(world, "GET", p, headers=k).status == 200)
        other = stream(stack, world, token=token)
        world.submit(subject="Rosenholz again")
        other.wait("the clock beats", lambda o=other: o.pulse)
        for words in ("rosenholz", theirs, theirs[-8:], "kim@example.com", "lee", customer):
            found = call(world, "GET", "/search?q=" + words, headers=key)
            assert found.status == 200 and not found.json()["contacts"] and not found.json()["customers"], (words, found)
        board = call(world, "GET", "/board?limit=1000&workspace=desk", headers=key).json()
        assert board["workspace"] == "other" and not board["contacts"] and board["counts"]["open"] == 0, board
        for path in (f"/v1/contacts/{theirs}", f"/v1/customers/{customer}", f"/v1/contacts/{theirs}?workspace=desk"):
            assert call(world, "GET", path, headers=key).status == 404, path
        assert not call(world, "GET", "/v1/contacts?workspace=desk", headers=key).json()["contacts"]
        took = call(world, "POST", f"/v1/contacts/{theirs}/actions", {"action": "note", "text": "x", "person": "ada"}, key)
        assert took.status == 404, took
        said = json.dumps([data for _, _, data in other.events])
        assert "Rosenholz" not in said and theirs not in said and "kim" not in said, said


def a_removed_workspace_leaves_the_console(stack):
    world = open_console(stack)
    with open(world.dir + "/other.yaml", "w", encoding="utf-8") as file:
        file.write(POLICY.replace("workspace: desk", "workspace: other"))
    world.cli("policy", "apply", world.dir + "/other.yaml")
    key = {"Authorization": "Bearer " + world.cli("token", "issue", "--scope", "operator", "--workspace", "other").strip()}
    w.until("its board is read", lambda: call(world, "GET", "/board", headers=key).status == 200)
    watcher = stream(stack, world, token=key["Authorization"].split()[1])
    world.cli("workspace", "remove", "other", "--yes")
    watcher.wait("who watches is sent home", lambda: watcher.ended)
    w.until("the board is gone", lambda: world.console.facts("the board goes with its workspace"))
    assert call(world, "GET", "/board", headers=key).status in (401, 404)
    desk = stream(stack, world)
    contact = world.submit(subject="still here")
    desk.wait("the other goes on", lambda: contact in desk.rows)
    # one of that name is another
    world.cli("policy", "apply", world.dir + "/other.yaml")
    key = {"Authorization": "Bearer " + world.cli("token", "issue", "--scope", "operator", "--workspace", "other").strip()}
    w.until("it has a board", lambda: call(world, "GET", "/board", headers=key).status == 200)


def every_document_is_as_described(stack):
    world = open_console(stack, options=("--services", "intake=http://127.0.0.1:9,other=http://127.0.0.1:9"))
    described, key = Described(), {"Authorization": "Bearer " + world.token}
    watcher = stream(stack, world)
    world.present("ada")
    for channel in ("mail", "form", "soon"):
        world.submit(channel, subject="x", customer="kim@example.com")
    watcher.wait("one is broken", lambda: watcher.counts["broken"] == 1)
    held = call(world, "GET", "/board/held?person=ada", headers=key).json()
    assert held["contacts"] and all("ada" in (row["owner"], row["offered_to"]) for row in held["contacts"]), held
    described.check("/board/held", held)
    world.act(next(row for row in list(watcher.rows.values()) if row["owner"])["id"], "resolve", "ada")
    world.insist("DELETE", "/v1/people/ada/presence")
    watcher.wait("ada is away", lambda: watcher.people["ada"]["away"])
    watcher.wait("a service that is not there is named", lambda: watcher.pulse["services"] == [
        {"name": name, "ready": False, "why": watcher.pulse["services"][0]["why"]} for name in ("intake", "other")])
    names = {"board": "Board", "change": "Change", "feed": "Feed", "pulse": "Pulse"}
    assert {kind for kind, _, _ in watcher.events} == set(names), watcher.events[:2]
    for kind, _, data in list(watcher.events):
        described.check(names[kind], data if kind != "feed" else {**data, "events": []})
    described.check("Board", call(world, "GET", "/board?limit=0", headers=key).json())
    described.check("Session", call(world, "GET", "/session", headers=key).json())
    found = call(world, "GET", "/search?q=kim", headers=key).json()
    assert len(found["contacts"]) == 3 and found["customers"]
    described.check("/search", found)
    for path, status in (("/board?limit=x", 400), ("/board?limit=1001", 400), ("/board/held", 400), ("/nothing", 404),
                         ("/search", 400)):
        answer = call(world, "GET", path, headers=key)
        assert answer.status == status and answer.headers["content-type"] == "application/problem+json", answer
        described.check("Problem", answer.json())


if __name__ == "__main__":
    sys.exit(w.main([the_page_is_strict_and_its_files_are_known_again,
                     a_session_is_a_sealed_cookie_and_what_changes_needs_its_word,
                     who_signed_out_stays_out_with_the_same_cookie, addresses_of_the_house_are_told_to_operators_alone,
                     replicas_with_one_key_share_sessions,
                     what_happens_is_seen_and_counted_as_the_store_has_it, a_promise_breaks_and_stands_first,
                     list_and_console_name_the_same_promise_as_next, an_answer_on_its_way_owes_nothing_and_is_told,
                     who_comes_back_reads_what_they_missed, it_says_when_the_store_is_away_and_goes_on_behind,
                     actions_go_to_intake_with_the_rights_of_the_token, a_trusted_proxy_names_the_person,
                     a_workspace_sees_nothing_of_another, a_removed_workspace_leaves_the_console,
                     what_is_sought_is_found, every_document_is_as_described]))
