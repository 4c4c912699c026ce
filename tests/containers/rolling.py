"""The release before this one, two of each service, exchanged one by one for this tree's, and back, under load: each by its own
image, with keys on the links and the store's one user, as compose.yaml deploys it."""
import contextlib
import json
import os
import tempfile

import redis

import desk as d
import composed
import console
import engine
import images

w = d.w
LINKS = {"submit": ("intake", 7411), "route": ("routing", 7412), "due": ("escalation", 7413),
         "outbox": ("notification", 7414), "stream": ("notification", 7415)}
NETWORK, HEALTH, HTTP, CONSOLE, STORE = "rolling", 7420, 7400, 7480, 6379
FROM = {kind: 10 * n for n, kind in enumerate((*w.KINDS, "console", "archive"), 2)}  # where the addresses of a kind begin
KEPT = "/var/lib/buckstop"
PLACES = [(kind, number) for kind in w.KINDS for number in (1, 2)] + [("console", 1), ("archive", 1)]


class Fleet:
    """Containers on a network of their own; a replica keeps its name and address over the exchange."""

    def __init__(self, podman, folder):
        self.podman, self.folder = podman, folder
        podman.do("network", "create", NETWORK)
        subnet = podman.inspect(NETWORK, "subnets", 0)
        self.gateway, self.prefix = subnet["gateway"], subnet["gateway"].rsplit(".", 1)[0]
        self.running = {}
        self.store_at = f"{self.prefix}.9"
        files = [f"{engine.ROOT}/deploy/redis/redis.conf:/etc/buckstop/redis.conf:ro",
                 f"{folder}/private/users.acl:/etc/buckstop/users.acl:ro"]
        self.run("store", "localhost/buckstop-redis:latest", self.store_at, "redis-server", "/etc/buckstop/redis.conf", "--bind",
                 "* -::*", options=mounted(files))
        w.until("redis answers", self.store_answers, 30)

    def store(self):
        with open(self.folder + "/private/redis-password", encoding="utf-8") as file:
            return redis.Redis(host=self.store_at, port=STORE, username="buckstop", password=file.read().strip())

    def store_answers(self):
        with contextlib.suppress(redis.RedisError):
            return self.store().time()
        return False

    def run(self, name, image, address, *words, options=()):
        self.podman.do("run", "-d", "--no-healthcheck", "--name", name, "--network", NETWORK, "--ip", address, "--read-only", "--cap-drop=all",
                       "--security-opt", "no-new-privileges", *options, image, *words)

    def address(self, kind, number):
        return f"{self.prefix}.{FROM[kind] + number}"

    def endpoints(self, link, number=None):
        kind, port = LINKS[link]
        return ",".join(f"tcp://{self.address(kind, n)}:{port}" for n in ([number] if number else (1, 2)))

    def words(self, kind, number):
        words = [f"buckstop-{kind}"]
        for link, (binds, _) in LINKS.items():
            words += ["--" + link, self.endpoints(link, number if binds == kind else None)]
        if kind == "intake":
            words += ["--listen", f"0.0.0.0:{HTTP}", "--spool", KEPT]
        if kind == "console":
            words += ["--listen", f"0.0.0.0:{CONSOLE}", "--intake", f"http://{self.address('intake', 1)}:{HTTP}"]
        if kind == "archive":
            words += ["--dir", KEPT]
        if kind == "notification":
            words += ["--private-targets", "--private-callbacks"]
        return words

    def given(self, kind):
        """Settings, the store's password, its own key and everybody's public ones, secrets."""
        private = self.folder + "/private"
        settings = {"BUCKSTOP_REDIS": f"{self.store_at}:{STORE}", "BUCKSTOP_REDIS_USER": "buckstop",
                    "BUCKSTOP_REDIS_PASSWORD_FILE": "/run/secrets/redis-password", "BUCKSTOP_KEYS": "/run/keys"}
        files = [f"{private}/redis-password:/run/secrets/redis-password:ro", f"{private}/keys/{kind}.key:/run/keys/{kind}.key:ro",
                 f"{private}/keys/public:/run/keys/public:ro"]
        if kind in ("intake", "notification", "archive"):
            settings["BUCKSTOP_SECRETS"] = "/run/buckstop-secrets"
            files.append(f"{private}/secrets:/run/buckstop-secrets:ro")
        return [word for name, value in settings.items() for word in ("-e", f"{name}={value}")] + mounted(files)

    def start(self, image, kind, number):
        options = [*self.given(kind), *mounted([f"{kind}-{number}:{KEPT}"])]
        self.run(f"{kind}-{number}", image, self.address(kind, number), *self.words(kind, number), options=options)
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

    def leave(self, kind, number):
        """Drained, and ended with 0."""
        name = f"{kind}-{number}"
        self.podman.do("stop", "--time", "20", name)
        status = self.podman.inspect(name, "State", "ExitCode")
        assert status == 0, (name, self.running[kind, number], status, self.podman.call("logs", name).stderr[-3000:])
        self.podman.do("rm", name)

    def exchange(self, kind, number, image):
        self.leave(kind, number)
        self.start(image, kind, number)
        self.wait(kind, number)

    def within(self, *words, image=images.NOW, options=()):
        """A command in a container of its own."""
        return self.podman.do("run", "--rm", "--network", NETWORK, "-v", self.folder + ":/given:ro", *self.given("cli"), *options,
                              image, *words)


