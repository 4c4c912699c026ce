#!/usr/bin/python3
"""Rules that look at words, on real services: the language of a mail that does not say it, patterns, and a pattern and a
message that would keep each other busy for ever. Ends with "N passed, N failed".
"""
import sys
import time

import lmtp
import world as w

POLICY = """workspace: desk
last_resort: dana
default_team: front
mail_from: "The desk <desk@desk.example>"
channels:
  mail: { weight: 1, answer: mail, address: support@desk.example }
  chat: { weight: 1, live: true }
people:
  ada: { name: Ada L., capacity: 1000, languages: [en], ways: [{ log: ada }] }
  dora: { name: Dora B., capacity: 1000, languages: [de, en], ways: [{ log: dora }] }
  otto: { name: Otto O., capacity: 1000, ways: [{ log: otto }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
  german: { lead: dana, members: [dora] }
  orders: { lead: dana, members: [otto] }
rules:
  - { name: endless, when: { patterns: ['(a+)+$'] }, then: { team: front } }
  - { name: orders, when: { patterns: ['\\border\\s+#?\\d{5}\\b', 'bestellung\\s+\\d{5}'] }, then: { team: orders } }
  - { name: german, when: { language: de }, then: { team: german, speak: true } }
"""
TO = "support@desk.example"
GERMAN = ("Guten Tag,\n\nmeine Karte ist heute Morgen im Bus verloren gegangen. Bitte sperren Sie sie sofort und schicken "
          "Sie mir eine neue.\n\nMit freundlichen Grüßen\nKim\n")
ENGLISH = "Hello,\n\nI lost my card on the bus this morning. Please block it at once and send me a new one.\n\nKim\n"


def house_of(stack, **more):
    house = w.open_world(stack, POLICY, **more)
    for person in ("ada", "dora", "otto"):
        token = house.issue("person", "--person", person)
        answer = house.ask("PUT", f"/v1/people/{person}/presence", {}, token=token)
        assert answer.status in (200, 202, 204), answer
    return house


def view_of(house, contact):
    return house.ask("GET", f"/v1/contacts/{contact}").json()


def goes_to(house, contact, team, language=None, person=None):
    view = view_of(house, contact)
    assert view["team"] == team and view.get("language") == language, (view["team"], view.get("language"), view["rule"])
    if person:
        w.until(f"{person} is asked", lambda: view_of(house, contact).get("offered_to") == person)
    return view


def a_mail_that_does_not_say_its_language(stack):
    house = house_of(stack)
    posted = house.ask("POST", "/v1/mail?to=" + TO, lmtp.mail(text=GERMAN), kind="message/rfc822")
    assert posted.status == 202, posted
    goes_to(house, posted["contact"], "german", "de", "dora")
    quoted = "Please block it at once, I lost it on the bus this morning.\n\n> " + GERMAN.replace("\n", "\n> ") + "\n"
    posted = house.ask("POST", "/v1/mail?to=" + TO, lmtp.mail(message_id="<2@far.example>", text=quoted),
                       kind="message/rfc822")
    goes_to(house, posted["contact"], "front", "en", "ada")  # what is quoted does not count


def messages_of_all_doors(stack):
    house = house_of(stack)
    for text, said, team, language in ((GERMAN, None, "german", "de"), (ENGLISH, None, "front", "en"),
                                       ("Hallo", None, "front", None), ("12345 67890 " * 10, None, "front", None),
                                       (GERMAN, "en", "front", "en"), (ENGLISH, "de-AT", "german", "de-AT")):
        more = {"language": said} if said else {}
        goes_to(house, house.submit("chat", text=text, **more), team, language)


def nobody_asks(stack):
    """A policy to which languages do not matter costs nothing, and without the data a rule sees what channels say."""
    house = w.open_world(stack, POLICY.split("  - { name: german")[0])
    goes_to(house, house.submit(text=GERMAN), "front", None)
    bare = w.open_world(stack, POLICY, options={"intake": ["--languages", "/nowhere"]})
    goes_to(bare, bare.submit(text=GERMAN), "front", None)
    goes_to(bare, bare.submit(text=GERMAN, language="de"), "german", "de")
    assert "languages are not recognised" in bare["intake"].text()


def patterns(stack):
    house = house_of(stack)
    goes_to(house, house.submit(subject="Order #12345", text=ENGLISH), "orders", "en", "otto")
    goes_to(house, house.submit(text="meine BESTELLUNG 54321 fehlt"), "orders", None, "otto")
    goes_to(house, house.submit(text="order 123456 is not one"), "front", None)


def a_pattern_that_would_never_end(stack):
    house = house_of(stack)
    began = time.monotonic()
    contacts = [house.submit(text="order 12345 " + "a" * 60000 + "!") for _ in range(20)]
    took = time.monotonic() - began
    assert took < 10, took  # each would take longer than the world exists
    for contact in contacts:
        view = goes_to(house, contact, "orders")
        opened = [fact for fact in w.facts_of(view) if fact["fact"] == "opened"]
        assert len(opened) == 1 and "a pattern of rule endless gave up at its limit" in opened[0]["detail"], opened


def what_is_no_pattern(stack):
    house = house_of(stack)
    with open(house.dir + "/bad.yaml", "w", encoding="utf-8") as file:
        file.write(POLICY.replace("(a+)+$", "order ("))
    run = w.subprocess.run([f"{w.BUILD}/buckstop", "policy", "check", house.dir + "/bad.yaml"], capture_output=True,
                           text=True, check=False, env=house.environment)
    assert run.returncode != 0 and "missing closing parenthesis (at byte 7)" in run.stdout + run.stderr, run


CASES = [a_mail_that_does_not_say_its_language, messages_of_all_doors, nobody_asks, patterns,
         a_pattern_that_would_never_end, what_is_no_pattern]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
