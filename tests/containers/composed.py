"""deploy/compose.yaml as it stands, built and brought up by docker-compose over podman's socket, as the page says: up -d --build.
The operator's hand is run; contacts come from outside through HTTP and mail; a promise breaks; a container of each kind is
killed, the network taken from some and given back."""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import desk as d
import engine
import images

sys.path.insert(0, os.path.join(engine.ROOT, "tests", "live"))
import console  # noqa: E402  pylint: disable=wrong-import-position,import-error
import lmtp  # noqa: E402  pylint: disable=wrong-import-position,import-error
import redis  # noqa: E402  pylint: disable=wrong-import-position
import yaml  # noqa: E402  pylint: disable=wrong-import-position

w = d.w
PROJECT = "buckstop"
OTHERS = ("redis", "mail", "prometheus")
ONCE = ("policy", "hand")
PART, PARTED = ("routing", "notification", "redis"), 4  # seconds
# Nobody of this team is there: the promise breaks, and its lead is told by mail.
POLICY = (d.POLICY
          .replace("people:\n", "  urgent: { weight: 1, offer: 1h, answer: spoken }\npeople:\n"
                   "  max: { name: Max N., ways: [{ mail: max@desk.example }] }\n")
          .replace("teams:\n", "teams:\n  night: { lead: max, members: [max] }\n")
          .replace("rules:\n", "rules:\n  - { name: urgent, when: { channel: urgent }, then: { team: night } }\n")
          .replace("promises:\n", "promises:\n  - { when: { channel: urgent }, first_response: 3s, acknowledge: 1h, ladder: quiet }\n"))
