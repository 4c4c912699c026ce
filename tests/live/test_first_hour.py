#!/usr/bin/python3
"""The first hour, as README has it: `deploy/up --demo` and the lines that it prints; then a policy of one's own, mail by
LMTP, a promise that breaks, seen on the console's stream and in a mail. Ends with "N passed, N failed".

The programs are those of BUCKSTOP_BUILD: building is what the test's own run did.
"""
import json
import os
import re
import shlex
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading

import lmtp
import world as w
from console import Stream
from ports import free_port

UP = os.path.join(w.ROOT, "deploy", "up")
PATIENCE = 300  # seconds; services that were built with the sanitizers, on a machine that has others to serve

POLICY = """workspace: ours
last_resort: dana
mail_from: "Support <support@ours.example>"
channels:
  mail: { address: support@ours.example, answer: mail }
people:
  ada: { name: Ada L., ways: [{ mail: ada@ours.example }] }
  dana: { name: Dana R., ways: [{ mail: dana@ours.example }] }
teams:
  front: { lead: dana, members: [ada] }
promises:
  - { acknowledge: 1s, first_response: 3s }
"""


class Up:
    """deploy/up, and what it prints."""

    def __init__(self, stack, *words):
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="buckstop-hour-"))
        programs = os.path.join(folder, "programs")
        os.mkdir(programs)
        for name in os.listdir(w.BUILD):
            if name.startswith("buckstop") and os.access(f"{w.BUILD}/{name}", os.X_OK):
                os.symlink(f"{os.path.abspath(w.BUILD)}/{name}", f"{programs}/{name}")
        self.folder, self.lines = folder, []
        self.intake, self.console = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("BUCKSTOP_")}
        self.process = subprocess.Popen(
            [UP, "--data", f"{folder}/data", "--listen", self.intake, "--console", self.console, *words],
            env={**self.environment, "BUCKSTOP_BUILD": programs}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        stack.callback(self.end)
        self.reader = threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")), daemon=True)
        self.reader.start()

    def text(self):
        return "".join(list(self.lines))

    def says(self, pattern):
        """Waits until it has printed that; what it matched."""
        w.until(lambda: f"{pattern!r} in: {self.text()}",
                lambda: re.search(pattern, self.text(), re.MULTILINE) or self.process.poll() is not None, PATIENCE)
        found = re.search(pattern, self.text(), re.MULTILINE)
        assert found, f"it ended: {self.text()}"
        return found

    def export(self):
        return self.says(r"^  (export PATH=.*)$").group(1)

    def shell(self, script, **more):
        return subprocess.run(["/bin/bash", "-c", script], env=self.environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False, **more)

    def end(self):
        """As a person does. Returns what it said at the end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
        self.reader.join(10)
        return self.process.returncode


def stream(stack, up):
    """The console's events, as its page hears them, for who signed in with the printed token."""
    with open(up.says(r"^  token +(\S+) ").group(1), encoding="utf-8") as file:
        seen = Stream(int(up.console.rpartition(":")[2]), token=file.read().strip())
    stack.callback(seen.close)
    return seen


def breaches(seen):
    with seen.whole:
        return [event for event in seen.feed if any(fact["fact"] == "promise_broken" for fact in event["facts"])]


def the_demo(stack):
    up = Up(stack, "--demo")
    assert re.search(re.escape(up.console), up.says(r"console   (http://\S+)").group(1))
    up.says(r"^Ctrl-C stops it, or:  kill \d+")
    seen = stream(stack, up)
    seen.wait("somebody is on the board", lambda: seen.people and seen.feed)
    # its lines, as they are printed the last time; the last of them follows until it is told to end
    printed = up.text().rpartition("Try, in another terminal")[2].split("\n\n")[1]
    assert "buckstop watch --last 20" in printed, printed
    # --foreground: else timeout says SIGCONT as well, which undoes the stop by which a sanitizer looks for leaks at the end
    watch = "timeout --foreground -s INT 5 buckstop watch --last 1000; kill %1"
    done = up.shell(printed.replace("buckstop watch --last 20", watch))
    for words in ("alex", "It went out this morning.", "resolved", "broken"):  # some of those who were played answer late
        assert words in done.stdout, f"{words}:\n{done.stdout}\n{done.stderr}"
    # what happened is kept
    report = up.shell(f"{up.export()}\nbuckstop report {shlex.quote(up.folder)}/data/archive --json")
    assert report.returncode == 0 and json.loads(report.stdout), report
    well = up.shell(f"{up.export()}\nbuckstop health && buckstop audit")
    assert well.returncode == 0 and well.stdout.count("archive"), well
    assert up.end() == 0 and up.text().endswith("stopped\n"), up.text()


def a_policy_of_ones_own(stack):
    receiver = w.open_receiver(stack)
    policy = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".yaml"))
    policy.write(POLICY)
    policy.flush()
    door = free_port()
    up = Up(stack, "--policy", policy.name, "--lmtp", f"127.0.0.1:{door}", "--smtp", f"smtp://127.0.0.1:{receiver.smtp_port}")
    up.says(r"^Ctrl-C stops it")
    checked = up.shell(f"{up.export()}\nbuckstop policy check {policy.name} && buckstop people present ada")
    assert checked.returncode == 0, checked
    seen = stream(stack, up)
    with smtplib.LMTP("127.0.0.1", door, timeout=PATIENCE) as mail:
        mail.sendmail("kim@far.example", ["support@ours.example"],
                      lmtp.mail(message_id="<1@far.example>", subject="My order", text="Where is it?\n"))
    w.until("the console says that it broke", lambda: breaches(seen), PATIENCE)
    contact = breaches(seen)[0]["contact"]
    told = w.until(lambda: [(mail.rcpt_tos, mail.content[:200]) for mail in receiver.mails],
                   lambda: [mail for mail in receiver.mails if b"Subject: Broken" in mail.content], PATIENCE)
    assert {tuple(mail.rcpt_tos) for mail in told} <= {("ada@ours.example",), ("dana@ours.example",)}
    # the customer heard that it came, from the address of the channel
    w.until("the customer was told", lambda: [mail for mail in receiver.mails if mail.rcpt_tos == ["kim@far.example"]], PATIENCE)
    # a person answers; the customer reads it
    words = up.shell(f"""{up.export()}
        buckstop act accept {contact} --person ada
        buckstop act reply {contact} "It is on its way." --person ada""")
    assert words.returncode == 0, words
    w.until("the answer came", lambda: [mail for mail in receiver.mails if b"It is on its way." in mail.content], PATIENCE)
    assert up.end() == 0, up.text()


CASES = [the_demo, a_policy_of_ones_own]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
