"""What the far sides received, in short: of each notice its id, what it was about, and a digest of its bytes.

A notice that was answered well is also handed to `told`, so that a person may act on it.
"""
import collections
import hashlib
import json
import re

from peers import Receiver

Notice = collections.namedtuple("Notice", "id contact purpose person subject")
TAKEN = {"ok", "slow"}  # behaviours under which the far side has the notice


class Record:
    __slots__ = ("notice", "digest", "times", "taken")

    def __init__(self, notice, digest):
        self.notice, self.digest, self.times, self.taken = notice, digest, 0, 0


class Records(Receiver):
    def __init__(self, host="127.0.0.1"):
        self.records, self.differing, self.told = {}, [], lambda notice: None
        super().__init__(host)

    def heard(self, call, how):
        body = json.loads(call.body)
        notice = Notice(*(body[name] for name in Notice._fields))
        assert call.headers["buckstop-id"] == notice.id, call
        self.keep(notice, call.body, how in TAKEN)

    async def handle_DATA(self, _server, _session, envelope):
        """A mail's id is its Message-ID, its first line is "PURPOSE CONTACT"; its date is of the attempt."""
        head, _, body = envelope.content.partition(b"\r\n\r\n")
        ident = re.search(rb"^Message-Id: <([^@>]+)@", head, re.M | re.I)[1].decode()
        subject = re.search(rb"^Subject: (.*)", head, re.M | re.I)[1].decode().strip()
        purpose, contact = (body.decode().split() + ["", ""])[:2]
        person = envelope.rcpt_tos[0].partition("@")[0]
        self.keep(Notice(ident, contact, purpose, person, subject), body, True)
        return "250 taken"

    def keep(self, notice, body, taken):
        digest = hashlib.blake2b(body, digest_size=8).digest()
        record = self.records.get(notice.id)
        if record is None:
            record = self.records[notice.id] = Record(notice, digest)
        if record.digest != digest:
            self.differing.append(notice)
        record.times += 1
        record.taken += taken
        if taken:
            self.told(notice)

    def doubles(self):
        """Notices that the far side took more than once."""
        return sum(record.taken > 1 for record in self.records.values())

    def by_contact(self):
        found = collections.defaultdict(list)
        for record in self.records.values():
            found[record.notice.contact].append(record)
        return found
