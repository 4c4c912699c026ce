"""A primary, a replica and three sentinels for a test; and a world whose services find the primary through them.

Ports are picked by the system. All of it lives in one directory of its own, and is ended by process id.
"""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

import redis

import world as w
from ports import free_port
from waiting import until

NAME, SENTINELS, QUORUM, DOWN_AFTER_MS, FAILOVER_TIMEOUT_MS = "desk", 3, 2, 1000, 3000
UNDER_WAY = 1 << 20  # bytes


class Node:
    """One redis-server, or one sentinel: started, stopped and continued, killed, started again at the same port."""

    def __init__(self, folder, words, password=None, tls=None):
        os.mkdir(folder)
        self.folder, self.words, self.port, self.process, self.password = folder, words, free_port(), None, password
        self.tls, self.link = tls, None

    def start(self, *more):
        self.link = redis.Redis(port=self.port, socket_timeout=2, password=self.password, **(self.tls.link() if self.tls else {}))
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen([*self.words(self), *more], stdout=log, stderr=log, cwd=self.folder)
        until("it answers or ends", lambda: self.answers() or self.process.poll() is not None, 20)
        assert self.process.poll() is None, open(self.folder + "/log", encoding="utf-8").read()[-2000:]
        return self

    def answers(self):
        with contextlib.suppress(redis.RedisError):
            return self.link.ping()
        return False

    def role(self):
        with contextlib.suppress(redis.RedisError):
            return self.link.role()[0].decode()
        return "away"

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.link.connection_pool.disconnect()
        self.process = None


class Tls:
    """ca.crt, and by one name the certificate and key that all of them show, in a folder."""

    def __init__(self, folder, name):
        self.ca, self.certificate, self.key = folder + "/ca.crt", f"{folder}/{name}.crt", f"{folder}/{name}.key"

    def link(self):
        """For the test's own look at them: it need not know whom it trusts, and newer Pythons want more of a certificate."""
        return {"host": "127.0.0.1", "ssl": True, "ssl_cert_reqs": "none", "ssl_check_hostname": False,
                "ssl_certfile": self.certificate, "ssl_keyfile": self.key}

    def words(self, port):
        return ["--port", "0", "--tls-port", str(port), "--tls-replication", "yes", "--tls-ca-cert-file", self.ca,
                "--tls-cert-file", self.certificate, "--tls-key-file", self.key]

    def options(self):
        return ["--redis-ca", self.ca, "--redis-cert", self.certificate, "--redis-key", self.key]


def port_words(node):
    return node.tls.words(node.port) if node.tls else ["--port", str(node.port)]


def redis_words(node):
    return ["redis-server", *port_words(node), "--bind", "127.0.0.1", "--dir", node.folder, "--appendonly", "yes",
            "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--stream-node-max-entries", "1",
            "--repl-diskless-sync-delay", "0", *(["--requirepass", node.password, "--masterauth", node.password] if node.password else [])]


def sentinel_words(node):
    return ["redis-server", node.folder + "/sentinel.conf", *port_words(node), "--sentinel"]


