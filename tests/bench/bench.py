#!/usr/bin/env python3
"""Measures buckstop's services on this machine, beside a floor: the same script calls, replayed by one connection.

Each world is a private Redis (append-only file, fsync always) and one of each service on unix sockets; all is ended
by process id. Run by tests/bench/run, which builds.
"""
import atexit
import http.server
import json
import os
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import redis

from stream import stream_bytes

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ["BUCKSTOP_BUILD"]
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
WARMUP = float(os.environ.get("BENCH_WARMUP", "5"))
TIMERS = int(os.environ.get("BENCH_TIMERS", "100000"))
PEOPLE = 200
SERVICES = ["notification", "escalation", "routing", "intake"]
WINDOW = 256
PROBE_S, PROBES, PROBE_STEP = 6, 5, 1.25  # how the rate that holds is looked for
HOLD_SHARE = 0.95  # of it is measured
MAIL_SIZE, MAIL_CONNECTIONS, MAIL_ROUNDS = 2000, 64, 3
REDIS = ["--port", "0", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction",
         "--save", "", "--stream-node-max-entries", "1", "--auto-aof-rewrite-percentage", "0"]


def ended_at_exit(process):
    atexit.register(lambda: process.poll() is None and (process.kill(), process.wait()))
    return process


def until(condition, seconds, what):
    """Looks again and again, bounded; what can't be had is an error that says so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        select.select([], [], [], 0.02)
    sys.exit(f"bench: {what} did not happen within {seconds} s")


def quantile_bound(buckets, share):
    """The smallest bound of a histogram under which that share of all lies."""
    total = buckets[-1][1]
    for bound, count in buckets:
        if total and count >= share * total:
            return bound
    return float("nan")


class Redis:
    def __init__(self, directory):
        self.directory, self.socket = directory, os.path.join(directory, "s")
        os.makedirs(directory, exist_ok=True)
        self.process = ended_at_exit(subprocess.Popen(
            ["redis-server", "--unixsocket", self.socket, "--dir", directory] + REDIS,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        self.client = redis.Redis(unix_socket_path=self.socket)
        until(self.answers, 60, "redis answering")

    def answers(self):
        try:
            return self.client.ping()
        except redis.exceptions.RedisError:
            return False

    def script_time(self):
        stats = self.client.info("commandstats")
        rows = [stats[name] for name in ("cmdstat_evalsha", "cmdstat_eval") if name in stats]
        return sum(row["usec"] for row in rows), sum(row["calls"] for row in rows)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class World:
    """A Redis, a policy with PEOPLE present people, one of each service."""

    def __init__(self, record=False, ways="[{ log: NAME }]", services=SERVICES):
        self.directory = tempfile.mkdtemp(prefix="bench.", dir=os.environ.get("TMPDIR", "/tmp"))
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        self.redis = Redis(os.path.join(self.directory, "r"))
        self.processes, self.health, self.record, self.lives = {}, {}, record, 0
        policy = os.path.join(self.directory, "policy.yaml")
        names = [f"p{i}" for i in range(PEOPLE)]
        with open(os.path.join(ROOT, "tests/bench/policy.yaml")) as file:
            text = file.read()
        people = "\n".join(f"  {n}: {{ name: {n}, capacity: 100000, ways: {ways.replace('NAME', n)} }}" for n in names)
        with open(policy, "w") as file:
            file.write(text.replace("SOON", f"{SECONDS + 15:.0f}s").replace("PEOPLE", people).replace("MEMBERS", ", ".join(names)))
        self.cli("policy", "apply", policy)
        self.token = self.cli("token", "issue", "--scope", "operator", "--workspace", "bench").strip()
        for name in services:
            self.start(name)
        for name in names:
            self.http("PUT", f"/v1/people/{name}/presence", b"{}")

    def cli(self, *words):
        done = subprocess.run([f"{BUILD}/buckstop", *words, "--redis", "unix:" + self.redis.socket],
                              capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"bench: buckstop {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name):
        log = os.path.join(self.directory, name + ".log")
        command = [f"{BUILD}/buckstop-{name}", "--redis", "unix:" + self.redis.socket, "--health", "127.0.0.1:0",
                   "--log-level", "notice"]
        for link in ("submit", "route", "due", "outbox", "stream"):
            command += [f"--{link}", f"ipc://{self.directory}/{link}"]
        if name == "intake":
            command += ["--listen", "127.0.0.1:0", "--lmtp", f"unix:{self.directory}/lmtp"]
        if name == "notification":
            secrets = os.path.join(self.directory, "secrets")
            os.makedirs(secrets)
            with open(os.path.join(secrets, "hook"), "w") as file:
                file.write("0123456789abcdef0123456789abcdef")
            command += ["--private-targets", "--private-callbacks", "--secrets", secrets]
        if self.record:
            command += ["--record", os.path.join(self.directory, name + ".record")]
        with open(log, "w") as file:
            self.processes[name] = ended_at_exit(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file))
        text = until(lambda: (lambda t: t if " ready" in t.replace("not ready", "") else None)(open(log).read()), 30,
                     f"{name} being ready ({log})")
        self.health[name] = int(re.search(r"for=health .*port=(\d+)", text).group(1))
        if name == "intake":
            self.port = int(re.search(r"http=\S+ port=(\d+)", text).group(1))

    def http(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, method=method)
        request.add_header("Authorization", "Bearer " + self.token)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"{}")

    def metrics(self, service):
        url = f"http://127.0.0.1:{self.health[service]}/metrics"
        rows = {}
        for line in urllib.request.urlopen(url, timeout=10).read().decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                rows[name] = float(value)
        return rows

    def delivered(self, way):
        return self.metrics("notification")[f'buckstop_deliveries_total{{way="{way}",outcome="delivered"}}']

    def histogram(self, service, name):
        rows = self.metrics(service)
        found = re.compile(re.escape(name) + r'_bucket\{le="([^"]+)"\}')
        return [(float(m.group(1).replace("+Inf", "inf")), v) for k, v in rows.items() if (m := found.match(k))]

    def load(self, seconds, warmup, connections, rate, channel, customers="mixed"):
        return subprocess.Popen([f"{BUILD}/tests/load", str(self.port), self.token, str(seconds), str(warmup),
                                 str(connections), str(rate), channel, "", "0", customers], stdout=subprocess.PIPE, text=True)

    def cpu(self, name):
        with open(f"/proc/{self.processes[name].pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self, name):
        with open(f"/proc/{self.processes[name].pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024

    def stop_services(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait()
        self.processes = {}

    def end(self):
        self.stop_services()
        self.redis.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def show(name, value, command):
    print(f"  {name:<58} {value:>16}   tests/bench/run {command}", flush=True)


def count_commits(world):
    """Commits in the records: the items of each commit call, and how many calls lease."""
    items = leases = 0
    for name in SERVICES:
        path = os.path.join(world.directory, name + ".record")
        with open(path, "rb") as file:
            while header := file.readline():
                data = file.read(int(header.split()[1]))
                if b"EVALSHA" not in data[:40].upper():
                    continue
                found = commit_items(data)
                items += found
                leases += found == 0
    return items, leases


def commit_items(data):
    """A commit's arguments behind sha, number of keys and key: per item its ops, a count, that many arguments. A lease's
    first argument is a number."""
    words, at, n = [], data.index(b"\r\n") + 2, int(data[1:data.index(b"\r\n")])
    for _ in range(n):
        end = data.index(b"\r\n", at)
        size = int(data[at + 1:end])
        words.append(data[end + 2:end + 2 + size])
        at = end + 4 + size
    words, items, i = words[4:], 0, 0
    while i < len(words):
        if not words[i][:1].isalpha():
            return items
        items += 1
        i += 2 + int(words[i + 1])
    return items


def measure(world, way, channel, rate, seconds):
    """One load; rate 0: as much as 64 connections can. Returns lives a second, backlog in seconds of work, the load's words."""
    load = world.load(seconds, WARMUP, 64, rate, channel)
    select.select([], [], [], WARMUP)
    before, began, first = world.delivered(way), time.monotonic(), world.lives
    out = json.loads(load.communicate()[0])
    after, took = world.delivered(way), time.monotonic() - began
    world.lives += out["accepted"]
    done = (after - before) / took
    backlog = max(0, first + out["accepted"] - after) / max(done, 1)
    until(lambda: world.delivered(way) >= world.lives, 300, "the backlog being worked off")
    return done, backlog, out


