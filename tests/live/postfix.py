"""A private Postfix: its own configuration, queue and ports in a directory of its own; ended by its process id."""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from ports import free_port
from waiting import until

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 1 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

MAIN = """
compatibility_level = 3.6
config_directory = {dir}/etc
queue_directory = {dir}/queue
data_directory = {dir}/lib
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
myhostname = mx.desk.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtputf8_enable = yes
relay_domains = {desk} gone.example
transport_maps = inline:{{ {{ {desk} = lmtp:{lmtp} }}, {{ gone.example = lmtp:{lmtp} }} }}
recipient_delimiter = +
virtual_mailbox_domains = {far}
virtual_mailbox_base = {dir}/boxes
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
bounce_queue_lifetime = 1h
message_size_limit = 40000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
"""


def missing():
    """Why there can be none here; None: there can."""
    if os.geteuid() != 0:
        return "Postfix needs root to start"
    if not os.path.exists("/usr/lib/postfix/sbin/master"):
        return "no Postfix here"
    return None


class Postfix:
    """Mail for `desk` goes to the LMTP listener; mail for `far` into one Maildir; mail for gone.example comes
    back, since the listener knows no such address."""

    def __init__(self, lmtp, desk="desk.example", far="far.example"):
        self.dir, self.port = tempfile.mkdtemp(prefix="buckstop-postfix-"), free_port()
        os.chmod(self.dir, 0o755)
        user = pwd.getpwnam("nobody")
        for name, owner in (("etc", 0), ("queue", 0), ("lib", pwd.getpwnam("postfix").pw_uid), ("boxes", user.pw_uid)):
            os.mkdir(f"{self.dir}/{name}")
            os.chown(f"{self.dir}/{name}", owner, -1)
        self.write("etc/main.cf", MAIN.format(dir=self.dir, lmtp=lmtp, desk=desk, far=far, uid=user.pw_uid,
                                              gid=user.pw_gid))
        self.write("etc/master.cf", MASTER.format(port=self.port))
        started = self.call("postfix", "start")
        assert started.returncode == 0, started.stderr + started.stdout + self.log()
        self.pid = int(until("its process id", lambda: self.read("queue/pid/master.pid").strip(), 20))
        until(lambda: "it listens: " + self.log(), self.listens, 20)

    def write(self, name, text):
        with open(f"{self.dir}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        try:
            with open(f"{self.dir}/{name}", encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log(self):
        return self.read("log")

    def call(self, program, *words):
        return subprocess.run([program, "-c", self.dir + "/etc", *words], capture_output=True, text=True, timeout=60,
                              check=False)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def box(self):
        """What was delivered to `far`, whole mails, the oldest first."""
        found = []
        for path in sorted(glob.glob(self.dir + "/boxes/box/new/*"), key=os.path.getmtime):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def kept(self):
        """Messages in the queue."""
        return self.call("postqueue", "-j").stdout.count('"queue_id"')

    def close(self):
        with open(f"/proc/{self.pid}/comm", encoding="utf-8") as name:  # nobody else has its number by now
            assert name.read().strip() == "master"
        os.kill(self.pid, signal.SIGTERM)
        until("it has ended", lambda: not os.path.exists(f"/proc/{self.pid}"), 20)
        shutil.rmtree(self.dir, ignore_errors=True)
