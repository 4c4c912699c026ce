#!/usr/bin/python3
"""The whole system by hand: every service and the command line, on a private Redis.

BUCKSTOP_BUILD names the build folder. The services are started before Redis is, as after a power failure; then a
contact is led through its life with the commands; the stream is followed while its publisher is killed; at the end
faults are planted into the store, and the audit must name each. Ends with "N passed, N failed".
"""
import contextlib
import http.server
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request

import redis

from waiting import until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUCKSTOP_BUILD", os.path.join(ROOT, "build"))
SERVICES = ["intake", "routing", "escalation", "notification"]
POLICY = """workspace: desk
last_resort: dana
people:
  ada: { name: Ada L., ways: [{ log: ada }] }
  ben: { name: Ben K., ways: [{ log: ben }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada, ben] }
dry: log
"""


class System:
    """A directory with a Redis and the services; sockets in it, ports that the system picks."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="buckstop-cli-")
        self.socket = os.path.join(self.dir, "redis.sock")
        self.processes = {}
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("BUCKSTOP_")}
        self.env["BUCKSTOP_REDIS"] = "unix:" + self.socket
        for link in ["submit", "route", "due", "outbox", "stream"]:
            self.env["BUCKSTOP_" + link.upper()] = f"ipc://{self.dir}/{link}"

    def start(self, name, *args):
        log = open(os.path.join(self.dir, name + ".log"), "ab")
        self.processes[name] = subprocess.Popen(args, stdout=log, stderr=log, env=self.env, cwd=self.dir)
        log.close()

    def start_redis(self):
        self.start("redis", "redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir,
                   "--appendonly", "yes", "--appendfsync", "always", "--save", "")
        until("redis", lambda: os.path.exists(self.socket))

    def start_service(self, name):
        listen = ["--listen", "127.0.0.1:0"] if name == "intake" else []
        open(os.path.join(self.dir, name + ".log"), "wb").close()
        self.start(name, f"{BUILD}/buckstop-{name}", "--health", "127.0.0.1:0", "--log-format", "json", *listen)

    def facts(self, name):
        with open(os.path.join(self.dir, name + ".log"), encoding="utf-8") as log:
            lines = [line for line in log if line.startswith("{") and line.endswith("}\n")]
        return [json.loads(line) for line in lines]

    def port(self, name, key, value=None):
        for fact in self.facts(name):
            if fact.get("fact") == "listening" and key in fact and value in (None, fact[key]):
                return int(fact["port"])
        return None

    def health(self, name, path):
        port = until(f"{name} listens", lambda: self.port(name, "for", "health"))
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self, name, number=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(timeout=15)

    def call(self, *args, token=None):
        env = dict(self.env, **({"BUCKSTOP_TOKEN": token} if token else {}))
        return subprocess.run([f"{BUILD}/buckstop", *args], env=env, cwd=self.dir, capture_output=True, text=True,
                              timeout=60, check=False)

    def run(self, *args, token=None, status=0):
        done = self.call(*args, token=token)
        assert done.returncode == status, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if status else "")

    def close(self):
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Watch:
    """buckstop watch --json, its lines collected."""

    def __init__(self, system, token, *args):
        env = dict(system.env, BUCKSTOP_TOKEN=token)
        self.process = subprocess.Popen([f"{BUILD}/buckstop", "watch", "--json", *args], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.events, self.errors = [], []
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def facts(self):
        return [fact["fact"] for event in list(self.events) for fact in event["facts"]]

    def follows(self):
        """Once it follows, its loop takes signals; until then a Ctrl-C just ends it."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            blocked = re.search(r"^SigBlk:\s*(\w+)", file.read(), re.M)
        return int(blocked[1], 16) & 1 << (signal.SIGINT - 1)

    def stop(self):
        until("it follows", self.follows)
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=10)


# ---- conversations, in this order -------------------------------------------------------------------


