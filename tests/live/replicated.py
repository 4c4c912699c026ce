#!/usr/bin/env python3
"""replicated.py - a Redis that seems to have a replica, in front of a real one: for tests/live/test_store_losses.c.

    replicated.py REAL_SOCKET OWN_SOCKET

What goes through is passed on, but WAIT and the replicas of INFO are said here. A PUBLISH to one of these channels sets
a state:
    hold   from the next script on no replica confirms, until an event is asked for: then the WAIT is answered before
           that question (two connections: either may be first)
    cut    a connection that sends a script, or WAIT, is closed
    well   neither
"""
import asyncio
import os
import sys

HELD_S, LATE_S = 0.29, 0.02
STATES = (b"hold", b"cut", b"well")


class Front:
    def __init__(self, real):
        self.real = real
        self.state = b""
        self.holding = self.refused = False
        self.asked = asyncio.Event()

    async def command(self, reader):
        """Its words and its bytes; None: the end."""
        raw = await reader.readline()
        words = []
        for _ in range(int(raw[1:]) if raw else 0):
            size = await reader.readline()
            word = await reader.readexactly(int(size[1:]) + 2)
            raw += size + word
            words.append(word[:-2])
        return (words, raw) if words else None

    async def reply(self, reader):
        raw = await reader.readline()
        if raw[:1] == b"$" and int(raw[1:]) >= 0:
            raw += await reader.readexactly(int(raw[1:]) + 2)
        if raw[:1] == b"*":
            for _ in range(max(int(raw[1:]), 0)):
                raw += await self.reply(reader)
        return raw

    async def wait(self):
        if not self.holding:
            return b":1\r\n"
        try:
            await asyncio.wait_for(self.asked.wait(), HELD_S)
        except asyncio.TimeoutError:
            self.refused = True
            return b":0\r\n"
        self.holding, self.refused, self.state = False, False, b""
        return b":1\r\n"

    async def answer(self, words, raw, reader, writer):
        """b"": the connection is to be closed."""
        name = words[0].upper()
        if self.state == b"cut" and name in (b"EVALSHA", b"WAIT"):
            return b""
        if name == b"WAIT":
            return await self.wait()
        self.holding |= self.state == b"hold" and name == b"EVALSHA"
        writer.write(raw)
        reply = await self.reply(reader)
        if name == b"INFO" and words[1] == b"replication":
            body = reply.split(b"\r\n", 1)[1][:-2] + b"slave0:state=online\r\n"
            reply = b"$%d\r\n%s\r\n" % (len(body), body)
        if name == b"XRANGE" and self.refused:  # not the look once a second
            self.asked.set()
            await asyncio.sleep(LATE_S)
        if name == b"PUBLISH" and words[1] in STATES:
            self.state = words[1]
        return reply

    async def serve(self, reader, writer):
        real_reader, real_writer = await asyncio.open_unix_connection(self.real)
        try:
            while command := await self.command(reader):
                reply = await self.answer(*command, real_reader, real_writer)
                if not reply:
                    break
                writer.write(reply)
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()
        real_writer.close()


async def main(real, own):
    front = Front(real)
    server = await asyncio.start_unix_server(front.serve, own + ".new")
    os.rename(own + ".new", own)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