def rate_that_holds(make_world, way, channel):
    """Short probes, in a world of their own: what is done under a flood, then more as long as it is held."""
    world = make_world(False)
    rate, _, _ = measure(world, way, channel, 0, PROBE_S)
    for _ in range(PROBES):
        done, backlog, _ = measure(world, way, channel, int(rate * PROBE_STEP), PROBE_S)
        if backlog > 1:
            break
        rate = done
    world.end()
    return rate


def throughput(way="log", channel="mail", make_world=None, command="throughput"):
    """The rate that holds is looked for first; then it is measured, and recorded for the floor."""
    make_world = make_world or (lambda record: World(record=record))
    rate = rate_that_holds(make_world, way, channel)
    world = make_world(True)
    floor_directory = os.path.join(world.directory, "floor")
    shutil.copytree(world.redis.directory, floor_directory, ignore=shutil.ignore_patterns("s"))
    world.redis.client.config_resetstat()
    done, backlog, out = measure(world, way, channel, int(rate * HOLD_SHARE), SECONDS)
    usec, calls = world.redis.script_time()
    audit = world.cli("audit", "--workspace", "bench").strip().splitlines()[-1]
    world.stop_services()
    show(f"contacts a second: accepted, routed, notified by {way}", f"{done:,.0f}", command)
    show("  accepted a second by intake meanwhile", f"{out['per_second']:,.0f}", command)
    show("  refused", f"{out['refused']}", command)
    show("  backlog at the end, in seconds of work", f"{backlog:.2f}", command)
    show("  audit at the end", audit, command)
    if backlog > 1:
        print("  (the services did not hold this rate: the backlog grew)", flush=True)
    commits, leases = count_commits(world)
    show("  commits a life", f"{commits / world.lives:.2f}", command)
    show("  Redis time a commit, leases included, us", f"{usec / commits:.1f}", command)
    floor(world, floor_directory, world.lives, done, command)
    world.end()


