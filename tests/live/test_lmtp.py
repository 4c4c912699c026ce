#!/usr/bin/python3
"""Mail in by LMTP, at a real intake on a real Redis: what opens, what is appended, what is done once; each recipient's own
answer; a store that is away; clients that are silent, slow, many; a mail of 25 MB. And the same mail over HTTP. Ends with
"N passed, N failed".
"""
import contextlib
import hashlib
import os
import signal
import sys
import threading

import lmtp
import world as w

POLICY = """workspace: desk
last_resort: dana
mail_from: "The desk <desk@desk.example>"
channels:
  mail: { weight: 1, answer: mail, addresses: [support@desk.example, "@all.example"] }
  sales: { weight: 1, answer: mail, address: sales@desk.example }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
"""
TO, SALES = "support@desk.example", "sales@desk.example"
MB = 1024 * 1024


class House(w.World):
    """One intake with an LMTP socket and a spool."""

    def __init__(self, **more):
        super().__init__(POLICY, replicas={"intake": 1, "routing": 0, "escalation": 0, "notification": 0}, **more)
        self.lmtp, self.spool = self.dir + "/lmtp.sock", self.dir + "/spool"
        os.mkdir(self.spool)
        self.options["intake"] = ["--lmtp", "unix:" + self.lmtp, "--spool", self.spool,
                                  *self.options.get("intake", [])]

    def client(self, stack, **more):
        client = lmtp.Client(self.lmtp, **more)
        stack.callback(client.close)
        return client

    def post(self, mail, query="to=" + TO, **more):
        return self.ask("POST", "/v1/mail?" + query, mail, kind="message/rfc822", **more)


def house_of(stack, **more):
    house = House(**more)
    stack.callback(house.close)
    w.World.opened.append(house)
    house.start()
    return house


def taken(reply):
    """(disposition, contact) of an answer after DATA."""
    assert reply[0] == 250, reply
    _, disposition, contact = reply[1].split()
    return disposition, contact


# ---- the cases --------------------------------------------------------------------------------------


def opens_threads_and_takes_a_retry_once(stack):
    house = house_of(stack)
    client = house.client(stack)
    first = lmtp.mail(message_id="<first@far.example>", text="I lost my card.\n")
    disposition, contact = taken(client.give(TO, first)[0])
    assert disposition == "opened"
    assert taken(client.give(TO, first)[0]) == ("duplicate", contact)
    view = house.view(contact)
    assert view["subject"] == "Lost card" and view["channel"] == "mail", view
    assert view["customer"] == "kim@far.example", view
    more = lmtp.mail(message_id="<more@far.example>", subject="Re: Lost card", text="It is blue.\n", In_Reply_To="<first@far.example>",
                     References="<first@far.example>")
    assert taken(client.give(TO, more)[0]) == ("appended", contact)
    bare = lmtp.mail(subject="Re: Lost card", text="And new.\n", In_Reply_To="<more@far.example>")  # names that one alone
    assert taken(client.give(TO, bare)[0]) == ("appended", contact)
    same_words = lmtp.mail(subject="Re: Lost card", sender="Joe <joe@far.example>", text="Mine, too.\n")
    disposition, other = taken(client.give(TO, same_words)[0])  # a subject's words lead nowhere
    assert disposition == "opened" and other != contact
    nameless = lmtp.mail(message_id="", sender="Eve <eve@far.example>", text="No id.\n")
    disposition, third = taken(client.give(TO, nameless)[0])
    assert disposition == "opened"
    assert taken(client.give(TO, nameless)[0]) == ("duplicate", third)
    tagged = lmtp.mail(sender="Max <max@far.example>", text="To an address with a tag that is none.\n")
    assert taken(client.give("support+whatever@desk.example", tagged)[0])[0] == "opened"
    domain = lmtp.mail(sender="Lea <lea@far.example>")
    assert taken(client.give("anybody@ALL.example", domain)[0])[0] == "opened"
    assert len(house.contacts()) == 5
    house.audit()


