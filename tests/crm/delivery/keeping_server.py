"""A mail server that has every message on its disk before it says 250: `python -m tests.crm.delivery.keeping_server port file`.

A line a message: the reader's address and the Message-ID. It may be killed at any instant; what it has acknowledged stands.
"""

import asyncio
import os
import re
import sys

ID = re.compile(rb"^Message-ID: (\S+)", re.M)
READER = re.compile(rb"<(.*)>")


class Keeping:
    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def keep(self, reader: bytes, data: bytes) -> None:
        found = ID.search(data)
        os.write(self.file, reader + b" " + (found[1] if found else b"-") + b"\n")
        os.fsync(self.file)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 keeping\r\n")
        to = b""
        while line := await reader.readline():
            match line.split(b" ")[0].strip().upper():
                case b"EHLO":
                    writer.write(b"250-keeping\r\n250 PIPELINING\r\n")
                case b"RCPT":
                    to = READER.search(line)[1]
                    writer.write(b"250 ok\r\n")
                case b"DATA":
                    writer.write(b"354 go\r\n")
                    self.keep(to, await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 kept\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
            await writer.drain()
        writer.close()


async def main(port: int, path: str) -> None:
    server = await asyncio.start_server(Keeping(path).serve, "127.0.0.1", port, limit=2**22)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
