"""The far sides: an HTTP and an SMTP peer that are well, slow, silent or mad, as they are told."""
import asyncio
import collections
import contextlib
import json
import threading
import time

from aiosmtpd.smtp import SMTP

from ports import free_port

Call = collections.namedtuple("Call", "at path headers body")


class Receiver:
    """HTTP and SMTP peers on one thread. `behave` says how: by path for calls, under "smtp" for mail.

    ok, 500, 404, 429, garbage, lost (closed without an answer), slow (0.3 s), silent, half request, half answer (closed
    in the midst of it), gate (ok, once `opened` says so); for mail ok, 451, garbage, silent, half request, half answer. deaf: nobody listens.
    """

    HALF_MAIL = 120  # bytes of a conversation, then it is cut

    ANSWERS = {
        "ok": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "500": b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n",
        "404": b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n",
        "429": b"HTTP/1.1 429 no\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        "half answer": b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nall is",
        "garbage": b"\x00\xff\x16 220 hello SMTP?\r\n" * 50,
    }

    def __init__(self, host="127.0.0.1"):
        self.host, self.calls, self.mails, self.behave = host, [], [], collections.defaultdict(lambda: "ok")
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.forever, self.gate = asyncio.Event(), asyncio.Event()
        self.port, self.smtp_port = free_port(self.host), free_port(self.host)  # while it is deaf, too
        self.is_deaf, self.writers = False, set()
        self.loop.run_until_complete(self.listen())
        self.inner = self.loop.run_until_complete(
            self.loop.create_server(lambda: SMTP(self, hostname="test"), "127.0.0.1", 0))
        ready.set()
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self.loop), return_exceptions=True))
        self.loop.close()

    async def listen(self):
        self.servers = [await asyncio.start_server(self.serve, self.host, self.port, backlog=1024),
                        await asyncio.start_server(self.serve_smtp, self.host, self.smtp_port, backlog=1024)]
        self.port, self.smtp_port = (server.sockets[0].getsockname()[1] for server in self.servers)

    async def turn_deaf(self, yes):
        self.is_deaf = yes
        if not yes:
            await self.listen()
            return
        for server in self.servers:
            server.close()
        for writer in list(self.writers):
            writer.transport.abort()

    def deaf(self, yes):
        """Connections are refused, those that are there are cut; or no longer."""
        asyncio.run_coroutine_threadsafe(self.turn_deaf(yes), self.loop).result(10)

    def opened(self):
        self.loop.call_soon_threadsafe(self.gate.set)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def url(self, path):
        return f"http://{self.host}:{self.port}{path}"

    def heard(self, call, _how):
        self.calls.append(call)

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append(envelope)
        return "250 taken"

    async def serve_smtp(self, reader, writer):
        """A door before the mail server, that may be silent or mad."""
        how = self.behave["smtp"]
        with contextlib.suppress(ConnectionError):
            if how == "silent":
                await self.forever.wait()
            elif how in ("ok", "half request"):
                await self.pass_on(reader, writer, self.HALF_MAIL if how == "half request" else None)
            else:
                writer.write({"451": b"451 not now\r\n", "half answer": b"220 te"}.get(how, self.ANSWERS["garbage"]))
                await writer.drain()
        writer.close()

    async def pass_on(self, reader, writer, most=None):
        """most: so many bytes of what the client says, then both sides are cut."""
        inner_reader, inner_writer = await asyncio.open_connection(*self.inner.sockets[0].getsockname())

        async def copy(source, target, left=None):
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65536 if left is None else left):
                    target.write(data)
                    await target.drain()
                    left = None if left is None else left - len(data)
                    if left == 0:
                        writer.transport.abort()
                        break
            target.close()

        await asyncio.gather(copy(reader, inner_writer, most), copy(inner_reader, writer))

    async def serve(self, reader, writer):
        self.writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not self.is_deaf and await self.one(reader, writer):
                pass
        self.writers.discard(writer)
        writer.close()

    async def one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        path = lines[0].split(" ")[1]
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:] if line)}
        how, length = self.behave[path], int(headers.get("content-length", 0))
        if how == "half request":
            await reader.read(length // 2)
            writer.transport.abort()
            return False
        body = await reader.readexactly(length)
        self.heard(Call(time.monotonic(), path, headers, body), how)
        if how == "silent":
            await self.forever.wait()
        if how == "lost":
            return False
        if how == "slow":
            await asyncio.sleep(0.3)  # the far side is slow: this is what is tested
            how = "ok"
        if how == "gate":
            await self.gate.wait()
            how = "ok"
        writer.write(self.ANSWERS[how])
        await writer.drain()
        return how not in ("garbage", "half answer")

    def of(self, path):
        return [call for call in list(self.calls) if call.path == path]

    def ids(self, path=None):
        return {call.headers.get("buckstop-id") for call in list(self.calls) if path in (None, call.path)}

    def ids_by_contact(self):
        """contact -> ids of all that was told about it."""
        ids = collections.defaultdict(set)
        for (contact, _, _), some in self.told().items():
            ids[contact] |= some
        return ids

    def told(self):
        """(contact, purpose, person) -> ids under which it was told."""
        told = collections.defaultdict(set)
        for call in list(self.calls):
            body = json.loads(call.body)
            told[body["contact"], body["purpose"], body["person"]].add(body["id"])
        return told
