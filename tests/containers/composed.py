"""deploy/compose.yaml as it stands: read and checked by docker-compose, brought up by podman, one container after the other
(docker-compose over the socket of podman 4.3 stands still now and then, when several are made at once). Contacts come from
outside through HTTP and mail; a container of each kind is killed, the network taken from one and given back."""
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

sys.path.insert(0, os.path.join(engine.ROOT, "tests", "live"))
import lmtp  # noqa: E402  pylint: disable=wrong-import-position,import-error
import redis  # noqa: E402  pylint: disable=wrong-import-position
import yaml  # noqa: E402  pylint: disable=wrong-import-position

w = d.w
PROJECT = "buckstop"
OTHERS = ("redis", "mail", "prometheus")
ONCE = ("policy", "hand")
KNOWN = {"build", "cap_drop", "command", "environment", "healthcheck", "image", "networks", "ports", "read_only", "restart",
         "security_opt", "stop_grace_period", "user", "volumes"}
OVERRIDE = """services:
  notification:
    environment: {{ BUCKSTOP_PRIVATE_TARGETS: "yes", BUCKSTOP_PRIVATE_CALLBACKS: "yes" }}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class House:
    """What compose made."""

    def __init__(self, podman, folder):
        self.podman, self.folder = podman, folder
        self.http, self.lmtp, self.prometheus, self.console = (free_port() for _ in range(4))
        self.environment = {
            **podman.environment, "COMPOSE_PROJECT_NAME": PROJECT,
            "BUCKSTOP_PRIVATE": folder + "/private", "BUCKSTOP_POLICY": folder + "/policy.yaml",
            "BUCKSTOP_HTTP_PORT": str(self.http), "BUCKSTOP_LMTP_PORT": str(self.lmtp),
            "BUCKSTOP_PROMETHEUS_PORT": str(self.prometheus), "BUCKSTOP_CONSOLE_PORT": str(self.console)}

        self.config = yaml.safe_load(self.read("config"))

    def read(self, *words):
        files = ["-f", engine.ROOT + "/deploy/compose.yaml", "-f", self.folder + "/override.yaml"]
        done = subprocess.run(["docker-compose", *files, *words], env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (words, done.stdout[-3000:], done.stderr[-5000:])
        return done.stdout

    def services(self):
        return [name for name in self.config["services"] if name not in ONCE]

    # -- what docker-compose would ask of a daemon

    def make_networks(self):
        for name, about in self.config["networks"].items():
            way_out = ["--internal"] if (about or {}).get("internal") else []
            self.podman.do("network", "create", *way_out, f"{PROJECT}_{name}")

    def start(self, service):
        about = self.config["services"][service]
        assert set(about) <= KNOWN, (service, set(about) - KNOWN)
        words = ["run", "-d", "--no-healthcheck", "--name", self.container(service), "--user", about["user"], "--restart",
                 about["restart"]]
        words += ["--read-only"] if about["read_only"] else []
        words += [f"--cap-drop={name}" for name in about["cap_drop"]]
        words += [f"--security-opt={option.removesuffix(':true')}" for option in about["security_opt"]]
        words += [f"--network={PROJECT}_{name}:alias={service}" for name in about["networks"]]
        words += [f"--env={name}={value}" for name, value in about.get("environment", {}).items()]
        words += [f"--publish={port.removesuffix('/tcp')}" for port in about.get("ports", [])]
        words += [f"--volume={self.volume(volume)}" for volume in about.get("volumes", [])]
        self.podman.do(*words, about["image"], *about.get("command", []))

    @staticmethod
    def volume(text):
        return text if text.startswith("/") else f"{PROJECT}_{text}"

    def up(self, wanted):
        for service, about in self.config["services"].items():
            if "profiles" not in about and wanted(service):
                self.start(service)

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

    def all_well(self, seconds=60):
        for service in self.services():
            w.until(lambda s=service: f"{s} is well: {self.state(s)} {self.words(s)}", lambda s=service: self.well(s), seconds)

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
                file.write(text.format())
        house = House(podman, folder)
        house.make_networks()
        house.up(lambda service: service in OTHERS)  # with its first container a network has its gateway
        receiver = w.Receiver(house.gateway())
        stack.callback(receiver.close)
        with open(folder + "/policy.yaml", "w", encoding="utf-8") as file:
            file.write(d.POLICY.replace("HOOK", receiver.url("/hook")))
        house.up(lambda service: service not in OTHERS)
        house.all_well()
        desk = d.Desk([("127.0.0.1", house.http)], house.within, house.store)
        stack.callback(desk.close)
        w.until(lambda: "the policy is applied: " + house.words("policy"),
                lambda: not house.state("policy")["Running"] and house.state("policy")["ExitCode"] == 0, 60)
        desk.token = desk.issue("operator")
        yield house, desk, receiver


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
    """Nothing reaches it and it reaches nobody, for a few seconds; its names come back with it."""
    name, network = house.container(service), f"{PROJECT}_inside"
    house.podman.do("network", "disconnect", network, name)
    end = time.monotonic() + 4
    w.until("some seconds pass", lambda: lives.go_on() and time.monotonic() > end)
    house.podman.do("network", "connect", "--alias", service, network, name)
    w.until(f"{service} is ready again", lambda: house.podman.call("exec", name, "buckstop", "health",
                                                                   "http://127.0.0.1:7420/readyz").returncode == 0, 60)


def brought_up_and_hurt(podman):
    with opened(podman) as (house, desk, receiver):
        hardened(house)
        assert w.ask(house.console, "GET", "/").status == 200
        lives = d.start_lives(desk, receiver)
        lives.more(8, 60)
        mailed = by_mail(house, desk)
        for service in house.services():
            house.kill(service)
            lives.more(6, 60)
        for service in ("routing", "notification"):
            parted(house, lives, service)
            lives.more(6, 60)
        contacts = lives.end()
        n = scraped(house)
        w.until("the mail's reply was taken", lambda: w.count_facts(desk.view(mailed))["replied"] == 1, 30)
        d.kill_points.check(desk, receiver, contacts)
        plain(house)
        print(f"      {len(house.services())} containers killed, {len(contacts)} rounds, {n} services scraped, audit clean")


def plain(house):
    """Who speaks without a key of ours is not heard: nothing of the hints' doors is open to it."""
    done = house.podman.call("run", "--rm", "--network", f"{PROJECT}_inside", "localhost/buckstop:latest", "buckstop-routing",
                             "--route", "tcp://0.0.0.0:7412", "--redis", "127.0.0.1:1")
    assert done.returncode == 2 and "--keys" in done.stderr, (done.returncode, done.stderr[-500:])
    json.loads(house.within("buckstop", "audit", "--json"))
