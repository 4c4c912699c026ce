#!/usr/bin/python3
"""buckstop health and log-level: all services or one, by name, port, place or URL; where they are is an option or a file.

Ends with "N passed, N failed".
"""
import http.server
import json
import sys
import threading

import world as w

POLICY = """workspace: desk
last_resort: dana
people:
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [dana] }
"""
KINDS = ("intake", "routing", "escalation", "notification")


def url_of(world, name):
    return f"http://127.0.0.1:{world[name].health}"


def services_of(world):
    """The file as deploy/up writes it, and the words of it."""
    lines = [f"{name}={url_of(world, name)}" for name in KINDS]
    path = world.dir + "/services"
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    world.environment["BUCKSTOP_SERVICES_FILE"] = path
    return ",".join(lines)


def all_or_one(stack):
    world = w.open_world(stack, POLICY)
    listed = services_of(world)
    words = world.cli("health").splitlines()
    assert [line.split() for line in words] == [[name, url_of(world, name) + "/readyz", "ready"] for name in KINDS], words
    port = str(world["routing"].health)
    for place in "routing", port, "127.0.0.1:" + port, url_of(world, "routing"), url_of(world, "routing") + "/":
        assert world.cli("health", place) == "ready\n", place
        assert world.cli("log-level", place) == "notice\n", place
    assert world.cli("health", url_of(world, "routing") + "/healthz") == "ok\n"
    assert world.cli("log-level", "routing", "debug") == "debug\n" == world.cli("log-level", port)
    rows = json.loads(world.cli("health", "--json"))
    assert [(row["service"], row["status"], row["words"]) for row in rows] == [(name, 200, "ready") for name in KINDS], rows
    assert json.loads(world.cli("health", "intake", "--json"))["status"] == 200
    # the option goes before the file; a name may stand twice
    world.environment["BUCKSTOP_SERVICES_FILE"] = world.dir + "/nothing"
    assert world.cli("health", "--services", listed).count(" ready\n") == len(KINDS)
    twice = f"intake={url_of(world, 'intake')},intake={url_of(world, 'routing')}"
    assert world.cli("health", "intake", "--services", twice).count(" ready\n") == 2
    assert world.cli("health", port) == "ready\n"  # a place needs no file
    assert world.cli("log-level", "routing", "--health", "127.0.0.1:" + port) == "debug\n"
    # one that is listed is a list for programs, too
    alone = json.loads(world.cli("health", "--json", "--services", listed.split(",", maxsplit=1)[0]))
    assert [row["service"] for row in alone] == ["intake"], alone


def what_is_not_well(stack):
    world = w.open_world(stack, POLICY)
    listed = services_of(world)
    world["routing"].end()
    words = world.cli("health", status=3)
    assert words.count(" ready\n") == 3 and f"{url_of(world, 'routing')}/readyz" in words and "no answer: " in words, words
    assert "deploy/up prints" in world.cli("health", "routing", status=3)
    world.end_redis()
    stack.callback(world.start_redis)
    w.until("intake is not ready", lambda: world.call("health", "intake").returncode == 1, 20)
    words = world.cli("health", "--services", listed.replace("routing=", "none=").split(",none=", maxsplit=1)[0], status=1)
    assert "redis" in words.lower() or "store" in words.lower(), words


def sending_is_held(stack):
    """Whoever looks is told, before they wonder why no answer comes; it is no failure."""
    world = w.open_world(stack, POLICY)
    services_of(world)
    world.environment.update(BUCKSTOP_SERVER=f"http://127.0.0.1:{world['intake'].port}", BUCKSTOP_TOKEN=world.token,
                             BUCKSTOP_STREAM=world.endpoints("stream", 1))
    assert not world.call("list").stderr
    world.cli("held", "begin", "--by", "dana", "--reason", "we look first")
    held = "ready\nsending is held, nothing goes out ('buckstop held'): desk\n"
    w.until("notification says so", lambda: world.cli("health", "notification") == held.replace("\n", "; ", 1), 20)
    assert world.cli("health").count(" ready; sending is held") == 1
    told = world.call("list")
    assert told.returncode == 0 and told.stderr.startswith("-- sending is held by dana since "), told
    assert "we look first: nothing goes out, answers neither; 'buckstop held' shows what waits\n" in told.stderr, told
    watch = world.watch("--last", "1")
    w.until("watch says so", lambda: any(line.startswith("-- sending is held by dana") for line in watch.errors))
    world.cli("held", "end", "--by", "dana")
    assert not world.call("list").stderr
    w.until("it is over", lambda: world.cli("health", "notification") == "ready\n", 20)


def words_that_are_none(stack):
    """What answers there need not be one of ours: its words are cut where a character is, and JSON stays JSON."""
    answer = b"x" * 510 + "\N{EURO SIGN}\x1b[31m".encode() + b"\xff\r\n"
    server = http.server.HTTPServer(("127.0.0.1", 0), type("Odd", (http.server.BaseHTTPRequestHandler,), {
        "do_GET": lambda self: (self.send_response(200), self.end_headers(), self.wfile.write(answer)),
        "log_message": lambda *_: None}))
    stack.callback(server.server_close)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    world = w.open_world(stack, POLICY, start=False)
    for words in ("health",), ("log-level",):
        row = json.loads(world.cli(*words, str(server.server_port), "--json"))
        assert "x" * 510 + "?" in row.values(), row


def slips(stack):
    world = w.open_world(stack, POLICY)
    services_of(world)
    for command in "health", "log-level":
        assert "did you mean 'intake'?" in world.cli(command, "intke", status=2)
        for word in "99999", "0", "somewhere", "host:", "ftp://x/", "x" * 400:
            assert "neither a service nor PORT" in world.cli(command, word, status=2), (command, word)
    for listed in "intake", "intake=", "=http://127.0.0.1:1", "intake=nowhere", "a=http://127.0.0.1:1 " * 70:
        assert "is not NAME=URL" in world.cli("health", "--services", listed, status=2), listed
    words = world.cli("health", "--services-file", world.dir + "/nothing", status=3)
    assert "deploy/up writes it while it runs" in words, words
    open(world.dir + "/empty", "w", encoding="utf-8").close()
    assert "it is empty" in world.cli("health", "--services-file", world.dir + "/empty", status=2)


CASES = [all_or_one, what_is_not_well, sending_is_held, words_that_are_none, slips]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
