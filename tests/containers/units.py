"""A machine that boots: the units that `cmake --install` put there, run by systemd as deploy/CONTAINERS.md says, beside Debian's
Redis; a contact comes in by HTTP, a service is killed, all of it is stopped."""
import os

import desk as d

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGE, NAME, NETWORK, HTTP = "localhost/buckstop-systemd:latest", "machine", "machine", 7400
KINDS = ("intake", "routing", "escalation", "notification", "console", "archive")
w = d.w
POLICY = """workspace: desk
last_resort: dana
channels:
  chat: { weight: 1, accept: auto, answer: spoken }
people:
  ada: { capacity: 10, ways: [{ log: ada }] }
  dana: { ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
settings: { presence: 1h }
"""
# what an operator does, line by line
SET_UP = r"""
systemd-sysusers
systemd-tmpfiles --create buckstop.conf
cd /etc/buckstop
head -c 32 /dev/urandom | base64 >redis-password
sum=$(head -n 1 redis-password | tr -d '\r\n' | sha256sum | cut -d ' ' -f 1)
sed "s/PUT-THE-SHA256-OF-THE-PASSWORD-HERE/$sum/" /usr/share/buckstop/redis/users.acl.example >/etc/redis/users.acl
sed 's#^aclfile .*#aclfile /etc/redis/users.acl#' /usr/share/buckstop/redis/redis.conf >/etc/redis/redis.conf
chown redis /etc/redis/users.acl
buckstop keys new --dir keys >/dev/null
mkdir secrets
cat >buckstop.env <<END
BUCKSTOP_REDIS_USER=buckstop
BUCKSTOP_REDIS_PASSWORD_FILE=/etc/buckstop/redis-password
BUCKSTOP_SECRETS=/etc/buckstop/secrets
BUCKSTOP_KEYS=/etc/buckstop/keys
BUCKSTOP_LOG_FORMAT=json
END
echo 'BUCKSTOP_LISTEN=0.0.0.0:7400' >intake.env
echo 'BUCKSTOP_DIR=/var/lib/buckstop/archive' >archive.env
chgrp -R buckstop /etc/buckstop
chmod -R g=rX,o= /etc/buckstop
systemctl daemon-reload
systemctl restart redis-server
systemctl enable --now buckstop.target buckstop@archive
"""


class Machine:
    def __init__(self, podman):
        self.podman = podman
        podman.do("network", "create", NETWORK)
        # its own cgroup2 tree, wherever that is on this machine: newer systemd takes no other
        unified = "/sys/fs/cgroup/unified" if os.path.isdir("/sys/fs/cgroup/unified") else "/sys/fs/cgroup"
        podman.do("run", "-d", "--name", NAME, "--network", NETWORK, "--privileged", "--systemd=always", "--tmpfs", "/tmp", "-v",
                  f"{unified}:/sys/fs/cgroup:rw", IMAGE)
        w.until(lambda: "it has booted: " + self.systemctl("is-system-running"),
                lambda: self.systemctl("is-system-running") in ("running", "degraded"), 60)
        self.address = podman.inspect(NAME, "NetworkSettings", "Networks", NETWORK, "IPAddress")

    def call(self, *words, text=None):
        return self.podman.call("exec", *(["-i"] if text else []), NAME, *words, text=text)

    def do(self, *words, text=None):
        done = self.call(*words, text=text)
        assert done.returncode == 0, (words, done.returncode, done.stdout[-3000:], done.stderr[-3000:], self.journal())
        return done.stdout.strip()

    def systemctl(self, *words):
        return self.call("systemctl", *words).stdout.strip()

    def journal(self):
        return self.call("journalctl", "--no-pager", "-n", "40").stdout[-6000:]

    def shown(self, kind, what):
        return self.systemctl("show", "--value", "-p", what, f"buckstop@{kind}")

    def cli(self, *words):
        done = w.until(lambda: f"{words} is done", lambda: self.reached("buckstop", *words), 30)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.strip()

    def reached(self, *words):
        """Status 3 is "not now"."""
        done = self.call("env", "BUCKSTOP_REDIS_USER=buckstop", "BUCKSTOP_REDIS_PASSWORD_FILE=/etc/buckstop/redis-password", *words)
        return done if done.returncode != 3 else None


def served(machine):
    """A contact by HTTP, which has an owner then."""
    machine.do("sh", "-c", "cat >/tmp/policy.yaml", text=POLICY)
    machine.cli("policy", "apply", "/tmp/policy.yaml")
    token = machine.cli("token", "issue", "--scope", "operator", "--workspace", "desk")

    def ask(method, path, body=None, key=None):
        try:
            answer = w.ask(HTTP, method, path, body, token, key, host=machine.address)
        except (OSError, w.http.client.HTTPException):
            return None
        return answer if answer.status < 400 else None
    w.until("intake answers", lambda: ask("PUT", "/v1/people/ada/presence"), 30)

    def one(key):
        body = {"channel": "chat", "text": "hello", "customer": "Kim", "return_way": "spoken"}
        contact = w.until("a contact is taken", lambda: ask("POST", "/v1/contacts", body, key), 30)["contact"]

        def owner():
            answer = ask("GET", "/v1/contacts/" + contact)
            return answer and answer.json().get("owner")
        w.until("ada has it", lambda: owner() == "ada", 30)
    return one


def run_by_systemd(podman):
    podman.build(IMAGE, HERE, HERE + "/systemd.containerfile")
    machine = Machine(podman)
    machine.do("sh", "-eu", text=SET_UP)
    one = served(machine)
    one("first")
    for kind in KINDS:
        assert machine.shown(kind, "ActiveState") == "active" and machine.shown(kind, "NRestarts") == "0", (kind, machine.journal())
    assert not machine.systemctl("--failed", "--no-legend", "buckstop*"), machine.systemctl("--failed")
    machine.do("systemctl", "kill", "--signal=KILL", "buckstop@routing")
    w.until("routing runs again", lambda: machine.shown("routing", "NRestarts") == "1" and
            machine.shown("routing", "ActiveState") == "active", 30)
    one("second")
    machine.cli("audit")
    errors = machine.do("sh", "-c", "journalctl --no-pager -o cat -u 'buckstop@*' | grep '\"level\":\"error\"' || true")
    assert not errors, errors
    machine.do("systemctl", "stop", "buckstop.target", "buckstop@archive")
    for kind in KINDS:
        got = machine.shown(kind, "ActiveState"), machine.shown(kind, "Result")
        assert got == ("inactive", "success"), (kind, got, machine.journal())
    print(f"      systemd {machine.do('systemctl', '--version').split()[1]}: {len(KINDS)} units, one killed, stopped clean")