def mounted(volumes):
    return [word for volume in volumes for word in ("-v", volume)]


@contextlib.contextmanager
def opened(podman, image):
    """Two of each service of a release, a store, a policy; ended with the context. (fleet, desk, receiver)"""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-rolling-"))
        os.chmod(folder, 0o755)
        composed.private_files(podman, folder)
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


class Followed:
    """A contact that somebody sees at the console through all of it; every event is in the archive then."""

    def __init__(self, fleet, desk):
        self.fleet, self.desk = fleet, desk
        self.watch()
        self.contact = desk.submit("form", return_way="spoken")

    def watch(self):
        self.watcher = w.until("the console knows the workspace", self.opened, 30)
        self.watcher.wait("the board comes", lambda: self.watcher.named("board"), 30)

    def opened(self):
        stream = console.Stream(CONSOLE, token=self.desk.token, host=self.fleet.address("console", 1))
        if stream.status == 200:
            return stream
        assert "no-such-workspace" in stream.answer.read().decode(), stream.status
        stream.close()
        return None

    def row(self):
        return self.watcher.rows.get(self.contact, {})

    def saw(self, what, condition):
        self.watcher.wait(f"the console shows that it {what}", condition, 30)

    def accepted(self):
        self.saw("is offered", lambda: self.row().get("offered_to"))
        person = self.row()["offered_to"]
        assert self.desk.act(self.contact, "accept", person, "followed-accept").status == 200
        self.saw("has an owner", lambda: self.row().get("owner") == person)

    def resolved(self):
        self.saw("has an owner", lambda: self.row().get("owner"))
        assert self.desk.act(self.contact, "resolve", self.row()["owner"], "followed-resolve", text="done").status == 200
        self.saw("is resolved", lambda: self.row().get("state", "resolved") == "resolved")

    def events(self):
        """How many the archive has, in one row."""
        had = self.newest()
        w.until(lambda: f"the archive has {had} events: {self.archived()}", lambda: self.archived() >= had, 60)
        image = self.fleet.running["archive", 1]
        self.fleet.leave("archive", 1)
        text = self.fleet.within("buckstop", "archive", "read", "/archive", "--json", image=image,
                                 options=("-v", "archive-1:/archive"))
        numbers = [json.loads(line)["number"] for line in text.splitlines()]
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= had, (len(numbers), had, numbers[-1])
        return len(numbers)

    def stream(self):
        return next(self.fleet.store().scan_iter("b:{*}:ev:desk")).decode()

    def newest(self):
        return int(self.fleet.store().xrevrange(self.stream(), count=1)[0][0].decode().split("-")[1])

    def archived(self):
        return int(self.fleet.store().zscore(self.stream().replace(":ev:", ":arch:"), "archive") or 0)


def before(podman):
    """The image of the release before this one."""
    commit = images.previous()
    if not commit:
        raise w.Skipped("this is not a whole clone, and does not hold the commit that tests/containers/previous names")
    images.build_previous(podman, commit)


def exchanged_and_back(podman):
    before(podman)
    with opened(podman, images.BEFORE) as (fleet, desk, receiver):
        lives = d.start_lives(desk, receiver)
        lives.more(12, 60)
        followed = Followed(fleet, desk)
        for image, act in ((images.NOW, followed.accepted), (images.BEFORE, followed.resolved)):
            for kind, number in PLACES:
                if kind == "console":  # it is the last of its release; the others are of the other one
                    act()
                    followed.watcher.close()
                fleet.exchange(kind, number, image)
                if kind == "console":
                    followed.watch()
                lives.more(6, 60)
        followed.watcher.close()
        contacts = lives.end()
        d.kill_points.check(desk, receiver, contacts)
        print(f"      {2 * len(PLACES)} exchanged, by CURVE, {len(contacts)} rounds, {followed.events()} events archived, "
              "none lost or doubled")
