#!/usr/bin/python3
"""A real Postfix in front: a mail goes in by SMTP, the answer comes out by SMTP to the customer's box, their reply threads;
what can't be taken now is kept by Postfix and comes later; what never can is told to the sender. Needs root and Debian's
postfix. Ends with "N passed, N failed".
"""
import email
import email.policy
import os
import smtplib
import sys

import lmtp
import postfix
import world as w

POLICY = """workspace: desk
last_resort: dana
mail_from: "The desk <support@desk.example>"
channels:
  mail: { weight: 1, accept: auto, answer: mail, address: support@desk.example }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
"""
TO = "support@desk.example"


class House(w.World):
    """A whole buckstop, and a Postfix between it and the world."""

    def __init__(self):
        super().__init__(POLICY)
        os.chmod(self.dir, 0o755)  # Postfix's own user comes to the socket
        self.lmtp = self.dir + "/lmtp.sock"
        self.options["intake"] = ["--lmtp", "unix:" + self.lmtp]
        self.postfix = postfix.Postfix("unix:" + self.lmtp)
        self.options["notification"] += ["--smtp", f"smtp://127.0.0.1:{self.postfix.port}", "--attempt-ms", "5000"]

    def send(self, mail, sender="kim@far.example", to=TO, **more):
        with smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=30) as server:
            server.sendmail(sender, [to], mail, **more)

    def box(self, count):
        """The mails of the customer's box, once there are so many."""
        w.until(lambda: f"{count} mails are there: {self.postfix.log()[-3000:]}",
                lambda: len(self.postfix.box()) >= count, 30)
        return [email.message_from_bytes(mail, policy=email.policy.default) for mail in self.postfix.box()]

    def opened(self, count=1):
        w.until(lambda: f"{count} contacts are open: {self.postfix.log()[-3000:]}",
                lambda: len(self.contacts()) >= count, 30)
        return [row["contact"] for row in self.contacts()]

    def close(self):
        try:
            super().close()
        finally:
            self.last_words += self.postfix.log()[-2000:]
            self.postfix.close()


def house_of(stack):
    why = postfix.missing()
    if why:
        raise w.Skipped(why)
    house = House()
    stack.callback(house.close)
    w.World.opened.append(house)
    house.start()
    return house


def reply_to(mail, text):
    """As a mail program answers."""
    ids = " ".join(filter(None, [mail["References"], mail["Message-ID"]]))
    return lmtp.mail(subject="Re: " + mail["Subject"], text=text, In_Reply_To=mail["Message-ID"], References=ids)


def messages(view):
    return sum(event["kind"] in ("opened", "message") for event in view["timeline"])


# ---- the cases --------------------------------------------------------------------------------------


def the_answer_comes_out_and_the_reply_threads(stack):
    house = house_of(stack)
    house.present("ada")
    question = lmtp.mail(message_id="<question@far.example>", text="I lost my card.\n")
    house.send(question)
    contact, = house.opened()
    w.until("it is ada's", lambda: house.view(contact).get("owner") == "ada")
    answer = house.act(contact, "reply", "ada", text="A new one is on its way.")
    assert answer.status == 200, answer
    w.until("the answer is there", lambda: any("on its way" in mail.get_content() for mail in house.box(1)), 30)
    mail = next(mail for mail in house.box(1) if "on its way" in mail.get_content())
    assert "<question@far.example>" in (mail["In-Reply-To"] or "") + (mail["References"] or ""), mail.as_string()
    house.send(reply_to(mail, "Thank you! When?\n\nOn Sunday the desk wrote:\n> A new one is on its way.\n"))
    w.until(lambda: f"it is appended: {house.postfix.log()[-3000:]}",
            lambda: "Thank you! When?" in str(house.view(contact)), 30)
    assert len(house.contacts()) == 1
    bare = lmtp.mail(subject="Re: " + mail["Subject"], text="And the old one?\n", In_Reply_To=mail["Message-ID"])
    house.send(bare)  # a program that keeps no References
    w.until("it is appended, too", lambda: "And the old one?" in str(house.view(contact)), 30)
    assert len(house.contacts()) == 1
    w.until("nothing is kept", lambda: house.postfix.kept() == 0)
    house.audit()


def postfix_keeps_what_cannot_be_taken_now(stack):
    house = house_of(stack)
    with house.redis_stopped():
        house.send(lmtp.mail())
        w.until(lambda: "it is refused for now: " + house.postfix.log()[-3000:],
                lambda: "status=deferred" in house.postfix.log(), 30)
        # it is moved from one folder of the queue to another, and may stand in none for a moment
        w.until("it is kept", lambda: house.postfix.kept() == 1, 30)
    house.opened()
    w.until("nothing is kept", lambda: house.postfix.kept() == 0, 30)
    intake = house["intake"]
    intake.end()
    house.send(lmtp.mail(sender="Eve <eve@far.example>"))
    w.until("it is kept", lambda: house.postfix.log().count("status=deferred") >= 2 and house.postfix.kept() == 1, 30)
    intake.start()
    house.opened(2)
    w.until("nothing is kept", lambda: house.postfix.kept() == 0, 30)
    assert len(house.contacts()) == 2
    house.audit()


def what_never_can_be_is_told_to_the_sender(stack):
    house = house_of(stack)
    house.send(lmtp.mail(), to="nobody@desk.example")
    bounce, = house.box(1)
    assert "channels.NAME.addresses" in bounce.as_string(), bounce.as_string()
    house.send(lmtp.mail(subject="Gr\u00fc\u00dfe", text="gr\u00fc\u00df dich\n"))
    contact, = house.opened()
    assert house.view(contact)["subject"] == "Gr\u00fc\u00dfe"
    assert len(house.contacts()) == 1


def what_comes_back_is_told(stack):
    """The answer is accepted by Postfix, and returned by it: the owner hears, and nobody is answered for that."""
    house = house_of(stack)
    house.present("ada")
    house.send(lmtp.mail(sender="Lee <lee@gone.example>"), sender="lee@gone.example")
    contact, = house.opened()
    w.until("it is ada's", lambda: house.view(contact).get("owner") == "ada")
    assert house.act(contact, "reply", "ada", text="A new one is on its way.").status == 200
    w.until(lambda: "it came back: " + house.postfix.log()[-3000:] + str(house.view(contact)),
            lambda: w.count_facts(house.view(contact))["bounced"], 30)
    assert house["intake"].metric('buckstop_intake_mail_total{kind="bounce"}') >= 1
    w.until("nothing is kept", lambda: house.postfix.kept() == 0, 30)
    assert len(house.contacts()) == 1
    house.audit()


CASES = [the_answer_comes_out_and_the_reply_threads, postfix_keeps_what_cannot_be_taken_now,
         what_never_can_be_is_told_to_the_sender, what_comes_back_is_told]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
