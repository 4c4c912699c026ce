#!/usr/bin/python3
"""Redis by TLS, where this build has it; where it has not, that is said at the door.

Ends with "N passed, N failed".
"""
import os
import socket
import subprocess
import sys
import tempfile
import threading

import redis

import sentinel
import world as w
from ports import free_port

POLICY = "workspace: desk\nlast_resort: dana\npeople: { ada: {}, dana: {} }\nteams: { front: { members: [ada], lead: dana } }\n"
NO_TLS = "this build has no TLS to redis"


def has_tls():
    done = subprocess.run([f"{w.BUILD}/buckstop-intake", "--check", "--redis", "tls:127.0.0.1:1"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0 or NO_TLS in done.stderr, done
    return done.returncode == 0


def need_tls():
    if not has_tls():
        raise w.Skipped("libhiredis_ssl was not there when this was built")


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", name + ".key", "-out", name + ".crt")


def certificate(folder, signer, name, names):
    """Signed, of those names: "IP:127.0.0.1", "DNS:localhost"."""
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
            name + ".key", "-out", name + ".csr")
    with open(f"{folder}/{name}.ext", "w", encoding="utf-8") as file:
        file.write(f"subjectAltName={names}\n")
    openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", signer + ".crt", "-CAkey", signer + ".key", "-CAcreateserial",
            "-days", "2", "-extfile", name + ".ext", "-out", name + ".crt")