def floor(world, directory, lives, rate, command):
    store = Redis(directory)
    records = [os.path.join(world.directory, name + ".record") for name in SERVICES]
    out = json.loads(subprocess.run([f"{BUILD}/tests/floor", store.socket, str(WINDOW), *records],
                                    capture_output=True, text=True, check=True).stdout)
    floor_rate = lives / out["seconds"]
    bare = bare_commit(store)
    store.stop()
    show("floor: the same script calls, one connection, window 256", f"{floor_rate:,.0f}", command)
    show("  calls of it that failed", f"{out['errors']} of {out['calls']}", command)
    show("ratio of contacts a second to the floor", f"{rate / floor_rate:.2f}", command)
    show("  Redis time of a bare commit (record, timer, event), us", f"{bare:.1f}", command)


BARE = """
if redis.call ('GETRANGE', KEYS[1], 4, 11) ~= ARGV[1] then return 0 end
redis.call ('SET', KEYS[1], ARGV[2])
redis.call ('ZADD', KEYS[2], ARGV[3], ARGV[4])
return redis.call ('XADD', KEYS[3], '0-*', 'e', ARGV[5])
"""


def bare_commit(store):
    client, n = store.client, 20000
    record = b"A0\0c" + (1).to_bytes(8, "big") + b"\0" * 4 + b"x" * 250
    for i in range(n):
        client.set(f"bare:{i}", record) if i == 0 else None
    script = client.script_load(BARE)
    pipe = client.pipeline(transaction=False)
    for i in range(n):
        pipe.set(f"bare:{i}", record)
    pipe.execute()
    client.config_resetstat()
    for i in range(n):
        pipe.evalsha(script, 3, f"bare:{i}", "bare:due", "bare:events", record[4:12], record, i, f"bare:{i}", b"y" * 200)
        if i % WINDOW == WINDOW - 1:
            pipe.execute()
    pipe.execute()
    usec, calls = store.script_time()
    return usec / calls


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def webhook():
    """A way that is a real HTTP peer: counted once its 200 is committed. The peer takes its share of the machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    throughput("webhook", "hook", lambda record: World(record, f'[{{ webhook: "{url}", secret: hook }}]'), "webhook")
    server.shutdown()


def latency():
    for customers, words in (("mixed", "a third of whose customers have one open"), ("new", "of new customers"),
                             ("2000", "of 2,000 customers")):
        world = World()
        out = json.loads(world.load(SECONDS, WARMUP, 64, 1000, "mail", customers).communicate()[0])
        if out["per_second"] < 990:
            print(f"  (the load could not be filled: {out['per_second']:.0f} a second instead of 1,000)")
        show("accept latency at 1,000 contacts a second, p50, ms", f"{out['p50_us'] / 1000:.2f}", "latency")
        print(f"    ({words})")
        show("  p99, ms", f"{out['p99_us'] / 1000:.2f}", "latency")
        show("  max, ms", f"{out['max_us'] / 1000:.2f}", "latency")
        world.end()


def lateness():
    """TIMERS contacts that are due in a day; then some whose promises break, 1,000 a second, when no load is on any more."""
    world = World()
    sent = 0
    while sent < TIMERS:
        out = json.loads(world.load(5, 0, 64, 0, "slow").communicate()[0])
        sent += out["accepted"]
    until(lambda: world.delivered("log") >= sent, 300, "the armed contacts being offered")
    before = dict(world.histogram("escalation", "buckstop_firing_lateness_seconds"))
    out = json.loads(world.load(SECONDS, 0, 64, 1000, "soon").communicate()[0])
    print(f"  ({out['accepted']:,} promises break now, at the rate they were made: {out['per_second']:.0f} a second)")
    until(lambda: dict(world.histogram("escalation", "buckstop_firing_lateness_seconds")).get(float("inf"), 0) - before.get(float("inf"), 0)
          >= out["accepted"], 120, "the promises breaking")
    after = world.histogram("escalation", "buckstop_firing_lateness_seconds")
    buckets = [(bound * 1000, count - before[bound]) for bound, count in after]
    show(f"lateness of firings with {sent:,} timers armed, p50, ms at most", f"{quantile_bound(buckets, .5):g}", "lateness")
    show("  p99, ms at most", f"{quantile_bound(buckets, .99):g}", "lateness")
    show("  max, ms at most", f"{quantile_bound(buckets, 1):g}", "lateness")
    show("  firings", f"{buckets[-1][1]:,.0f}", "lateness")
    world.end()


def memory():
    """What an open contact takes in Redis with record, timer, places, index and idempotency key; its timeline apart."""
    world = World()
    client = world.redis.client
    before = client.info("memory")["used_memory"]
    out = json.loads(world.load(5, 0, 64, 0, "slow").communicate()[0])
    until(lambda: world.delivered("log") >= out["accepted"], 300, "the contacts being offered")
    whole = client.info("memory")["used_memory"] - before
    lines = stream = 0
    for key in client.scan_iter("b:*:tl:*", count=1000):
        lines += client.memory_usage(key)
    for key in client.scan_iter("b:*:ev:*", count=1000):
        stream += stream_bytes(client, key)
    n = out["accepted"]
    show(f"Redis memory an open contact ({n:,} of them), bytes", f"{(whole - lines - stream) / n:,.0f}", "memory")
    show("  its timeline so far, bytes", f"{lines / n:,.0f}", "memory")
    show("  its share of the event stream, bytes", f"{stream / n:,.0f}", "memory")
    world.end()


def audit():
    """TIMERS open contacts: a round by hand at full speed, and what the round in the background takes at its own pace."""
    world = World()
    sent = 0
    while sent < TIMERS:
        sent += json.loads(world.load(5, 0, 64, 0, "slow").communicate()[0])["accepted"]
    until(lambda: world.delivered("log") >= sent, 300, "the contacts being offered")
    process = subprocess.Popen([f"{BUILD}/buckstop", "audit", "--json", "--redis", "unix:" + world.redis.socket],
                               stdout=subprocess.PIPE, text=True)
    most = 0
    while not select.select([process.stdout], [], [], 0.05)[0]:
        with open(f"/proc/{process.pid}/status") as file:
            most = max(most, *map(int, re.findall(r"VmRSS:\s+(\d+)", file.read())), 0)
    report = json.loads(process.communicate()[0])
    show(f"buckstop audit of {report['contacts']:,} contacts, contacts a second", f"{report['contacts'] / report['seconds']:,.0f}",
         "audit")
    show("  its memory, MB", f"{most / 1024:.1f}", "audit")
    show("  findings", report["found"], "audit")
    before = world.cpu("escalation")
    select.select([], [], [], 10)
    show("escalation while it audits in the background, share of a core", f"{(world.cpu('escalation') - before) / 10:.2%}", "audit")
    world.end()


def idle():
    world = World()
    select.select([], [], [], 3)
    before = {name: world.cpu(name) for name in SERVICES}
    select.select([], [], [], 10)
    for name in SERVICES:
        show(f"{name}: idle, share of a core", f"{(world.cpu(name) - before[name]) / 10:.2%}", "idle")
        show(f"{name}: memory, MB", f"{world.rss_mb(name):.1f}", "idle")
    world.end()


def mail():
    """What intake alone accepts: JSON over HTTP, and mails of the same size by LMTP; as many connections, one message under
    way on each; several short rounds in turns, since the machine changes its mind."""
    world = World(services=["intake"])
    seconds, rates, late = min(SECONDS, 30) / MAIL_ROUNDS, {"http": [], "lmtp": []}, {}
    for _ in range(MAIL_ROUNDS):
        for door, command in (("http", [f"{BUILD}/tests/load", str(world.port), world.token, str(seconds), "1",
                                        str(MAIL_CONNECTIONS), "0", "mail", "mail", str(MAIL_SIZE)]),
                              ("lmtp", [f"{BUILD}/tests/load_mail", world.directory + "/lmtp", str(seconds), "1",
                                        str(MAIL_CONNECTIONS), "support@bench.example", str(MAIL_SIZE)])):
            before = world.cpu("intake")
            out = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            rates[door].append(out["per_second"])
            late[door] = out, (world.cpu("intake") - before) / max(out["accepted"], 1) * 1e6
    for door, name in (("http", "JSON over HTTP"), ("lmtp", "mail by LMTP")):
        out, cpu = late[door]
        show(f"{name}, {MAIL_SIZE:,} bytes: accepted a second", f"{statistics.median(rates[door]):,.0f}", "mail")
        show("  p50, p99, ms", f"{out['p50_us'] / 1000:.1f}, {out['p99_us'] / 1000:.1f}", "mail")
        show("  intake's processor time each, us", f"{cpu:.0f}", "mail")
        show("  refused", out["refused"], "mail")
    show("ratio of LMTP to HTTP", f"{statistics.median(rates['lmtp']) / statistics.median(rates['http']):.2f}", "mail")
    world.end()


def decision():
    program = f"{BUILD}/tests/route_bench"
    out = subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip()
    print("\n".join("  " + line for line in out.splitlines()))


PARTS = {"throughput": throughput, "webhook": webhook, "latency": latency, "lateness": lateness, "memory": memory,
         "audit": audit, "idle": idle, "mail": mail, "decision": decision}


def main():
    names = sys.argv[1:] or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"bench: no such part: {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended
    print(f"{os.cpu_count()} cores; redis {redis.__name__} over a unix socket, append-only file, fsync always")
    for name in names:
        print(name, flush=True)
        PARTS[name]()


if __name__ == "__main__":
    main()
