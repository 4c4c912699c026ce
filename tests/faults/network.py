"""Network namespaces on a bridge, one for each name; packets from one to another can be thrown away, each way apart.

What is cut is dropped where it would arrive, so that the sender hears nothing: no error, no reset. The test itself
sits on the bridge under the name "world". Needs root, ip and nft. The names carry the process id: what a run that was
killed has left behind is deleted by the next one.
"""
import contextlib
import itertools
import os
import re
import subprocess

WORLD = "world"
TIME_WAIT = "06"  # as /proc/net/tcp writes it
RULES = """table inet faults {
  set cut { type ipv4_addr; }
  chain input { type filter hook input priority 0; ip saddr @cut drop; }
}
"""


def run(*words, text=None):
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def delete(name):
    with contextlib.suppress(OSError):
        run("ip", "netns", "delete", name)


def delete_left_over():
    """Namespaces of runs that are no more."""
    for name in re.findall(r"^(bf\d+-\S+)", run("ip", "netns", "list"), re.M):
        if not os.path.exists("/proc/" + re.match(r"bf(\d+)", name)[1]):
            delete(name)
    for bridge in re.findall(r" (bf\d+):", run("ip", "-o", "link", "show", "type", "bridge")):
        if not os.path.exists("/proc/" + bridge[2:]):
            run("ip", "link", "delete", bridge)


class Network:
    def __init__(self, names):
        """OSError: this machine can't; nothing is left behind."""
        self.bridge, self.made, self.cuts = f"bf{os.getpid()}", [], set()
        delete_left_over()
        used = run("ip", "-4", "-o", "address") + run("ip", "-4", "route")
        subnets = (f"10.213.{(os.getpid() + n) % 256}" for n in itertools.count())
        self.subnet = next(subnet for subnet in subnets if subnet + "." not in used)
        self.numbers = {name: number for number, name in enumerate([WORLD, *names], 1)}
        try:
            self.make()
        except OSError:
            self.close()
            raise

    def make(self):
        run("ip", "link", "add", self.bridge, "type", "bridge")
        run("ip", "address", "add", self.address(WORLD) + "/24", "dev", self.bridge)
        run("ip", "link", "set", self.bridge, "up")
        for name in list(self.numbers)[1:]:
            space, port = self.space(name), self.port(name)
            run("ip", "netns", "add", space)
            self.made.append(name)
            run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "link", "set", port, "master", self.bridge, "up")
            run("ip", "-n", space, "-batch", "-", text=f"address add {self.address(name)}/24 dev eth0\n"
                "link set eth0 up\nlink set lo up\n")
            self.nft(name, RULES)
            run(*self.inside(name), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/tcp_orphan_retries")

    def port(self, name):
        return f"{self.bridge}v{self.numbers[name]}"

    def space(self, name):
        return f"{self.bridge}-{name}"

    def address(self, name):
        return f"{self.subnet}.{self.numbers[name]}"

    def inside(self, name):
        return ["nsenter", f"--net=/run/netns/{self.space(name)}"]

    def nft(self, name, text):
        run(*self.inside(name), "nft", "-f", "-", text=text)

    def sockets(self, name):
        """TCP sockets there; also those whose process is gone, and whose last words the kernel still tries to say."""
        rows = run(*self.inside(name), "cat", "/proc/net/tcp").splitlines()[1:]
        return sum(row.split()[3] != TIME_WAIT for row in rows)

    def cut(self, one, other):
        """What `one` sends does not come to `other` any more."""
        self.nft(other, f"add element inet faults cut {{ {self.address(one)} }}\n")
        self.cuts.add((one, other))

    def mend(self, one, other):
        self.nft(other, f"delete element inet faults cut {{ {self.address(one)} }}\n")
        self.cuts.discard((one, other))

    @contextlib.contextmanager
    def without(self, *ways):
        """ways: pairs (from, to)."""
        try:
            for one, other in ways:
                self.cut(one, other)
            yield
        finally:
            for one, other in list(self.cuts):
                self.mend(one, other)

    def close(self):
        """Ports first: with their namespace the kernel deletes them later, and the next ground uses their names."""
        for name in self.made:
            with contextlib.suppress(OSError):
                run("ip", "link", "delete", self.port(name))
            delete(self.space(name))
        with contextlib.suppress(OSError):
            run("ip", "link", "delete", self.bridge)
