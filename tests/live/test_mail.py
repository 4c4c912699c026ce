#!/usr/bin/python3
"""Mail out against real SMTP servers; BUCKSTOP_BUILD names the build folder.

Starts servers that accept, refuse for now, refuse for good, are silent or talk rubbish, on ports that the system
picks; runs tests/test_mail of the build folder against them; then looks at what was received.
"""
import asyncio
import email
import email.policy
import os
import re
import subprocess
import sys
import threading

from aiosmtpd.smtp import SMTP

from ports import free_port

received = []
forever = asyncio.Event()


class Accept:
    async def handle_DATA(self, server, session, envelope):
        received.append(envelope)
        return "250 taken"


class Later:
    async def handle_DATA(self, server, session, envelope):
        return "451 4.3.0 try again later"


class NoLogin:
    """Refuses whatever comes before MAIL."""

    async def handle_EHLO(self, server, session, envelope, hostname):
        return "550 5.7.1 you may not"

    async def handle_HELO(self, server, session, envelope, hostname):
        return "550 5.7.1 you may not"


class NeverData:
    async def handle_DATA(self, server, session, envelope):
        return "554 5.6.0 not such a text"


class NeverSender:
    async def handle_MAIL(self, server, session, envelope, address, options):
        return "550 5.7.1 not from you"


class Never:
    async def handle_RCPT(self, server, session, envelope, address, options):
        return "550 5.1.1 no such mailbox"


class MuteAfterData:
    async def handle_DATA(self, server, session, envelope):
        await forever.wait()


class MuteAtQuit(Accept):
    async def handle_QUIT(self, server, session, envelope):
        await forever.wait()


async def silent(reader, writer):
    await forever.wait()


async def no_greeting(reader, writer):
    writer.write(b"554 5.3.2 go away\r\n")
    await reader.read()
    writer.close()


async def rubbish(reader, writer):
    writer.write(b"\x00\xff HTTP/1.1 200 fine\r\n" * 20)
    await writer.drain()
    writer.close()


async def start_all(loop):
    def smtp(handler):
        return loop.create_server(lambda: SMTP(handler, hostname="mail.test", loop=loop), "127.0.0.1", 0)

    servers = {
        "MAIL_ACCEPT": await smtp(Accept()),
        "MAIL_LATER": await smtp(Later()),
        "MAIL_NEVER": await smtp(Never()),
        "MAIL_NEVER_DATA": await smtp(NeverData()),
        "MAIL_NEVER_SENDER": await smtp(NeverSender()),
        "MAIL_NO_LOGIN": await smtp(NoLogin()),
        "MAIL_NO_GREETING": await asyncio.start_server(no_greeting, "127.0.0.1", 0),
        "MAIL_MUTE_AFTER_DATA": await smtp(MuteAfterData()),
        "MAIL_MUTE_AT_QUIT": await smtp(MuteAtQuit()),
        "MAIL_SILENT": await asyncio.start_server(silent, "127.0.0.1", 0),
        "MAIL_RUBBISH": await asyncio.start_server(rubbish, "127.0.0.1", 0),
    }
    names = {name: f"127.0.0.1:{server.sockets[0].getsockname()[1]}" for name, server in servers.items()}
    names["MAIL_REFUSED"] = f"127.0.0.1:{free_port()}"
    return names


def message(left):
    for envelope in received:
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if parsed["Message-ID"].startswith(f"<{left}"):
            return envelope, parsed
    raise AssertionError(f"no message {left}")


def check(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what}: {found!r}, not {expected!r}")


def look_at_received():
    envelope, plain = message("m-1")
    check("sender", envelope.mail_from, "desk@example.org")
    check("recipients", envelope.rcpt_tos, ["ada@example.org"])
    check("from", str(plain["From"]), "Desk <desk@example.org>")
    check("id", plain["Message-ID"], "<m-1@example.org>")
    check("body", plain.get_content().splitlines(), ["Hello", ".", ".dots", "end"])
    check("automatic", plain["Auto-Submitted"], None)
    assert plain["Date"].datetime is not None

    envelope, utf8 = message("m-2")
    check("subject", utf8["Subject"],
          "Grüße: Ihre Überweisung über 100 € – eine lange Betreffzeile, die umgebrochen werden muss")
    check("to", utf8["To"].addresses[0].display_name, "Jürgen")
    check("reply", utf8["In-Reply-To"], "<abc@far.example>")
    check("references", utf8["References"], "<abc@far.example>")
    check("automatic", utf8["Auto-Submitted"], "auto-generated")
    check("body", utf8.get_content(), "Zürich\n")
    assert all(byte < 128 for byte in envelope.content)
    assert max(map(len, envelope.content.split(b"\r\n"))) <= 78

    _, forged = message("m-3")
    check("forged", forged["X-Forged"], None)
    assert "X-Forged body" in forged["Subject"]

    # a CR alone ends a line at some servers, and a message behind a dot (RFC 5321, 2.3.8)
    envelope, smuggled = message("m-4")
    assert b"\r" not in envelope.content.replace(b"\r\n", b""), envelope.content
    check("body", smuggled.get_content().splitlines(), ["one", ".", "MAIL FROM:<eve@example.org>", ".", "", "two", "."])

    many = sum(b"m-many@" in envelope.content for envelope in received)
    check("many", many, 50)
    check("refused ones", sum(b"m-refused" in envelope.content for envelope in received), 0)


def main():
    program = os.path.join(os.environ.get("BUCKSTOP_BUILD", "build"), "tests", "test_mail")
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    names = asyncio.run_coroutine_threadsafe(start_all(loop), loop).result()
    run = subprocess.run([program], env={**os.environ, **names}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    print(run.stdout)
    passed = run.stdout.count("[       OK ]")
    failed = len(re.findall(r"^\[  FAILED  \] [a-z]\w*$", run.stdout, re.MULTILINE))
    if run.returncode and not failed:
        failed = 1
    try:
        look_at_received()
        passed += 1
    except AssertionError as wrong:
        print(f"what was received: {wrong}")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.stdout.flush()
    os._exit(1 if failed else 0)  # servers that hang on purpose end with us


main()