class Nodes:
    """Two nodes, the first of them primary, and the sentinels."""

    def __init__(self, password=None, sentinel_password=None, tls=None):
        self.dir = tempfile.mkdtemp(prefix="buckstop-sentinel-")
        self.password, self.sentinel_password, self.tls = password, sentinel_password, tls
        self.nodes = [Node(f"{self.dir}/node-{n}", redis_words, password, tls) for n in (1, 2)]
        self.sentinels = [Node(f"{self.dir}/sentinel-{n}", sentinel_words, sentinel_password, tls)
                          for n in range(1, SENTINELS + 1)]

    def options(self):
        """For services and the command line: files with the passwords."""
        words = self.tls.options() if self.tls else []
        for name, password in (("redis", self.password), ("sentinel", self.sentinel_password)):
            if password:
                path = f"{self.dir}/{name}-password"
                with open(path, "w", encoding="utf-8") as file:
                    file.write(password + "\n")
                words += [f"--{name}-password-file", path]
        return words

    def start(self):
        primary, replica = self.nodes
        primary.start()
        replica.start("--replicaof", "127.0.0.1", str(primary.port))
        until("the replica is there", lambda: self.in_step(primary), 20)
        for sentinel in self.sentinels:
            with open(sentinel.folder + "/sentinel.conf", "w", encoding="utf-8") as file:
                file.write(f"bind 127.0.0.1\ndir {sentinel.folder}\n"
                           f"sentinel monitor {NAME} 127.0.0.1 {primary.port} {QUORUM}\n"
                           f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MS}\n"
                           f"sentinel failover-timeout {NAME} {FAILOVER_TIMEOUT_MS}\n")
                if self.password:
                    file.write(f'sentinel auth-pass {NAME} "{self.password}"\n')
                if self.sentinel_password:
                    file.write(f'requirepass "{self.sentinel_password}"\n'
                               f'sentinel sentinel-pass "{self.sentinel_password}"\n')
            sentinel.start()
        until("the sentinels know each other and the replica", self.acquainted, 30)

    def acquainted(self):
        with contextlib.suppress(redis.RedisError):
            states = [sentinel.link.sentinel_master(NAME) for sentinel in self.sentinels if sentinel.process]
            return all(state["num-other-sentinels"] == SENTINELS - 1 and state["num-slaves"] >= 1 and
                       state["flags"] == "master" for state in states)
        return False

    def in_step(self, primary):
        """A replica is online, and has all but what is under way."""
        with contextlib.suppress(redis.RedisError):
            about = primary.link.info("replication")
            return about["role"] == "master" and about["connected_slaves"] == 1 and \
                about["slave0"]["state"] == "online" and \
                about["master_repl_offset"] - about["slave0"]["offset"] < UNDER_WAY
        return False

    def address(self):
        return ("tls:" if self.tls else "") + f"sentinel:{NAME}@" + ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)

    def named(self):
        """The node that most of the sentinels name; None: they do not agree."""
        ports = []
        for sentinel in self.sentinels:
            with contextlib.suppress(redis.RedisError):
                if sentinel.process:
                    ports.append(sentinel.link.sentinel_get_master_addr_by_name(NAME)[1])
        most = [port for port in ports if ports.count(port) > SENTINELS // 2]
        return next((node for node in self.nodes if most and node.port == most[0]), None)

    def failovers(self):
        """So many were begun since they know each other."""
        return max(sentinel.link.sentinel_master(NAME)["config-epoch"] for sentinel in self.sentinels if sentinel.process)

    def primary(self):
        return until("sentinels name a primary that is one", lambda: self.ready_primary(), 30)

    def ready_primary(self):
        node = self.named()
        return node if node and node.process and node.role() == "master" else None

    def other(self, node):
        return next(other for other in self.nodes if other is not node)

    def taken_over(self, old):
        """Another node is primary: the time it took."""
        began = time.monotonic()
        until("the fail-over", lambda: self.ready_primary() not in (None, old), 30)
        return time.monotonic() - began

    def come_back(self, old):
        """As whoever mends it would: it comes back as a replica of the primary of now."""
        old.start("--replicaof", "127.0.0.1", str(self.primary().port))
        self.both()

    def both(self):
        """One is primary, whichever, and the other its replica; the sentinels are at rest."""
        until("one is primary, the other a replica in step", self.at_rest, 60)

    def at_rest(self):
        primary = self.ready_primary()
        return primary and self.in_step(primary) and self.acquainted()

    def close(self):
        for node in self.sentinels + self.nodes:
            node.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class Guarded(w.World):
    """Services that reach the store through sentinels."""

    def __init__(self, policy, durability, nodes=None, replicas=2):
        self.nodes = nodes or Nodes()
        self.reach = ["--durability", durability, *self.nodes.options()]
        super().__init__(policy, replicas={kind: replicas for kind in w.KINDS}, options={kind: self.reach for kind in w.KINDS})

    @property
    def redis(self):
        return self.nodes.primary().link

    @redis.setter
    def redis(self, link):
        link.close()

    def store_address(self):
        return self.nodes.address()

    def start_redis(self):
        self.nodes.start()

    def call(self, *words):
        given = dict(zip(self.reach[::2], self.reach[1::2]))
        environment = {**self.environment, "BUCKSTOP_REDIS": self.store_address(),
                       **{"BUCKSTOP_" + name[2:].upper().replace("-", "_"): given[name] for name in given}}
        return subprocess.run([f"{w.BUILD}/buckstop", *words], env=environment, cwd=self.dir, capture_output=True,
                              text=True, timeout=120, check=False)

    def all_ready(self):
        return all(service.process and service.ready() for service in self.services.values())

    def close(self):
        try:
            super().close()
        finally:
            self.nodes.close()


def open_guarded(stack, policy, durability, start=True, nodes=None):
    world = Guarded(policy, durability, nodes)
    stack.callback(world.close)
    w.World.opened.append(world)
    if start:
        world.start()
    return world