def each_recipient_has_an_answer(stack):
    house = house_of(stack)
    client = house.client(stack)
    replies = client.envelope([TO, "nobody@desk.example", SALES, TO])
    assert [code for code, _ in replies] == [250, 250, 550, 250, 250, 354], replies
    assert "channels.NAME.addresses" in replies[2][1]
    client.send(lmtp.stuffed(lmtp.mail()))
    answers = [taken(client.reply()) for _ in range(3)]
    assert answers[0][0] in ("opened", "duplicate") and answers[2][0] in ("opened", "duplicate"), answers
    assert answers[0] == answers[2], answers  # two addresses of one channel: it is one message
    assert house.view(answers[1][1])["channel"] == "sales"
    replies = client.envelope("nobody@desk.example")
    assert [code for code, _ in replies] == [250, 550, 503], replies


def two_workspaces_name_one_address(stack):
    house = house_of(stack)
    client = house.client(stack)
    sender = """workspace: shop
last_resort: dana
mail_from: "The shop <support@desk.example>"
channels: { mail: { weight: 1, answer: mail%s } }
people: { dana: { name: Dana R., ways: [{ log: dana }] } }
"""

    def asked(to):
        client.say("MAIL FROM:<kim@far.example>", f"RCPT TO:<{to}>", "RSET")
        return [client.reply()[0] for _ in range(3)][1]

    house.apply(sender % ", address: shop@desk.example")
    w.until("both are known", lambda: asked("shop@desk.example") == 250)
    assert taken(client.give(TO, lmtp.mail())[0])[0] == "opened"  # what a channel names counts before a sender
    house.apply(sender % ", address: Support@desk.example", status=1)  # asks whether that is meant
    house.cli("policy", "apply", house.dir + "/policy.yaml", "--yes")
    w.until("it is claimed", lambda: asked(TO) == 451)
    answer = house.post(lmtp.mail(message_id="<token@far.example>"))  # whose token says the workspace
    assert answer.status == 202 and answer["disposition"] == "opened", answer


def machines_open_nothing(stack):
    house = house_of(stack)
    client = house.client(stack)
    rows = [
        (lmtp.mail(Auto_Submitted="auto-replied"), "kim@far.example"),
        (lmtp.mail(sender="MAILER-DAEMON@far.example", subject="Undelivered Mail Returned to Sender"), ""),
        (lmtp.mail(List_Id="<all.far.example>", Precedence="list"), "list-bounces@far.example"),
    ]
    for mail, sender in rows:
        code, words = client.give(TO, mail, sender)[0]
        assert code == 250 and "ignored" in words, (code, words)
        answer = house.post(mail) if sender else None
        assert not answer or (answer.status == 200 and answer["disposition"] == "ignored"), answer
    code, words = client.give("desk@desk.example", rows[1][0], "")[0]  # where bounces of ours come back
    assert code == 250, words
    assert not house.contacts()
    intake = house["intake"]
    assert intake.metric('buckstop_intake_mail_total{kind="vacation"}') >= 2
    assert len(intake.facts("mail ignored")) >= 5


def over_http(stack):
    house = house_of(stack)
    mail = lmtp.mail(message_id="<posted@far.example>")
    answer = house.post(mail)
    assert answer.status == 202 and answer["disposition"] == "opened", answer
    again = house.client(stack).give(TO, mail)[0]
    assert taken(again) == ("duplicate", answer["contact"])
    assert house.post(mail, "channel=mail").json()["disposition"] == "duplicate"
    for answer, status in ((house.post(mail, "to=nobody@desk.example"), 422), (house.post(mail, "channel=none"), 422),
                           (house.post(mail, "x=1"), 400), (house.post(mail, f"to={TO}&channel=mail"), 400),
                           (house.post(b""), 400), (house.post(mail, token=None), 401),
                           (house.ask("POST", "/v1/mail?to=" + TO, mail, kind="text/plain"), 415),
                           (house.ask("GET", "/v1/mail"), 405)):
        assert answer.status == status, (answer, status)
    large = lmtp.mail(text="word " * (300 * 1024) + "\n")  # above --body-max
    assert house.post(large).status == 202
    assert house.post(b"x" * (26 * MB)).status == 413


def the_store_is_away(stack):
    house = house_of(stack)
    client = house.client(stack)
    mail = lmtp.mail()
    with house.redis_stopped():
        code, words = client.give(TO, mail)[0]
        assert code == 451 and words.startswith("4.3."), (code, words)
    w.until("it is taken", lambda: client.give(TO, mail)[0][0] == 250)
    assert len(house.contacts()) == 1