# the labels as they are told of the image that is there, so that it is the same once more
OVERRIDE = """services:
  notification:
    environment: {{ BUCKSTOP_PRIVATE_TARGETS: "yes", BUCKSTOP_PRIVATE_CALLBACKS: "yes" }}
  intake:
    build: {{ args: {{ VERSION: "{version}", REVISION: "{revision}", CREATED: "{created}" }} }}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class House:
    """What compose made."""

    def __init__(self, podman, folder):
        self.podman, self.folder, self.socket = podman, folder, folder + "/podman.sock"
        self.http, self.lmtp, self.prometheus, self.console = (free_port() for _ in range(4))
        self.environment = {
            **podman.environment, "DOCKER_HOST": "unix://" + self.socket, "COMPOSE_PROJECT_NAME": PROJECT,
            "BUCKSTOP_PRIVATE": folder + "/private", "BUCKSTOP_POLICY": folder + "/policy.yaml",
            "BUCKSTOP_HTTP_PORT": str(self.http), "BUCKSTOP_LMTP_PORT": str(self.lmtp),
            "BUCKSTOP_PROMETHEUS_PORT": str(self.prometheus), "BUCKSTOP_CONSOLE_PORT": str(self.console),
            "BUCKSTOP_CONSOLE_URL": f"http://127.0.0.1:{self.console}"}

        self.config = yaml.safe_load(self.compose("config"))

    def compose(self, *words, timeout=60):
        files = ["-f", engine.ROOT + "/deploy/compose.yaml", "-f", self.folder + "/override.yaml"]
        done = subprocess.run(["docker-compose", *files, *words], env=self.environment, capture_output=True, text=True,
                              timeout=timeout, check=False)
        assert done.returncode == 0, (words, done.stdout[-3000:], done.stderr[-5000:])
        return done.stdout

    def services(self):
        return [name for name in self.config["services"] if name not in ONCE]

    def up(self, *services):
        """All, where none is named. What the images are made of is there already."""
        self.compose("up", "-d", "--build", *services, timeout=600)

    def container(self, service):
        return f"{PROJECT}_{service}_1"

    def state(self, service):
        return self.podman.inspect(self.container(service), "State")

    def address(self, service, network):
        return self.podman.inspect(self.container(service), "NetworkSettings", "Networks", f"{PROJECT}_{network}", "IPAddress")

    def gateway(self):
        return self.podman.inspect(f"{PROJECT}_outside", "subnets", 0, "gateway")

    def within(self, *words):
        """Status 3 is "not now": it is asked again."""
        done = w.until(lambda: f"{words} is done", lambda: self.reached("exec", self.container("intake"), *words), 60)
        assert done.returncode == 0, (words, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout.strip()

    def reached(self, *words):
        done = self.podman.call(*words)
        return done if done.returncode != 3 else None

    def store(self):
        with open(self.folder + "/private/redis-password", encoding="utf-8") as file:
            return redis.Redis(host=self.address("redis", "inside"), username="buckstop", password=file.read().strip())

    def well(self, service):
        """By the check that compose.yaml gives to it, which docker would run by itself."""
        if not self.state(service)["Running"]:
            return False
        check = self.config["services"][service].get("healthcheck", {}).get("test")
        return not check or self.podman.call("exec", self.container(service), *command_of(check)).returncode == 0

    def ready(self, service):
        """It takes work: a service by its own word, the others by the check of compose.yaml."""
        if service in OTHERS:
            return self.well(service)
        return self.podman.call("exec", self.container(service), "buckstop", "health", "http://127.0.0.1:7420/readyz").returncode == 0

    def all_well(self, seconds=60):
        for service in self.services():
            w.until(lambda s=service: f"{s} is well: {self.state(s)} {self.words(s)}", lambda s=service: self.well(s), seconds)

    def all_ready(self, seconds=60):
        for service in self.services():
            w.until(lambda s=service: f"{s} is ready: {self.words(s)}", lambda s=service: self.ready(s), seconds)

    def words(self, service):
        done = self.podman.call("logs", "--tail", "8", self.container(service))
        return done.stdout[-1500:] + done.stderr[-1500:]

    def kill(self, service):
        """As when memory runs out: the process is gone, and who supervises it starts it again."""
        before = self.state(service)["Pid"]
        os.kill(before, signal.SIGKILL)
        w.until(f"{service} runs again", lambda: self.state(service)["Pid"] not in (0, before), 30)
        w.until(f"{service} is well", lambda: self.well(service), 60)


def command_of(test):
    if test[0] == "CMD-SHELL":
        return ["sh", "-c", test[1]]
    return test[1:] if test[0] == "CMD" else test


def private_files(podman, folder):
    """deploy/container/secrets, with the program in the image."""
    os.makedirs(folder + "/private/secrets")
    with open(folder + "/private/secrets/pager", "w", encoding="utf-8") as key:
        key.write("0123456789abcdef")
    program = folder + "/buckstop"
    with open(program, "w", encoding="utf-8") as file:
        words = " ".join(podman.words("run", "--rm", "--user", "0", "--network", "none", "-v", f"{folder}:{folder}"))
        file.write(f"#!/bin/sh\nexec {words} localhost/buckstop:latest buckstop \"$@\"\n")
    os.chmod(program, 0o755)
    done = subprocess.run([engine.ROOT + "/deploy/container/secrets", folder + "/private"], capture_output=True, text=True,
                          env={**podman.environment, "BUCKSTOP": program}, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def listening(podman, socket_path):
    """podman as docker-compose speaks with it."""
    with subprocess.Popen(podman.words("system", "service", "--time=0", "unix://" + socket_path), env=podman.environment,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
        try:
            w.until("podman listens", lambda: os.path.exists(socket_path), 20)
            yield
        finally:
            service.terminate()


@contextlib.contextmanager
def opened(podman):
    if not shutil.which("docker-compose"):
        raise w.Skipped("docker-compose is missing")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-compose-"))
        os.chmod(folder, 0o755)
        private_files(podman, folder)
        stack.callback(podman.clear)
        for name, text in (("override.yaml", OVERRIDE), ("policy.yaml", "")):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                file.write(text.format(**images.told(podman)))
        house = House(podman, folder)
        stack.enter_context(listening(podman, house.socket))
        house.up(*OTHERS)  # with its first container a network has its gateway
        receiver = w.Receiver(house.gateway())
        stack.callback(receiver.close)
        with open(folder + "/policy.yaml", "w", encoding="utf-8") as file:
            file.write(POLICY.replace("HOOK", receiver.url("/hook")))
        house.up()
        house.all_well()
        desk = d.Desk([("127.0.0.1", house.http)], house.within, house.store)
        stack.callback(desk.close)
        w.until(lambda: "the policy is applied: " + house.words("policy"),
                lambda: not house.state("policy")["Running"] and house.state("policy")["ExitCode"] == 0, 60)
        desk.token = desk.issue("operator")
        try:
            yield house, desk, receiver
        except Exception:
            print("\n".join(f"    | {service}: {house.words(service)}" for service in house.services()))
            raise


def by_mail(house, desk):
    """A mail comes in by the published LMTP door, and the answer is in the catcher's log."""
    client = lmtp.Client(("127.0.0.1", house.lmtp))
    code, words = client.give("support@desk.example", lmtp.mail(subject="Lost card", sender="Kim <kim@far.example>"))[0]
    client.close()
    assert code == 250, words
    contact = words.split()[-1]
    owner = w.until("the mail has an owner", lambda: desk.view(contact).get("owner"), 30)
    answer = desk.act(contact, "reply", owner, text="It lies at the counter.")
    assert answer.status == 200, answer
    w.until(lambda: "the answer went out: " + house.words("mail"), lambda: "It lies at the counter." in
            house.podman.call("logs", house.container("mail")).stdout, 30)
    return contact


def by_hand(house):
    """What the page says to type: every service answers, and a token is taken; intake knows where people open the console."""
    told = house.config["services"]["intake"]["environment"]
    assert told["BUCKSTOP_CONSOLE"] == f"http://127.0.0.1:{house.console}", told
    house.compose("run", "--rm", "hand", "health")
    token = house.compose("run", "--rm", "hand", "token", "issue", "--scope", "operator", "--workspace", "desk").strip()
    assert w.ask(house.http, "GET", "/v1/people", token=token).status == 200, token


