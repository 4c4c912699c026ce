"""The release before this one, two of each service, exchanged one by one for this tree's, and back, under load.

A service that the release before did not have joins halfway up, among replicas of both, and goes halfway back."""
import contextlib
import json
import os
import tempfile

import redis

import desk as d
import console
import images

w = d.w
LINKS = {"submit": ("intake", 7411), "route": ("routing", 7412), "due": ("escalation", 7413),
         "outbox": ("notification", 7414), "stream": ("notification", 7415)}
NETWORK, HEALTH, HTTP, CONSOLE, STORE = "rolling", 7420, 7400, 7480, 6379
FROM = {kind: 10 * n for n, kind in enumerate((*w.KINDS, "console", "archive"), 2)}  # where the addresses of a kind begin
KEPT = "/var/lib/buckstop"
PLACES = [(kind, number) for kind in w.KINDS for number in (1, 2)]
JOIN = [("console", 1), ("archive", 1)]


class Fleet:
    """Containers on a network of their own; a replica keeps its name and address over the exchange."""

    def __init__(self, podman, folder):
        self.podman, self.folder = podman, folder
        podman.do("network", "create", NETWORK)
        subnet = podman.inspect(NETWORK, "subnets", 0)
        self.gateway, self.prefix = subnet["gateway"], subnet["gateway"].rsplit(".", 1)[0]
        self.running, self.knows = {}, {}
        self.store_at = f"{self.prefix}.9"
        self.run("store", "localhost/buckstop-redis:latest", self.store_at, "redis-server", "--appendonly", "yes",
                 "--appendfsync", "always", "--save", "", "--protected-mode", "no")
        w.until("redis answers", self.store_answers, 30)

    def store(self):
        return redis.Redis(host=self.store_at, port=STORE)

    def store_answers(self):
        with contextlib.suppress(redis.RedisError):
            return self.store().ping()
        return False

    def run(self, name, image, address, *words, options=()):
        self.podman.do("run", "-d", "--no-healthcheck", "--name", name, "--network", NETWORK, "--ip", address, "--read-only", "--cap-drop=all",
                       "--security-opt", "no-new-privileges", *options, image, *words)

    def knows_option(self, image, kind, option):
        if (image, kind) not in self.knows:
            words = ["run", "--rm", "--network", "none", image, f"buckstop-{kind}", "--help"]
            self.knows[image, kind] = self.podman.do(*words)
        return option + " " in self.knows[image, kind]

    def address(self, kind, number):
        return f"{self.prefix}.{FROM[kind] + number}"

    def endpoints(self, link, number=None):
        kind, port = LINKS[link]
        return ",".join(f"tcp://{self.address(kind, n)}:{port}" for n in ([number] if number else (1, 2)))

    def options(self, image, kind, number):
        words = [f"buckstop-{kind}", "--health", f"0.0.0.0:{HEALTH}", "--redis", f"{self.store_at}:{STORE}"]
        for link, (binds, _) in LINKS.items():
            words += ["--" + link, self.endpoints(link, number if binds == kind else None)]
        if kind == "intake":
            words += ["--listen", f"0.0.0.0:{HTTP}", "--spool", KEPT]
        if kind == "console":
            words += ["--listen", f"0.0.0.0:{CONSOLE}", "--intake", f"http://{self.address('intake', 1)}:{HTTP}"]
        if kind == "archive":
            words += ["--dir", KEPT]
        if kind in ("intake", "notification"):
            words += ["--secrets", "/secrets"]
        if kind == "notification":
            words += ["--private-targets", "--private-callbacks"]
        if self.knows_option(image, kind, "--plain-bind"):  # both speak plainly, as the older one knows nothing else
            words.append("--plain-bind")
        return words

    def start(self, image, kind, number):
        mounts = ["-v", self.folder + "/secrets:/secrets:ro", "-v", f"{kind}-{number}:{KEPT}"]
        self.run(f"{kind}-{number}", image, self.address(kind, number), *self.options(image, kind, number), options=mounts)
        self.running[kind, number] = image

    def ready(self, kind, number):
        with contextlib.suppress(OSError, w.http.client.HTTPException):
            return w.ask(HEALTH, "GET", "/readyz", host=self.address(kind, number), timeout=2).status == 200
        state = self.podman.inspect(f"{kind}-{number}", "State")
        assert state["Running"], (kind, number, self.podman.call("logs", f"{kind}-{number}").stderr[-3000:])
        return False

    def wait(self, kind, number):
        w.until(lambda: f"{kind}-{number} is ready: {self.podman.call('logs', f'{kind}-{number}').stderr[-3000:]}",
                lambda: self.ready(kind, number), 60)

    def join(self, image, places):
        for kind, number in places:
            self.start(image, kind, number)
        for kind, number in places:
            self.wait(kind, number)

    def leave(self, kind, number):
        """Drained, and ended with 0."""
        name = f"{kind}-{number}"
        self.podman.do("stop", "--time", "20", name)
        status = self.podman.inspect(name, "State", "ExitCode")
        assert status == 0, (name, self.running[kind, number], status, self.podman.call("logs", name).stderr[-3000:])
        self.podman.do("rm", name)

    def exchange(self, kind, number, image):
        self.leave(kind, number)
        self.join(image, [(kind, number)])

    def within(self, *words, image=images.NOW, options=()):
        """A command in a container of its own."""
        return self.podman.do("run", "--rm", "--network", NETWORK, "-v", self.folder + ":/given:ro", "-e",
                              f"BUCKSTOP_REDIS={self.store_at}:{STORE}", *options, image, *words)