def files_go_to_the_spool(stack):
    house = house_of(stack)
    client = house.client(stack)
    data = os.urandom(100000)
    mail = lmtp.mail(files=[("scan.bin", data), ("same.bin", data)])
    _, contact = taken(client.give(TO, mail)[0])
    found = [os.path.join(where, name) for where, _, names in os.walk(house.spool) for name in names]
    assert len(found) == 1, found
    assert os.path.basename(found[0]) == hashlib.blake2b(data, digest_size=32).hexdigest()
    with open(found[0], "rb") as file:
        assert file.read() == data
    assert os.stat(found[0]).st_mode & 0o777 == 0o600
    rows = [row for event in house.view(contact)["timeline"] for row in event.get("attachments", [])]
    text = str(house.view(contact))
    assert os.path.basename(found[0]) in text and "scan.bin" in text, (rows, text)
    os.chmod(house.spool, 0)
    if os.geteuid() != 0:
        code, words = client.give(TO, lmtp.mail(files=[("other.bin", b"other")]))[0]
        assert code == 451 and "spool" in words, words
    os.chmod(house.spool, 0o700)
    for where, names, _ in os.walk(house.spool, topdown=False):  # a file where a directory is to be
        for name in names:
            path = os.path.join(where, name)
            os.rename(path, path + ".away")
            with open(path, "wb"):
                pass
    code, words = client.give(TO, lmtp.mail(files=[("other.bin", b"other")]))[0]
    assert code == 451 and "spool-failed" in words, (code, words)


def too_large(stack):
    house = house_of(stack, options={"intake": ["--mail-max", "100000"]})
    client = house.client(stack)
    client.say("MAIL FROM:<kim@far.example> SIZE=100001")
    assert "5.3.4" in client.expect(552)
    assert client.give(TO, lmtp.mail(text="word\n" * 40000))[0][0] == 552
    assert taken(client.give(TO, lmtp.mail())[0])[0] == "opened"
    assert house.post(lmtp.mail(text="word\n" * 40000)).status == 413


def many_that_never_finish(stack):
    """Twenty connections in the midst of everything: others are served, and in the end these are closed."""
    house = house_of(stack, options={"intake": ["--lmtp-timeout", "6", "--lmtp-connections", "22"]})  # all are there before the first is ended
    idle = [house.client(stack) for _ in range(20)]
    for number, client in enumerate(idle):
        if number % 4 == 1:
            client.say("MAIL FROM:<kim@far.example>")
        elif number % 4 == 2:
            client.envelope(TO)
            client.send(b"Subject: half a ma")
        elif number % 4 == 3:
            client.send(b"MAIL FR")
    other = house.client(stack)
    for _ in range(5):
        assert taken(other.give(TO, lmtp.mail(sender=f"c{next(lmtp.counter)}@far.example"))[0])[0] == "opened"
    house.client(stack)
    extra = lmtp.Client(house.lmtp, greet=False)
    stack.callback(extra.close)
    assert extra.reply()[0] == 421 and extra.reply()[0] == 0
    for client in idle:
        replies = []
        while (reply := client.reply())[0]:
            replies.append(reply[0])
        assert replies[-1:] == [421], replies
    w.until("all are gone", lambda: house["intake"].metric("buckstop_intake_lmtp_connections") <= 1)
    assert house["intake"].metric("buckstop_intake_lmtp_held_bytes") == 0


def clients_that_go_away(stack):
    house = house_of(stack)
    with house.redis_stopped():
        for _ in range(5):  # while their answer is awaited
            client = lmtp.Client(house.lmtp)
            client.envelope(TO)
            client.send(lmtp.stuffed(lmtp.mail(sender=f"c{next(lmtp.counter)}@far.example")))
            client.close()
    for _ in range(5):  # and before they read it
        client = lmtp.Client(house.lmtp)
        client.say("MAIL FROM:<>", f"RCPT TO:<{TO}>", "DATA")
        client.close()
    w.until("all are gone", lambda: house["intake"].metric("buckstop_intake_lmtp_connections") == 0)
    w.until("all ended", lambda: house["intake"].metric("buckstop_intake_mail_open") == 0)
    assert house["intake"].metric("buckstop_intake_lmtp_held_bytes") == 0
    assert taken(house.client(stack).give(TO, lmtp.mail())[0])[0] == "opened"


