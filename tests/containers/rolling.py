"""The release before this one, two of each service, exchanged one by one for this tree's, and back, under load."""
import contextlib
import os
import tempfile

import redis

import desk as d
import images

w = d.w
LINKS = {"submit": ("intake", 7411), "route": ("routing", 7412), "due": ("escalation", 7413),
         "outbox": ("notification", 7414), "stream": ("notification", 7415)}
NETWORK, HEALTH, HTTP, STORE = "rolling", 7420, 7400, 6379
FROM = {kind: 10 * n for n, kind in enumerate(w.KINDS, 2)}  # where the addresses of a kind begin


PLACES = [(kind, number) for kind in w.KINDS for number in (1, 2)]


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
            words += ["--listen", f"0.0.0.0:{HTTP}", "--spool", "/var/lib/buckstop"]
        if kind in ("intake", "notification"):
            words += ["--secrets", "/secrets"]
        if kind == "notification":
            words += ["--private-targets", "--private-callbacks"]
        if self.knows_option(image, kind, "--plain-bind"):  # both speak plainly, as the older one knows nothing else
            words.append("--plain-bind")
        return words

    def start(self, image, kind, number):
        mounts = ["-v", self.folder + "/secrets:/secrets:ro", "-v", f"spool-{number}:/var/lib/buckstop"]
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

    def exchange(self, kind, number, image):
        """Drained, ended with 0, and the other release in its place."""
        name = f"{kind}-{number}"
        self.podman.do("stop", "--time", "20", name)
        status = self.podman.inspect(name, "State", "ExitCode")
        assert status == 0, (name, self.running[kind, number], status, self.podman.call("logs", name).stderr[-3000:])
        self.podman.do("rm", name)
        self.start(image, kind, number)
        self.wait(kind, number)

    def within(self, *words, image=images.NOW):
        """A command in a container of its own."""
        return self.podman.do("run", "--rm", "--network", NETWORK, "-v", self.folder + ":/given:ro", "-e",
                              f"BUCKSTOP_REDIS={self.store_at}:{STORE}", image, *words)


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


def exchanged_and_back(podman):
    commit = images.previous()
    if not commit:
        raise w.Skipped("this clone does not hold the commit that tests/containers/previous names")
    images.build_previous(podman, commit)
    with opened(podman, images.BEFORE) as (fleet, desk, receiver):
        lives = d.start_lives(desk, receiver)
        lives.more(20, 60)
        for image in (images.NOW, images.BEFORE):
            for kind, number in PLACES:
                fleet.exchange(kind, number, image)
                lives.more(6, 60)
        contacts = lives.end()
        d.kill_points.check(desk, receiver, contacts)
        print(f"      {2 * len(PLACES)} exchanged, {len(contacts)} rounds, none lost or doubled")