def options_are_checked_at_the_door(s):
    def check(name, *options, **environment):
        return subprocess.run([f"{BUILD}/buckstop-{name}", "--check", *options], env={**s.env, **environment}, cwd=s.dir,
                              capture_output=True, text=True, timeout=20, check=False)

    for name in SERVICES:
        done = check(name)
        assert done.returncode == 0 and done.stdout.startswith(f"fine: buckstop-{name} "), done
    for name, option, bad, words in [
            ("notification", "limits", "mail=30", "write it like mail=30/s"),
            ("escalation", "deadman-url", "watch.example.com", "no http or https URL"),
            ("notification", "smtp", "mail.example.com:25", "write it like smtp://"),
            ("notification", "secrets", "/nowhere", "No such file or directory"),
            ("routing", "health", "7422", "write it like 127.0.0.1"),
            ("intake", "policy", "/nowhere.yaml", "No such file or directory"),
            ("intake", "redis", "here", "write unix:/path"),
            ("intake", "redis-password-file", "/nowhere", "No such file or directory"),
            ("escalation", "due", "127.0.0.1:1", "neither tcp://HOST:PORT")]:
        done = check(name, f"--{option}", bad)
        assert done.returncode == 2 and not done.stdout and f"--{option}: " in done.stderr, (option, done)
        assert words in done.stderr and (option == "deadman-url") == (bad not in done.stderr), (option, done)
    for name in SERVICES:
        done = check(name, "--redis-user", "x")
        assert done.returncode == 2 and "a user logs in with a password" in done.stderr, done
    done = check("escalation", BUCKSTOP_DEADMAN_URL="nonsense")
    assert done.returncode == 2 and "BUCKSTOP_DEADMAN_URL: " in done.stderr, done


def services_start_without_a_store(s):
    for name in SERVICES:
        s.start_service(name)
    for name in SERVICES:
        assert s.health(name, "/healthz")[0] == 200
        status, words = s.health(name, "/readyz")
        assert status == 503 and "redis" in words, words
        until(f"{name} says why", lambda n=name: "No such file or directory" in s.health(n, "/readyz")[1])
    words = s.run("policy", "show", status=3)
    assert "No such file or directory" in words and "--redis or BUCKSTOP_REDIS" in words, words
    s.start_redis()
    for name in SERVICES:
        until(f"{name} is ready", lambda n=name: s.health(n, "/readyz")[0] == 200)
    text = s.health("routing", "/metrics")[1]
    assert "buckstop_ready 1\n" in text and text.endswith("# EOF\n")
    assert 'buckstop_hints_dropped_total{link="route"}' in text