def a_large_mail_holds_up_nobody(stack):
    """25 MB, while others hand over small ones: no turn of the loop is long."""
    house = house_of(stack)
    house.longest_turns()
    big = lmtp.mail(files=[("big.bin", os.urandom(9 * MB)), ("more.bin", os.urandom(8 * MB))])
    assert 22 * MB < len(big) < 25 * MB, len(big)
    answers, done = [], threading.Event()

    def send_big():
        with contextlib.closing(lmtp.Client(house.lmtp, timeout=60)) as client:
            answers.extend(client.give(TO, big, size=len(big)))
        done.set()

    thread = threading.Thread(target=send_big)
    thread.start()
    client, count = house.client(stack), 0
    while not done.is_set():
        assert taken(client.give(TO, lmtp.mail(sender=f"c{next(lmtp.counter)}@far.example"))[0])[0] == "opened"
        count += 1
    thread.join()
    assert taken(answers[0])[0] == "opened", answers
    turn = house.longest_turns()["intake-1"]
    print(f"      {count} small ones meanwhile; longest turn {turn / 1000:.1f} ms")
    assert turn < 3 * w.TURN_LIMIT_US, turn  # built with sanitizers, on a machine that others use
    assert house["intake"].metric("buckstop_intake_lmtp_held_bytes") == 0


def one_message_by_many_addresses(stack):
    """A hundred spellings of one address are one message, and cost what one costs."""
    house = house_of(stack)
    house.longest_turns()
    many = [f"support+{i}@desk.example" for i in range(49)] + [TO, SALES] + [f"x{i}@all.example" for i in range(49)]
    answers = house.client(stack).give(many, lmtp.mail(text="a long story\n" * 70000))
    found = [taken(answer) for answer in answers]
    assert len(found) == 100 and {word for word, _ in found} == {"opened"}, found
    assert len({contact for _, contact in found}) == 2, found  # of mail, and of sales
    assert found[50][1] != found[49][1] == found[99][1], found
    assert house["intake"].metric('buckstop_intake_mail_total{kind="person"}') == 2
    turn = house.longest_turns()["intake-1"]
    print(f"      longest turn {turn / 1000:.1f} ms")
    assert turn < 3 * w.TURN_LIMIT_US, turn


def ends_in_order(stack):
    """Who is in the midst of a message may end it, the others hear 421."""
    house = house_of(stack)
    idle, busy = house.client(stack), house.client(stack)
    busy.envelope(TO)
    busy.send(b"Subject: the last one\r\n")
    intake = house["intake"]
    intake.process.send_signal(signal.SIGTERM)
    assert idle.reply()[0] == 421 and idle.reply()[0] == 0
    busy.send(b"\r\ntext\r\n.\r\n")
    assert busy.reply()[0] == 451  # it is not begun any more: the mail server keeps it
    assert busy.reply()[0] == 421
    process, intake.process = intake.process, None
    assert process.wait(20) == 0
    assert not os.path.exists(house.lmtp)


def options_are_checked(stack):
    house = house_of(stack)
    for words, expected in ((["--lmtp", "nowhere"], "unix:PATH nor ADDRESS:PORT"), (["--lmtp", "unix:"], "no path"),
                            (["--spool", house.dir + "/none"], "there is no directory"),
                            (["--mail-max", "1"], "mail-max"), (["--lmtp", "unix:/" + "x" * 200], "at most")):
        run = w.subprocess.run([f"{w.BUILD}/buckstop-intake", "--check", "--redis", "unix:/nowhere", *words],
                               capture_output=True, text=True, check=False, env=house.environment)
        assert run.returncode == 2 and expected in run.stderr, (words, run)
    second = w.Service(house, "intake", 2)
    house.services["intake-2"] = second
    second.log = house.dir + "/second.log"
    process = second.spawn(second.command(), second.log)
    assert process.wait(20) != 0  # somebody listens there
    assert "in use" in second.text(), second.text()
    del house.services["intake-2"]
    client = house.client(stack)
    client.say("NOOP")
    client.expect(250)


CASES = [opens_threads_and_takes_a_retry_once, each_recipient_has_an_answer, two_workspaces_name_one_address, machines_open_nothing, over_http,
         the_store_is_away, files_go_to_the_spool, too_large, many_that_never_finish, clients_that_go_away,
         a_large_mail_holds_up_nobody, one_message_by_many_addresses, ends_in_order, options_are_checked]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
