"""What speaks LMTP and SMTP for a test: a client that hands over, and mails to hand over."""
import contextlib
import email.message
import email.policy
import email.utils
import itertools
import socket

counter = itertools.count(1)


class Client:
    """One LMTP connection, in plain words; replies are read as they are asked for."""

    def __init__(self, address, timeout=20.0, greet=True):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout)
        self.file = self.socket.makefile("rb")
        if greet:
            self.expect(220)
            self.say("LHLO mx.example")
            self.expect(250)

    def send(self, data):
        self.socket.sendall(data)

    def say(self, *lines):
        self.send("".join(line + "\r\n" for line in lines).encode())

    def reply(self):
        """One reply: (code, words); (0, "") when the server has hung up."""
        while True:
            line = self.file.readline()
            if len(line) < 4:
                return 0, ""
            if line[3:4] != b"-":
                return int(line[:3]), line[4:].decode().strip()

    def expect(self, code):
        got = self.reply()
        assert got[0] == code, got
        return got[1]

    def envelope(self, to, sender="kim@far.example", size=None):
        """Up to DATA, in one packet; the replies to MAIL, each RCPT and DATA."""
        to = [to] if isinstance(to, str) else to
        self.say(f"MAIL FROM:<{sender}>" + (f" SIZE={size}" if size else ""), *(f"RCPT TO:<{one}>" for one in to),
                 "DATA")
        return [self.reply() for _ in range(len(to) + 2)]

    def give(self, to, mail, sender="kim@far.example", size=None):
        """The answers after DATA, one for each recipient that was taken."""
        replies = self.envelope(to, sender, size)
        assert replies[-1][0] == 354, replies
        taken = sum(code == 250 for code, _ in replies[1:-1])
        self.send(stuffed(mail))
        return [self.reply() for _ in range(taken)]

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()
        self.file.close()


def stuffed(mail):
    lines = mail.split(b"\r\n")
    if lines and not lines[-1]:
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def mail(subject="Lost card", text="I lost my card yesterday. What now?\n", sender="Kim <kim@far.example>",
         message_id=None, files=(), **headers):
    """The bytes of a mail. message_id "": it has none."""
    made = email.message.EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "support@desk.example", subject
    made["Date"] = email.utils.formatdate(usegmt=True)
    if message_id != "":
        made["Message-ID"] = message_id or f"<m{next(counter)}.{id(made)}@far.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes(policy=email.policy.SMTP)
