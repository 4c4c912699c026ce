#!/usr/bin/python3
"""Two hundred people watch ten thousand open contacts while much happens: all of them end with the store's counts.

Ends with "N passed, N failed".
"""
import json
import re
import selectors
import socket
import subprocess
import sys
import threading
import time

import world as w
from console import Stream
from test_console import call, same_counts, store_counts

POLICY = """workspace: desk
last_resort: dana
default_team: front
channels:
  mail: { weight: 1, offer: 1h, answer: spoken }
  form: { weight: 1, offer: 1h, answer: spoken }
people:
  ada: { name: Ada L., capacity: 10 }
  dana: { name: Dana R. }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""
OPEN, MORE, WATCHERS = 10000, 1000, 200
COUNTS, FRAME = re.compile(rb'"counts":(\{[^}]*\})'), re.compile(rb"\r\n[0-9a-fA-F]+\r\n")  # of a chunk


class Crowd:
    """Sockets that watch, read by one thread: of each the last counts that came, and how often the board did."""

    def __init__(self, port, token, n):
        self.selector, self.last, self.boards, self.bytes = selectors.DefaultSelector(), [b"{}"] * n, [0] * n, 0
        self.tails, self.ended, self.going = [b""] * n, 0, True
        words = f"GET /board/stream HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        self.links = [socket.create_connection(("127.0.0.1", port)) for _ in range(n)]
        for at, link in enumerate(self.links):
            link.sendall(words)
            link.setblocking(False)
            self.selector.register(link, selectors.EVENT_READ, at)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while self.going:
            for key, _ in self.selector.select(0.1):
                self.take(key.data, key.fileobj)

    def take(self, at, link):
        try:
            got = link.recv(1 << 18)
        except OSError:
            got = b""
        if not got:
            self.ended += 1
            self.selector.unregister(link)
            return
        text = self.tails[at] + got
        found = COUNTS.findall(FRAME.sub(b"", text))
        self.last[at] = found[-1] if found else self.last[at]
        self.boards[at] += got.count(b"event: board")
        self.tails[at] = text[-400:]
        self.bytes += len(got)

    def counts(self):
        return {json.dumps(json.loads(counts), sort_keys=True) for counts in self.last}

    def close(self):
        self.going = False
        self.thread.join()
        for link in self.links:
            link.close()


def fill(world, count):
    nowhere = [word for link in ("submit", "route", "due", "outbox", "stream")
               for word in ("--" + link, f"ipc://{world.dir}/nowhere-{link}")]
    done = subprocess.run([f"{w.BUILD}/tests/fill", "--redis", "unix:" + world.socket, "--health", "127.0.0.1:0", *nowhere,
                           "--count", str(count), "--channels", "mail,form"], capture_output=True, text=True, timeout=120,
                          check=True, env=world.environment)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["failed"] == 0, done


def first_page(world):
    key = {"Authorization": "Bearer " + world.token}
    began = time.monotonic()
    page = call(world, "GET", "/board", headers=key)
    return page if page.status == 200 else None, time.monotonic() - began


def two_hundred_watch_ten_thousand(stack):
    world = w.open_world(stack, POLICY)
    fill(world, OPEN)
    world.console = world.add("console")
    w.until("the board is read", lambda: first_page(world)[0], 60)
    page, took = first_page(world)
    assert page.json()["more"] == OPEN - 200 and page.json()["counts"]["open"] == OPEN, page.json()["counts"]
    assert took < 1, took
    crowd = Crowd(world.console.port, world.token, WATCHERS)
    stack.callback(crowd.close)
    w.until(lambda: f"all have the board: {sum(map(bool, crowd.boards))}", lambda: all(crowd.boards), 60)
    world.console.metric("buckstop_loop_longest_turn_seconds")
    began = time.monotonic()
    fill(world, MORE)  # as fast as it goes: two events each
    for _ in range(5):  # and bit by bit
        fill(world, 100)
    watcher = Stream(world.console.port, token=world.token)
    stack.callback(watcher.close)
    wanted = store_counts(world)
    watcher.wait("the store's counts", lambda: same_counts(watcher, wanted), 60)
    w.until(lambda: f"all end with the same: {crowd.counts()}", lambda: len(crowd.counts()) == 1, 60)
    assert json.loads(crowd.counts().pop()) == watcher.counts and crowd.ended == 0
    turn = world.console.metric("buckstop_loop_longest_turn_seconds")
    print(f"      first page {took * 1000:.0f} ms, {crowd.bytes / 1e6:.0f} MB to {WATCHERS} in "
          f"{time.monotonic() - began:.1f} s, longest turn {turn * 1000:.1f} ms")


def who_does_not_read_is_cut_off(stack):
    world = w.open_world(stack, POLICY, options={"console": ["--stream-room", "1048576"]})
    world.console = world.add("console")
    w.until("the board is read", lambda: first_page(world)[0], 20)
    lazy = socket.socket()
    stack.callback(lazy.close)
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.connect(("127.0.0.1", world.console.port))
    lazy.sendall(f"GET /board/stream HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {world.token}\r\n\r\n".encode())
    eager = Stream(world.console.port, token=world.token)
    stack.callback(eager.close)
    eager.wait("the board", lambda: eager.counts)

    def is_cut_off():
        fill(world, 500)
        return world.console.metric("buckstop_console_watchers_lost_total") >= 1

    w.until("it is cut off", is_cut_off, 60)
    eager.wait("the others go on", lambda: same_counts(eager, store_counts(world)), 30)


if __name__ == "__main__":
    sys.exit(w.main([two_hundred_watch_ten_thousand, who_does_not_read_is_cut_off]))
