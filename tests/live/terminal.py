"""A program on a terminal, played by python3-pyte, and a desk with a console for `buckstop top`.

BUCKSTOP_SHOW=1 prints each screen that was waited for.
"""
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading

import pyte

import world as w

POLICY = """workspace: desk
last_resort: dana
channels:
  mail: { weight: 10, answer: spoken }
  chat: { weight: 10, live: true, offer: 1h, answer: spoken }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
promises:
  - { when: { channel: chat }, acknowledge: 1h, first_response: 1500ms }
settings: { presence: 1h }
"""
UP, DOWN, LEFT, ENTER, ESCAPE, TAB = b"\x1b[A", b"\x1b[B", b"\x1b[D", b"\r", b"\x1b", b"\t"
RUB_OUT, CTRL_C, CTRL_U, CTRL_W = b"\x7f", b"\x03", b"\x15", b"\x17"
PASTE, PASTED = b"\x1b[200~", b"\x1b[201~"


class Terminal:
    """A program on a terminal of its own; what it has drawn there."""

    def __init__(self, world, *words, lines=24, columns=80, **environment):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.lock = threading.Lock()
        master, slave = pty.openpty()
        self.master = master
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        env = {**world.environment, "TERM": "linux", "LC_ALL": "C.UTF-8", **environment}
        self.process = subprocess.Popen([f"{w.BUILD}/buckstop", *words], stdin=slave, stdout=slave, stderr=slave,
                                        env=env, cwd=world.dir, start_new_session=True)
        os.close(slave)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            with self.lock:
                self.stream.feed(data)

    def text(self):
        with self.lock:
            return "\n".join(line.rstrip() for line in self.screen.display)

    def line(self, part):
        return next((line for line in self.text().split("\n") if part in line), "")

    def under_cursor(self, part):
        """Is the row with that the one that is marked?"""
        with self.lock:
            for y, line in enumerate(self.screen.display[1:-1], 1):
                if part in line:
                    return any(self.screen.buffer[y][x].reverse for x in range(self.screen.columns))
        return False

    def writes(self, text):
        """The line at the bottom, as it is seen."""
        self.becomes(f"the line is {text!r}", lambda: self.text().split("\n")[-1] == text)

    def shows(self, *parts, seconds=10):
        w.until(lambda: f"the screen shows {parts}:\n{self.text()}", lambda: all(p in self.text() for p in parts), seconds)
        if os.environ.get("BUCKSTOP_SHOW"):
            print(self.text())

    def becomes(self, what, true):
        """The screen is read while it is drawn: what is looked at closely is waited for."""
        w.until(lambda: f"{what}:\n{self.text()}", true)

    def lacks(self, part):
        w.until(lambda: f"the screen lacks {part}:\n{self.text()}", lambda: part not in self.text())

    def press(self, *keys):
        for key in keys:
            os.write(self.master, key if isinstance(key, bytes) else key.encode())

    def resize(self, lines, columns):
        with self.lock:
            self.screen.resize(lines, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.kill(self.process.pid, signal.SIGWINCH)

    def ends(self, status=0):
        assert self.process.wait(10) == status, (self.process.returncode, self.text())
        os.close(self.master)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def open_desk(stack):
    world = w.open_world(stack, POLICY)
    world.console = world.add("console")
    world.environment["BUCKSTOP_SERVER"] = f"http://127.0.0.1:{world['intake'].port}"
    world.environment["BUCKSTOP_CONSOLE"] = f"http://127.0.0.1:{world.console.port}"
    world.environment["BUCKSTOP_TOKEN"] = world.token
    return world


def open_top(stack, world, *words, **given):
    terminal = Terminal(world, "top", *words, **given)
    stack.callback(terminal.close)
    return terminal
