"""Who uses the system: customers in threads, and an operator who watches."""
import json
import signal
import subprocess
import threading

from service import BUILD
from waiting import until


class Watch:
    """buckstop watch --json; the numbers it printed."""

    def __init__(self, world, *words):
        server = f"http://{world['intake'].host}:{world['intake'].port}"
        self.process = subprocess.Popen(
            [f"{BUILD}/buckstop", "watch", "--json", "--server", server, "--stream", world.endpoints("stream", None),
             *words], env={**world.environment, "BUCKSTOP_TOKEN": world.token}, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.events, self.errors = [], []
        self.reads = threading.Event()  # cleared: what it prints is not read
        self.reads.set()
        self.threads = [threading.Thread(target=self.read), threading.Thread(target=self.read_errors)]
        for thread in self.threads:
            thread.start()

    def read(self):
        for line in self.process.stdout:
            self.reads.wait()
            self.events.append(json.loads(line))

    def read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def numbers(self):
        return [event["number"] for event in list(self.events)]

    def facts(self):
        return [fact["fact"] for event in list(self.events) for fact in event["facts"]]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(30)
        self.reads.set()
        for thread in self.threads:
            thread.join(5)
        return status


class Customers:
    """Threads that each send one contact after the other, and keep what they were promised: key -> contact.

    one (who, key) does one round and returns the contact. What it raises ends that thread, and is raised by end.
    """

    def __init__(self, world, one, n=6, prefix=""):
        self.world, self.one, self.prefix = world, one, prefix
        self.going, self.done, self.errors = True, {}, []
        world.clients.append(self)
        self.threads = [threading.Thread(target=self.run, args=(who,)) for who in range(n)]
        for thread in self.threads:
            thread.start()

    def run(self, who):
        n = 0
        try:
            while self.going:
                n += 1
                key = f"{self.prefix}{who}-{n}"
                self.done[key] = self.one(who, key)
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)
            self.going = False

    def go_on(self):
        if self.errors:
            raise self.errors[0]
        return True

    def more(self, n, seconds=20):
        """So many more rounds are done."""
        had = len(self.done)
        until(f"{n} more rounds", lambda: self.go_on() and len(self.done) >= had + n, seconds)

    def stop(self):
        self.going = False
        for thread in self.threads:
            thread.join()

    def end(self):
        self.stop()
        self.go_on()
        return self.done