class Encrypted(w.World):
    """Redis takes TLS alone, and wants a certificate of whoever comes; the test itself comes by the socket."""

    def __init__(self, names="IP:127.0.0.1,DNS:localhost", host="127.0.0.1"):
        super().__init__(POLICY)
        self.port, self.host_name = free_port(), host
        for name in ("ca", "stranger"):
            authority(self.dir, name)
        certificate(self.dir, "ca", "redis", names)
        certificate(self.dir, "ca", "client", "DNS:buckstop")
        certificate(self.dir, "stranger", "foreign", "DNS:buckstop")
        self.environment |= {"BUCKSTOP_REDIS_CA": self.dir + "/ca.crt", "BUCKSTOP_REDIS_CERT": self.dir + "/client.crt",
                             "BUCKSTOP_REDIS_KEY": self.dir + "/client.key"}

    def store_address(self):
        return f"tls:{self.host_name}:{self.port}"

    def start_redis(self, **environment):
        self.redis_process = subprocess.Popen(
            ["redis-server", "--port", "0", "--tls-port", str(self.port), "--bind", "127.0.0.1", "--tls-cert-file",
             self.dir + "/redis.crt", "--tls-key-file", self.dir + "/redis.key", "--tls-ca-cert-file", self.dir + "/ca.crt",
             "--unixsocket", self.socket, "--dir", self.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
             "--maxmemory-policy", "noeviction"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
        w.until("redis answers", self.redis_answers, 60)

    def call(self, *words):
        environment = {**self.environment, "BUCKSTOP_REDIS": self.store_address()}
        return subprocess.run([f"{w.BUILD}/buckstop", *words], env=environment, cwd=self.dir, capture_output=True, text=True,
                              timeout=120, check=False)


def open_encrypted(stack, start=True, **given):
    world = Encrypted(**given)
    stack.callback(world.close)
    w.World.opened.append(world)
    if start:
        world.start()
    else:
        world.start_redis()
    return world


# ---- cases


def said_where_it_is_not(stack):
    del stack
    if has_tls():
        raise w.Skipped("this build has it")
    for command in ([f"{w.BUILD}/buckstop-intake"], [f"{w.BUILD}/buckstop-routing", "--check"], [f"{w.BUILD}/buckstop", "audit"],
                    [f"{w.BUILD}/buckstop", "backup", "/tmp/nowhere"]):
        for address in ("tls:127.0.0.1:1", "tls:sentinel:desk@127.0.0.1:1"):
            done = subprocess.run([*command, "--redis", address], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 2 and NO_TLS in done.stderr and "Debian 13 has it" in done.stderr, done


def works_by_tls(stack):
    """All services and the command line; more than a record of TLS in one answer; a restart of Redis."""
    need_tls()
    world = open_encrypted(stack)
    world.present("ada")
    text = "long " * 5000
    contacts = [world.submit("mail", text=text) for _ in range(60)]
    w.until("one is offered", lambda: world.view(contacts[0]).get("offered_to") == "ada", 20)
    assert len(world.contacts()) == 60
    world.end_redis()
    world.start_redis()
    contacts += [world.submit("mail", text=text) for _ in range(10)]
    world.audit()
    for service in world.services.values():
        assert service.metric("buckstop_loop_longest_turn_seconds") < 1, service.name
    assert redis.Redis(unix_socket_path=world.socket).ping()


def by_name(stack):
    need_tls()
    world = open_encrypted(stack, start=False, names="DNS:localhost", host="localhost")
    world.apply(POLICY)
    world.host_name = "127.0.0.1"
    said = world.cli("audit", status=3)
    assert "IP address mismatch" in said and "redis at tls:127.0.0.1" in said, said


def whom_nobody_trusts(stack):
    need_tls()
    world = open_encrypted(stack, start=False)
    world.apply(POLICY)
    given = dict(world.environment)
    for change, says in (({"BUCKSTOP_REDIS_CA": world.dir + "/stranger.crt"}, "its certificate is not good"),
                         ({"BUCKSTOP_REDIS_CA": ""}, "its certificate is not good"),
                         ({"BUCKSTOP_REDIS_CERT": "", "BUCKSTOP_REDIS_KEY": ""}, "redis at tls:"),
                         ({"BUCKSTOP_REDIS_CERT": world.dir + "/foreign.crt", "BUCKSTOP_REDIS_KEY": world.dir + "/foreign.key"},
                          "redis at tls:")):
        world.environment = {**given, **change}
        said = world.cli("audit", status=3)
        assert says in said, (change, said)
    for change, says in (({"BUCKSTOP_REDIS_KEY": ""}, "belong together"),
                         ({"BUCKSTOP_REDIS_KEY": world.dir + "/foreign.key"}, "--redis-key"),
                         ({"BUCKSTOP_REDIS_CA": world.dir + "/redis.key"}, "--redis-ca"),
                         ({"BUCKSTOP_REDIS_CA": world.dir + "/nowhere"}, "No such file")):
        world.environment = {**given, **change}
        said = world.cli("audit", status=2)
        assert says in said, (change, said)


def one_that_speaks_no_tls(stack):
    """A plain Redis at that port, and one that accepts and never speaks: said, and nobody is held up."""
    need_tls()
    world = open_encrypted(stack, start=False)
    world.apply(POLICY)
    mute = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    plain = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def speak():
        while True:
            try:
                link, _ = plain.accept()
            except OSError:
                return
            with link:
                link.sendall(b"-ERR plain\r\n")

    threading.Thread(target=speak, daemon=True).start()
    for server in (mute, plain):
        world.port = server.getsockname()[1]
        said = world.cli("audit", status=3)
        assert "redis at tls:" in said and said.strip()[-1] != ":", said


def through_sentinels(stack):
    """tls:sentinel: all of them, the nodes, their replication and ours are encrypted; a fail-over, and a backup behind it."""
    need_tls()
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-tls-"))
    authority(folder, "ca")
    certificate(folder, "ca", "redis", "IP:127.0.0.1")
    nodes = sentinel.Nodes("a node's word", "a sentinel's word", sentinel.Tls(folder, "redis"))
    world = sentinel.open_guarded(stack, POLICY, "replica", nodes=nodes)
    world.present("ada")
    contacts = [world.submit("mail") for _ in range(10)]
    old = nodes.primary()
    old.kill()
    nodes.taken_over(old)
    nodes.come_back(old)
    w.until("all go on", world.all_ready, 60)
    contacts += [world.submit("mail") for _ in range(5)]
    assert set(contacts) <= {row["contact"] for row in world.contacts()}
    world.audit()
    world.cli("backup", world.dir + "/copy")


def backed_up_by_tls(stack):
    """More than a record of TLS; put back on the machine itself; not in the open over a network."""
    need_tls()
    world = open_encrypted(stack)
    world.present("ada")
    contacts = [world.submit("mail", text="long " * 5000) for _ in range(20)]
    world.cli("backup", world.dir + "/copy")
    kept = world.redis.dbsize()
    for service in world.services.values():
        service.kill()
    words = world.cli("restore", world.dir + "/copy", "--replace", "--listen", "0.0.0.0", status=2)
    assert "without TLS" in words and world.redis.info("replication")["role"] == "master", words
    world.redis.flushall()
    world.cli("restore", world.dir + "/copy")
    assert world.redis.dbsize() >= kept * 0.9 and world.redis.keys("b:{*}:hold:desk"), (kept, world.redis.dbsize())
    assert all(world.redis.keys("b:{*}:c:desk:" + contact) for contact in contacts)
    world.environment["BUCKSTOP_REDIS_CA"] = world.dir + "/stranger.crt"
    words = world.cli("backup", world.dir + "/copy2", status=3)
    assert "127.0.0.1: " in words, words


if __name__ == "__main__":
    sys.exit(w.main([said_where_it_is_not, works_by_tls, by_name, whom_nobody_trusts, one_that_speaks_no_tls, backed_up_by_tls, through_sentinels]))