def breached(house, desk, watcher, subject):
    """A promise breaks: the console shows it, and a mail tells whom the ladder names."""
    contact = desk.submit("urgent", return_way="spoken", subject=subject)
    watcher.wait("the contact counts down", lambda: watcher.rows.get(contact, {}).get("next"), 30)
    watcher.wait("it breaks", lambda: watcher.rows[contact]["next"]["broken"], 30)
    facts = [fact["fact"] for event in watcher.feed if event.get("contact") == contact for fact in event["facts"]]
    assert "promise_broken" in facts, facts

    def told():
        mails = house.podman.call("logs", house.container("mail")).stdout.split("---------- MESSAGE FOLLOWS ----------")
        return [mail for mail in mails if all(words in mail for words in ("To: max@desk.example", subject, "the promise is broken"))]
    mails = w.until(lambda: "a mail tells it: " + house.words("mail"), told, 30)
    assert len(mails) == 1, mails
    return contact


def watched(house, desk):
    watcher = console.Stream(house.console, token=desk.token)
    assert watcher.status == 200, watcher.answer.read()
    return watcher


def archived(house, desk):
    """Every event is in the archive's files, once, whatever was killed."""
    stream = next(desk.store().scan_iter("b:{*}:ev:desk")).decode()
    newest = int(desk.store().xrevrange(stream, count=1)[0][0].decode().split("-")[1])
    cursor = stream.replace(":ev:", ":arch:")
    w.until("the archive has all", lambda: int(desk.store().zscore(cursor, "archive") or 0) >= newest, 60)
    text = house.podman.do("exec", house.container("archive"), "buckstop", "archive", "read", "/var/lib/buckstop", "--json")
    numbers = [json.loads(line)["number"] for line in text.splitlines()]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= newest, (len(numbers), newest, numbers[-1])
    return len(numbers)


def hardened(house):
    """Of every container of ours: read-only, no capability, not root, no new privileges."""
    for service in house.services():
        about = house.podman.inspect(house.container(service))
        assert about["HostConfig"]["ReadonlyRootfs"], service
        assert about["Config"]["User"] == "10001:10001", (service, about["Config"]["User"])
        with open(f"/proc/{about['State']['Pid']}/status", encoding="utf-8") as file:
            status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
        assert int(status["CapBnd"], 16) == 0 and status["NoNewPrivs"] == "1", (service, status["CapBnd"])


def scraped(house):
    """Prometheus reads every service."""
    def up():
        with contextlib.suppress(OSError, w.http.client.HTTPException, ValueError):
            answer = w.ask(house.prometheus, "GET", "/api/v1/query?query=up", timeout=5)
            return [row for row in answer.json()["data"]["result"] if row["value"][1] == "1"]
        return []
    kinds = [name for name in house.services() if name not in OTHERS]
    w.until(lambda: f"{len(kinds)} are scraped: {up()}", lambda: len(up()) >= len(kinds), 60)
    return len(kinds)


def parted(house, lives, service):
    """Nothing reaches it and it reaches nobody, for a few seconds; its name comes back with it, at another address."""
    name, network = house.container(service), f"{PROJECT}_inside"
    house.podman.do("network", "disconnect", network, name)
    end = time.monotonic() + PARTED
    w.until("some seconds pass", lambda: lives.go_on() and time.monotonic() > end)
    house.podman.do("network", "connect", "--alias", service, network, name)
    w.until(f"{service} is ready again", lambda: house.ready(service), 60)


def brought_up_and_hurt(podman):
    with opened(podman) as (house, desk, receiver):
        hardened(house)
        assert w.ask(house.console, "GET", "/").status == 200
        by_hand(house)
        watcher = watched(house, desk)
        lives = d.start_lives(desk, receiver)
        lives.more(8, 60)
        mailed = by_mail(house, desk)
        breached(house, desk, watcher, "Nobody answers")
        for service in house.services():
            house.kill(service)
            lives.more(6, 60)
        watcher.close()
        for service in PART:
            parted(house, lives, service)
            lives.more(6, 60)
        house.all_ready()
        watcher = watched(house, desk)
        breached(house, desk, watcher, "Nobody answers still")
        watcher.close()
        contacts = lives.end()
        n = scraped(house)
        w.until("the mail's reply was taken", lambda: w.count_facts(desk.view(mailed))["replied"] == 1, 30)
        d.kill_points.check(desk, receiver, contacts)
        plain(house)
        print(f"      {len(house.services())} containers killed, {len(PART)} parted, {len(contacts)} rounds, {n} services scraped, "
              f"{archived(house, desk)} events archived, breaches seen and told, audit clean")


def plain(house):
    """Who speaks without a key of ours is not heard: nothing of the hints' doors is open to it."""
    done = house.podman.call("run", "--rm", "--network", f"{PROJECT}_inside", "localhost/buckstop:latest", "buckstop-routing",
                             "--route", "tcp://0.0.0.0:7412", "--redis", "127.0.0.1:1")
    assert done.returncode == 2 and "--keys" in done.stderr, (done.returncode, done.stderr[-500:])
    json.loads(house.within("buckstop", "audit", "--json"))