def policies(s):
    path = os.path.join(s.dir, "policy.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(POLICY.replace("lead: dana", "leed: dana"))
    words = s.run("policy", "check", path, status=1)
    assert re.search(r"policy.yaml:8:\d+: .*leed", words), words
    assert "expected:" in words and "^" in words, words
    s.run("policy", "apply", path, status=1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(POLICY)
    assert "fine" in s.run("policy", "check", path)
    doubtful = os.path.join(s.dir, "doubtful.yaml")
    with open(doubtful, "w", encoding="utf-8") as file:
        file.write(POLICY + "rules:\n  - { name: r, then: { skills: { tax: 2 } } }\n")
    done = s.call("policy", "check", doubtful)
    assert done.returncode == 0 and "1 warning\n" in done.stdout, done
    assert re.search(r"doubtful.yaml:11:34: warning: rule 'r' wants tax 2", done.stderr), done
    assert "of workspace 'desk', not of 'other'" in s.run("policy", "check", path, "--workspace", "other", status=2)
    assert json.loads(s.run("policy", "apply", path, "--json"))["new_version"] == 1
    assert json.loads(s.run("policy", "apply", path, "--json"))["outcome"] == "same"
    assert POLICY in s.run("policy", "show")
    s.run("policy", "check", "/nowhere.yaml", status=2)
    lacking = os.path.join(s.dir, "lacking.yaml")
    with open(lacking, "w", encoding="utf-8") as file:
        file.write(POLICY.replace("lead: dana", "leed: dana") + "channels:\n  sms:\n    use: none/sms.yaml\n")
    words = s.run("policy", "check", lacking, status=1)
    n = POLICY.count("\n") + 3
    assert f"lacking.yaml:{n}:10: {s.dir}/none/sms.yaml: No such file" in words and "    use: none/sms.yaml\n" in words, words
    assert "its name counts from the policy's own directory" in words and "leed" in words, words
    errors = json.loads(s.run("policy", "check", lacking, "--json", status=1).split("\n]")[0] + "\n]")
    assert any(error["line"] == n and "No such file" in error["what"] for error in errors), errors
    s.run("policy", "apply", lacking, status=1)
    odd = os.path.join(s.dir, "odd.yaml")
    for text, place, quoted, caret in [
            (b"\x7fELF\x02\x01\0", "1:7", r"\x7fELF\x02\x01", 15),  # a terminal obeys nothing of it
            ("workspace: dësk\nlast_resort: é\x1b[31m\x9b".encode(), "2:14", r"last_resort: é\x1b[31m\xc2\x9b", 13),
            (b'workspace: "\\e[31m"\n', "1:12", r'"\e[31m"', 11)]:
        with open(odd, "wb") as file:
            file.write(text)
        words = s.run("policy", "check", odd, status=1)
        assert f"odd.yaml:{place}: " in words and quoted in words and "\n    " + " " * caret + "^\n" in words, words
        assert not [c for c in words if c != "\n" and (ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0)], words


def tokens(s):
    s.token = s.run("token", "issue", "--scope", "operator", "--note", "test").strip()
    gone = s.run("token", "issue", "--scope", "person", "--person", "ada").strip()
    assert "test" in s.run("token", "list") and s.token not in s.run("token", "list")
    assert "revoked" in s.run("token", "revoke", gone)
    assert "no such token" in s.run("token", "revoke", gone, status=1)
    s.run("token", "issue", "--scope", "king", status=2)
    s.run("token", "issue", "--scope", "person", status=2)
    words = s.run("token", "issue", "--scope", "person", "--person", "zoe", status=1)
    assert "names no person 'zoe'" in words, words
    assert "zoe" not in s.run("token", "list")
    # a name that was mistyped is none, and never becomes one of those that there are
    for words in (["token", "issue", "--scope", "channel"], ["audit"], ["dead"], ["policy", "show"], ["held", "list"]):
        for _ in range(2):
            said = s.run(*words, "--workspace", "desc", status=2)
            assert "there is no workspace 'desc'; did you mean 'desk'?\n  there are: desk; 'buckstop policy apply" in said, said
    assert "no name of a workspace" in s.run("audit", "--workspace", "a/b", status=2)
    assert s.run("token", "list", "--workspace", "desc").count("\n") <= 1
    s.run("token", "issue", "--scope", "channel", "--workspace", "desk")
    done = s.call("token", "issue", "--scope", "channel", "--workspace", "later", "--before-policy")
    assert done.returncode == 0 and "'later' has no policy yet: the token works once one is applied" in done.stderr, done.stderr
    s.run("token", "revoke", done.stdout.strip())


def usage(s):
    s.run(status=2)
    s.run("sbmit", status=2)
    s.run("show", status=2)
    s.run("list", "--limit", "0", status=2)
    for command in ["submit", "show", "list", "act", "watch", "people", "explain", "audit", "policy", "token", "dead"]:
        words = s.run("help", command)
        assert "example:\n  buckstop " + command in words and "--json" in words, words
    assert "exit status" in s.run("help")
    readers = s.run("help", "act").split("who reads TEXT:")[1]
    for action in ["reply", "wait"]:
        assert re.search(rf"\n  {action} +the CUSTOMER", readers), readers
    for action in ["accept", "decline", "note", "transfer", "resolve", "reopen", "acknowledge", "release"]:
        assert re.search(rf"\n  .*\b{action}\b", readers), (action, readers)
    # an option that would be ignored is neither offered nor taken
    assert "--redis" not in s.run("help", "list") and "--server" not in s.run("help", "token")
    s.run("list", "--redis", s.env["BUCKSTOP_REDIS"], status=2)
    s.run("audit", "--server", "http://127.0.0.1:9", status=2)
    assert "belongs to 'issue'" in s.run("token", "list", "--scope", "person", status=2)
    s.run("people", "--for", "8h", status=2)
    s.run("dead", "list", "--by", "me", status=2)
    s.run("dead", "--by", "me", status=2)
    assert s.run("dead") == s.run("dead", "list")
    assert s.run("--version").startswith("buckstop ")


def life_of_a_contact(s):
    port = until("intake", lambda: s.port("intake", "http"))
    s.env["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{port}"
    until("intake knows the policy", lambda: "ada" in s.call("people", token=s.token).stdout)
    s.watch = Watch(s, s.token, "--last", "1000", "--workspace", "desk")
    s.run("people", "present", "ada", token=s.token)
    assert re.search(r"ada +Ada L. +present", s.run("people", token=s.token))
    receipt = json.loads(s.run("submit", "Where is my parcel?", "--channel", "form", "--subject", "Parcel",
                               "--customer", "ann", "--return-way", "mail", "--return-to", "ann@example.org",
                               "--json", token=s.token))
    assert receipt["disposition"] == "opened" and receipt["accountable"] == "dana"
    s.contact = receipt["contact"]
    until("offered to ada", lambda: '"offered_to": "ada"' in s.run("show", s.contact, "--json", token=s.token))
    assert "ada" in s.run("list", "--state", "offered", token=s.token)
    words = s.run("explain", s.contact[-6:])
    assert "ada" in words and "ben" in words and "absent" in words, words
    assert "it is with ada now" in words and "0 of 100 in use" in words, words
    assert json.loads(s.run("explain", s.contact, "--json"))["with"] == "ada"
    words = s.run("act", "resolve", s.contact, "--person", "ada", token=s.token, status=1)
    assert "accept it first" in words, words
    s.run("act", "accept", s.contact[-6:].lower(), "--person", "ada", token=s.token)
    s.run("act", "note", s.contact, "Looked it up.", "--person", "ada", token=s.token)
    words = s.run("act", "accept", s.contact, "--person", "ben", token=s.token, status=1)
    assert "ada" in words, words
    page = s.run("show", s.contact[-4:], token=s.token)
    assert "ada takes it" in page and "new by form: Parcel" in page and "Looked it up." in page, page
    s.run("act", "release", "01HZZZZZZZZZZZZZZZZZZZZZZZ", "--person", "ada", token=s.token, status=1)


def refusals_and_no_answer(s):
    words = s.run("list", token="bs_aaaaaaaaaa_" + "a" * 43, status=1)
    assert "401" in words and "BUCKSTOP_TOKEN, or --token-file" in words and "header" not in words, words
    words = s.run("list", status=1)
    assert "none was sent" in words and "BUCKSTOP_TOKEN, or --token-file" in words and "Auth" not in words, words
    words = s.run("people", "present", "zoe", token=s.token, status=1)
    assert "'buckstop people' lists" in words, words
    assert "the policy names no team 'nosuch'" in s.run("list", "--team", "nosuch", token=s.token, status=1)
    assert "the policy names no person 'zoe'" in s.run("list", "--owner", "zoe", token=s.token, status=1)
    assert "must be one of" in s.run("list", "--state", "lost", token=s.token, status=1)
    assert "no contact's id ends with 'ZZZZ'" in s.run("show", "zzzz", token=s.token, status=1)
    assert "no contact's id ends with 'ZZZZ'" in s.run("explain", "zzzz", status=1)
    s.run("show", s.contact[-3:], token=s.token, status=2)
    s.run("show", "../people", token=s.token, status=2)
    problem = s.run("show", "01HZZZZZZZZZZZZZZZZZZZZZZZ", "--json", token=s.token, status=1)
    assert '"status": 404' in problem, problem
    words = s.run("list", "--server", "http://127.0.0.1:9", token=s.token, status=3)
    assert "--server or BUCKSTOP_SERVER" in words, words


class Moody(http.server.BaseHTTPRequestHandler):
    """An intake that answers as it is told, one after the other; then as the last."""

    statuses, asked = [], []

    def do(self):
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.asked.append((self.command, status))
        body = {"title": "Its title", "code": "a-code", "detail": "its words"}
        if status == 200:
            until_ = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
            body = {"present_until": until_, "newest": 0, "oldest_kept": 0, "events": []}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    do_GET = do_PUT = do_DELETE = do

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def moody(s, *statuses):
    Moody.statuses, Moody.asked = list(statuses), []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever).start()
    kept, s.env["BUCKSTOP_SERVER"] = s.env["BUCKSTOP_SERVER"], f"http://127.0.0.1:{server.server_port}"
    try:
        yield Moody.asked
    finally:
        s.env["BUCKSTOP_SERVER"] = kept
        server.shutdown()
        server.server_close()


def who_goes_on_asking(s):
    """Too often, or out of order: it asks again. Refused: it ends, and says by which words."""
    with moody(s, 200, 429, 500, 200, 403) as asked:
        words = s.run("people", "present", "ada", "--for", "1h", token=s.token, status=1)
        assert [status for _, status in asked[:5]] == [200, 429, 500, 200, 403], asked
        assert "its words" in words and "403" in words, words
    with moody(s, 200, 429, 500, 200, 403) as asked:
        words = s.run("watch", token=s.token, status=1)
        assert [status for _, status in asked[:5]] == [200, 429, 500, 200, 403], asked
        assert "its words" in words and "403" in words and "connected again" in words, words
    with moody(s, 429):
        s.run("list", token=s.token, status=3)
    for option in ("--customer", "--subject"):
        words = s.run("submit", "hello", "--channel", "form", option, "\udcff", token=s.token, status=2)
        assert f"{option[2:]}: it is no UTF-8 text" in words, words


def watch_has_no_gap(s):
    until("the note is watched", lambda: "noted" in s.watch.facts())
    s.stop("notification", signal.SIGKILL)
    for _ in range(5):
        s.run("act", "note", s.contact, "while nobody publishes", "--person", "ada", token=s.token)
    s.start_service("notification")
    until("it is ready", lambda: s.health("notification", "/readyz")[0] == 200)
    s.run("act", "note", s.contact, "afterwards", "--person", "ada", token=s.token)
    until("all are watched", lambda: s.watch.facts().count("noted") >= 7)
    s.stop("intake")
    s.start_service("intake")
    port = until("intake", lambda: s.port("intake", "http"))
    s.env["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{port}"
    numbers = [event["number"] for event in s.watch.events]
    assert numbers == list(range(1, len(numbers) + 1)), numbers
    assert s.watch.stop() == 0, s.watch.errors


def watch_filters(s):
    watch = Watch(s, s.token, "--last", "1000", "--contact", s.contact[-6:])
    until("its notes", lambda: watch.facts().count("noted") >= 7)
    assert {event["contact"] for event in watch.events} == {s.contact}
    assert watch.stop() == 0
    # --last counts those that fit
    s.run("people", "present", "ben", token=s.token)
    watch = Watch(s, s.token, "--last", "3", "--contact", s.contact[-6:])
    until("the last three", lambda: len(watch.events) == 3)
    s.run("act", "note", s.contact, "one more", "--person", "ada", token=s.token)
    until("the next", lambda: len(watch.events) >= 4)
    assert watch.facts()[:4] == ["noted"] * 4 and {event["contact"] for event in watch.events} == {s.contact}
    numbers = [event["number"] for event in watch.events]
    assert numbers == sorted(set(numbers)), numbers
    assert watch.stop() == 0
    s.run("people", "away", "ben", token=s.token)


def a_reply_on_its_way(s):
    receipt = s.run("act", "reply", s.contact[-6:], "It is on its way.", "--person", "ada", token=s.token)
    assert re.search(r"answered: first_response +on its way", receipt), receipt
    assert "promised: first_response" not in receipt, receipt
    until("delivered", lambda: "kept: first response" in s.run("show", s.contact, token=s.token))


def lists(s):
    more = [json.loads(s.run("submit", f"More {i}", "--channel", "form", "--customer", f"m{i}", "--json",
                             token=s.token))["contact"] for i in range(2)]
    more.append(s.run("submit", "More 2", "--channel", "form", "--customer", "m2", "--id", token=s.token).strip())
    contacts = [s.contact] + more
    known = [c["contact"] for c in json.loads(s.run("list", "--json", token=s.token))]
    assert known == sorted(contacts), (known, contacts)
    assert "4 contacts\n" in s.run("list", "--limit", "4", token=s.token)
    words = s.run("list", "--limit", "2", token=s.token)
    assert "the oldest 2 contacts of more" in words and "--newest" in words and f"--after {known[1]} " in words, words
    rest = json.loads(s.run("list", "--after", known[1], "--json", token=s.token))
    assert [c["contact"] for c in rest] == known[2:], rest
    words = s.run("list", "--limit", "3", "--newest", token=s.token)
    assert "the newest 3 of 4 contacts" in words and known[0] not in words and known[3] in words, words


def dead_letters(s):
    assert "0 dead letters" in s.run("dead", "list")
    assert "no such delivery" in s.run("dead", "replay", "0123456789abcdef-0", status=1)


def audit_is_clean(s):
    for i in range(8):
        s.run("submit", f"Question {i}", "--channel", "form", "--customer", f"c{i}", token=s.token)
    # drained and offered: nothing is under way any more
    until("all is settled", lambda: "received" not in s.run("list", token=s.token))
    s.run("act", "resolve", s.contact[-6:], "--person", "ada", token=s.token)
    report = json.loads(s.run("audit", "--json"))
    assert report["findings"] == [] and report["contacts"] == 12 and report["people"] >= 1, report
    assert (report["open"], report["resolved"], report["closed"]) == (11, 1, 0), report
    words = s.run("audit")
    assert "12 contacts: 11 open, 1 resolved, 0 closed" in words and "deliveries pending" in words, words


def drain(s):
    for name in SERVICES:
        assert s.stop(name) == 0, name
        assert [fact["fact"] for fact in s.facts(name)][-1] == "stopped"
    s.run("list", token=s.token, status=3)


def plant(s, key, change):
    """Changes a record as no service would."""
    bytes_ = s.db.get(key)
    body = 16 + 8 * bytes_[2]
    contact = s.record_pb2.Contact.FromString(bytes_[body:])
    change(contact)
    s.db.set(key, bytes_[:12] + bytes(4) + bytes_[16:body] + contact.SerializeToString())  # whose head says no hash


def audit_names_what_stops_others(s):
    """One thing at a time, put back after: the key is named whole, also where it is no text."""
    s.db = redis.Redis(unix_socket_path=s.socket)
    tag = s.db.keys("b:*:w:desk")[0].decode().split(":")[1]
    contact = s.db.keys(f"b:{tag}:c:desk:*")[0].decode().rsplit(":", 1)[1]
    timeline, counts, due = f"b:{tag}:tl:desk:{contact}", f"b:{tag}:n:desk", f"b:{tag}:due:c"
    long_own = f"b:{tag}:own:{'w' * 32}:{'p' * 32}:7"
    strange = b"desk:01HZZZZZZZZZZZZZZZZZZZZZ\xff\xc3"
    for words, plant, mend in [
            ("timeline differs contact " + contact, lambda: s.db.rename(timeline, "kept"),
             lambda: s.db.rename("kept", timeline)),
            (f"unreadable key {counts}", lambda: s.db.hincrby(counts, "odd", 1) and s.db.hset(counts, "odd", " 12"),
             lambda: s.db.hdel(counts, "odd")),
            (f"unreadable key {counts}", lambda: s.db.hset(counts, "odd", "1" * 18), lambda: s.db.hdel(counts, "odd")),
            (f"wrong type key {long_own}", lambda: s.db.rpush(long_own, "x"), lambda: s.db.delete(long_own)),
            ("stray timer contact 01HZZZ", lambda: s.db.zadd(due, {strange: 9e12}), lambda: s.db.zrem(due, strange)),
            ("wrong type key b:workspaces",
             lambda: s.db.rename("b:workspaces", "kept") and s.db.rpush("b:workspaces", "x"),
             lambda: s.db.rename("kept", "b:workspaces")),
            ("missing place workspace desk", lambda: s.db.rename("b:workspaces", "kept"),
             lambda: s.db.rename("kept", "b:workspaces"))]:
        plant()
        done = s.call("audit", "--json")
        assert done.returncode == 1, (words, done)
        report = json.loads(done.stdout)
        named = [" ".join((f["fault"], f["subject"])) for f in report["findings"]]
        assert any(name.startswith(words) for name in named) and len(named) == report["found"], (words, report)
        assert words.split(" ", 2)[2] in s.run("audit", status=1), words
        mend()
        assert json.loads(s.run("audit", "--json"))["found"] == 0, words


def a_store_that_promises_less(s):
    """What only reads goes on, as in an outage of the replica; what writes is refused."""
    s.db.config_set("appendfsync", "everysec")
    for command in (("dead",), ("policy", "show"), ("token", "list"), ("explain", s.contact), ("audit",)):
        s.run(*command)
    for command in (("dead", "replay", "0123456789abcdef-0"), ("token", "issue", "--scope", "operator")):
        assert "appendfsync" in s.run(*command, status=3)
    s.db.config_set("appendfsync", "always")


def who_is_told_of_the_address(s):
    """Only who reached nobody there: where Redis answers, its address is right."""
    hint, kept = "--redis or BUCKSTOP_REDIS names it", s.env["BUCKSTOP_REDIS"]
    assert hint not in s.run("audit", "--shards", "8", status=3)
    s.db.config_set("appendonly", "no")
    assert hint not in s.run("token", "issue", "--scope", "operator", status=3)
    s.db.config_set("appendonly", "yes")
    until("its file is whole", lambda: not s.db.info("persistence")["aof_rewrite_in_progress"])
    s.env["BUCKSTOP_REDIS"] = "unix:/nowhere"
    assert hint in s.run("audit", status=3)
    s.env["BUCKSTOP_REDIS"] = kept
    s.processes["redis"].send_signal(signal.SIGSTOP)
    try:
        words = s.run("dead", status=3)
        assert hint not in words and "it does not answer in time\n  it takes the connection" in words, words
        assert f"(redis-cli -s {s.socket} ping)" in words, words
    finally:
        s.processes["redis"].send_signal(signal.SIGCONT)
    s.env["BUCKSTOP_REDIS"] = kept


def words_of_a_damaged_list(s):
    """Nobody is told to apply a policy when the list of workspaces is what is broken."""
    s.db.rename("b:workspaces", "kept")
    s.db.rpush("b:workspaces", "x")
    for command in (("dead",), ("policy", "show"), ("explain", "5D7K")):
        words = s.run(*command, status=1)
        assert "b:workspaces" in words and "apply" not in words, words
    s.db.rename("kept", "b:workspaces")
    dead = s.db.keys("b:*:w:desk")[0].decode().replace(":w:", ":dead:")
    s.db.zadd(dead, {"0123456789abcdef-0": 1})
    assert "1 more can't be read" in s.call("dead").stderr and json.loads(s.run("dead", "--json")) == []
    s.db.delete(dead)
    s.db.rpush(dead, "x")
    words = s.run("dead", status=1)
    assert dead in words and "0 dead letters" not in words, words
    s.db.delete(dead)


def audit_names_each_fault(s):
    subprocess.run(["protoc", f"--proto_path={ROOT}/proto", f"--python_out={s.dir}",
                    "buckstop/v1/record.proto", "buckstop/v1/event.proto"], check=True)
    sys.path.insert(0, s.dir)
    s.record_pb2 = importlib.import_module("buckstop.v1.record_pb2")
    event_pb2 = importlib.import_module("buckstop.v1.event_pb2")
    s.db = redis.Redis(unix_socket_path=s.socket)
    tag = s.db.keys("b:*:w:desk")[0].decode().split(":")[1]
    twins = [f"01H{'Z' * 18}{letter}5D7K" for letter in "AB"]
    s.db.zadd(f"b:{tag}:open:desk", {twin: 0 for twin in twins})
    words = s.run("explain", "5d7k", status=1)
    assert "several ids end with '5D7K'" in words and all(twin in words for twin in twins), words
    s.db.zrem(f"b:{tag}:open:desk", *twins)
    keys = sorted(key.decode() for key in s.db.keys(f"b:{tag}:c:desk:*"))
    ids = [key.rsplit(":", 1)[1] for key in keys]
    due, spare = f"b:{tag}:due:c", iter(ids[1:])
    expected = set()

    def fault(words, contact):
        expected.add((words, "contact " + contact))
        return contact

    s.db.zrem(due, "desk:" + fault("no timer", next(spare)))
    s.db.zincrby(due, 60000, "desk:" + fault("wrong timer", next(spare)))
    plant(s, f"b:{tag}:c:desk:" + fault("nobody accountable", next(spare)), lambda c: setattr(c, "accountable", ""))
    plant(s, f"b:{tag}:c:desk:" + fault("unknown person", next(spare)), lambda c: setattr(c, "accountable", "eve"))
    s.db.zadd(f"b:{tag}:own:desk:dana:9", {"form/" + fault("stale place", next(spare)): 0})
    s.db.zadd(f"b:{tag}:q:desk", {fault("stale place", "01HZZZZZZZZZZZZZZZZZZZZZZZ"): 1})
    twice = fault("promise ended twice", next(spare))
    fault("timeline differs", twice)
    kept = event_pb2.Event(facts=[{"kind": event_pb2.FACT_KIND_PROMISE_KEPT, "promise": 2}])
    for _ in range(2):
        s.db.rpush(f"b:{tag}:tl:desk:{twice}", kept.SerializeToString())
    # ids[0] is resolved, the others are ada's: a new epoch of hers that nobody drained
    key = f"b:{tag}:p:desk:ada"
    bytes_ = s.db.get(key)
    body = 16 + 8 * bytes_[2]
    ada = s.record_pb2.Person.FromString(bytes_[body:])
    ada.epoch += 1
    s.db.set(key, bytes_[:12] + ada.epoch.to_bytes(4, "big") + bytes_[16:body] + ada.SerializeToString())
    fault("older epoch", next(spare))
    done = s.call("audit", "--json")  # on stderr it says what takes long
    found = {(f["fault"], f["subject"]) for f in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1, done
    assert expected <= found, f"not named: {expected - found}\nnamed: {found}"
    more = {f for f in found - expected if f[0] not in ("older epoch", "wrong timer", "stray timer")}
    assert not more, f"named without a reason: {more}"
    table = s.run("audit", status=1)
    assert re.search(r"no timer +desk +contact \w+ +it is due at \d+", table), table
    lost = f"event 12 of workspace {'desk':.<60} is not there, its newest is 11; escalation, 2026-01-01T00:00:00Z"
    s.db.rpush("b:lost", lost)
    assert lost + "\n" in s.run("audit", status=1)


CASES = [options_are_checked_at_the_door, services_start_without_a_store, policies, tokens, usage, life_of_a_contact,
         refusals_and_no_answer, who_goes_on_asking, watch_has_no_gap, watch_filters, a_reply_on_its_way, lists,
         dead_letters, audit_is_clean, drain, audit_names_what_stops_others, a_store_that_promises_less,
         who_is_told_of_the_address,
         words_of_a_damaged_list, audit_names_each_fault]


def main():
    system, passed, failed = System(), 0, 0
    try:
        for case in CASES:
            try:
                case(system)
                passed += 1
                print(f"ok    {case.__name__}")
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAIL  {case.__name__}")
                traceback.print_exc(file=sys.stdout)
                break  # each leads on to the next
    finally:
        system.close()
    failed += len(CASES) - passed - failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