@contextlib.contextmanager
def opened(podman, image):
    """Two of each service of a release, a store, a policy; ended with the context. (fleet, desk, receiver)"""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-rolling-"))
        os.chmod(folder, 0o755)
        os.mkdir(folder + "/secrets")
        for name in ("pager", "callback"):
            with open(f"{folder}/secrets/{name}", "w", encoding="utf-8") as key:
                key.write("0123456789abcdef")
        stack.callback(podman.clear)
        fleet = Fleet(podman, folder)
        receiver = w.Receiver(fleet.gateway)
        stack.callback(receiver.close)
        with open(folder + "/policy.yaml", "w", encoding="utf-8") as file:
            file.write(d.POLICY.replace("HOOK", receiver.url("/hook")))
        for kind, number in PLACES:
            fleet.start(image, kind, number)
        fleet.within("buckstop", "policy", "apply", "/given/policy.yaml", image=image)
        for kind, number in PLACES:
            fleet.wait(kind, number)
        desk = d.Desk([(fleet.address("intake", number), HTTP) for number in (1, 2)], fleet.within, fleet.store)
        stack.callback(desk.close)
        desk.token = desk.issue("operator")
        yield fleet, desk, receiver


class Joined:
    """The services that only this tree has, and what they must have seen: one contact, and every event."""

    def __init__(self, fleet, desk):
        self.fleet, self.desk = fleet, desk
        fleet.join(images.NOW, JOIN)
        self.watcher = console.Stream(CONSOLE, token=desk.token, host=fleet.address("console", 1))
        assert self.watcher.status == 200, self.watcher.answer.read()
        self.watcher.wait("the board comes", lambda: self.watcher.named("board"), 30)
        self.contact = desk.submit("form", return_way="spoken")

    def row(self):
        return self.watcher.rows.get(self.contact, {})

    def saw(self, what, condition):
        self.watcher.wait(f"the console shows that it {what}", condition, 30)

    def accepted(self):
        self.saw("is offered", lambda: self.row().get("offered_to"))
        person = self.row()["offered_to"]
        assert self.desk.act(self.contact, "accept", person, "joined-accept").status == 200
        self.saw("has an owner", lambda: self.row().get("owner") == person)

    def leave(self):
        """Half of the others are of the release before."""
        assert self.desk.act(self.contact, "resolve", self.row()["owner"], "joined-resolve", text="done").status == 200
        self.saw("is resolved", lambda: self.row().get("state", "resolved") == "resolved")
        self.watcher.close()
        had = self.newest()
        w.until(lambda: f"the archive has {had} events: {self.archived()}", lambda: self.archived() >= had, 60)
        for kind, number in JOIN:
            self.fleet.leave(kind, number)
        text = self.fleet.within("buckstop", "archive", "read", "/archive", "--json", options=("-v", "archive-1:/archive"))
        numbers = [json.loads(line)["number"] for line in text.splitlines()]
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= had, (len(numbers), had, numbers[-1])
        return len(numbers)

    def stream(self):
        return self.fleet.store().keys("b:{*}:ev:desk")[0].decode()

    def newest(self):
        return int(self.fleet.store().xrevrange(self.stream(), count=1)[0][0].decode().split("-")[1])

    def archived(self):
        return int(self.fleet.store().zscore(self.stream().replace(":ev:", ":arch:"), "archive") or 0)


def before(podman):
    """The image of the release before this one."""
    commit = images.previous()
    if not commit:
        raise w.Skipped("this clone does not hold the commit that tests/containers/previous names")
    images.build_previous(podman, commit)


def exchanged_and_back(podman):
    before(podman)
    with opened(podman, images.BEFORE) as (fleet, desk, receiver):
        lives = d.start_lives(desk, receiver)
        lives.more(12, 60)
        half = len(PLACES) // 2
        for n, (kind, number) in enumerate(PLACES):
            fleet.exchange(kind, number, images.NOW)
            lives.more(6, 60)
            if n == half:
                joined = Joined(fleet, desk)
        joined.accepted()
        for n, (kind, number) in enumerate(PLACES):
            fleet.exchange(kind, number, images.BEFORE)
            lives.more(6, 60)
            if n == half:
                archived = joined.leave()
        contacts = lives.end()
        d.kill_points.check(desk, receiver, contacts)
        print(f"      {2 * len(PLACES)} exchanged, {len(JOIN)} came and went, {len(contacts)} rounds, {archived} events archived, "
              "none lost or doubled")
