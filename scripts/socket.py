#!/usr/bin/env python3
"""A small WebSocket client for Farebus that needs nothing but Python 3.

    scripts/socket.py [--token TOKEN] [--follow | --count N] [URL] [FRAME ...]

Sends each FRAME (a JSON text) and prints every frame that comes, one a line. Without --follow or --count it ends once
each frame it sent was answered. A FRAME of '-' stands for the lines of standard input.
"""

import sys

# Python looks for modules beside a script first, and would find this one in place of its own 'socket'.
sys.path.pop(0)

import argparse
import base64
import hashlib
import json
import os
import signal
import socket
import ssl
import struct
from urllib.parse import urlsplit

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Ended(Exception):
    """The connection is over; the text says why."""


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(1)


class Connection:
    def __init__(self, url, token, timeout):
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss", "http", "https") or not parts.hostname:
            fail(f"{url} is no address like ws://127.0.0.1:8080/v1/socket")
        secure = parts.scheme in ("wss", "https")
        port = parts.port or (443 if secure else 80)
        try:
            self.socket = socket.create_connection((parts.hostname, port), timeout=timeout)
        except OSError as error:
            fail(f"{parts.hostname}:{port} can't be reached: {error}")
        if secure:
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=parts.hostname)
        self.buffer = b""
        self.upgrade(parts, token)

    def upgrade(self, parts, token):
        key = base64.b64encode(os.urandom(16))
        lines = [
            f"GET {parts.path or '/v1/socket'} HTTP/1.1",
            f"Host: {parts.netloc.rpartition('@')[2]}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key.decode()}",
            "Sec-WebSocket-Protocol: farebus.v1.json",
        ]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        if status.split(" ")[1:2] != ["101"]:
            self.refuse(status, headers)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        if headers.get("sec-websocket-accept") != accept:
            fail("the server's answer to the upgrade is not WebSocket's")

    def refuse(self, status, headers):
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            self.fill()
        fail(f"{status}\n{self.buffer[:length].decode(errors='replace')}".strip())

    def fill(self):
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise Ended("nothing came for too long") from None
        except OSError as error:
            raise Ended(f"the connection broke: {error}") from None
        if not data:
            raise Ended("the server closed the connection")
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def send(self, opcode, payload):
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        try:
            self.socket.sendall(head + mask + masked)
        except OSError as error:
            raise Ended(f"the connection broke: {error}") from None

    def receive(self):
        """The next text; control frames are seen to on the way."""
        message = b""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self.take(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self.take(8))
            payload = self.take(size)
            opcode = first & 0x0F
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                reason = payload[2:].decode(errors="replace")
                self.send(CLOSE, payload[:2])
                raise Ended(f"the server closed the connection: {code} {reason}".strip())
            elif opcode != PONG:
                message += payload
                if first & 0x80:
                    return message.decode()

    def close(self):
        try:
            self.send(CLOSE, struct.pack("!H", 1000))
            while True:
                self.receive()
        except Ended:
            pass
        self.socket.close()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("words", nargs="*", metavar="[URL] FRAME", help="the server's socket, and what to send")
    parser.add_argument("--token", help="the session; without it, send a session.attach frame or stay anonymous")
    parser.add_argument("--follow", action="store_true", help="go on printing until interrupted")
    parser.add_argument("--count", type=int, metavar="N", help="end after N frames after the hello")
    parser.add_argument("--timeout", type=float, default=30, metavar="S", help="give up after S silent seconds (30)")
    options = parser.parse_intermixed_args()
    options.url = "ws://127.0.0.1:8080/v1/socket"
    if options.words and "://" in options.words[0].split("{")[0]:
        options.url = options.words.pop(0)
    return options


def main():
    options = arguments()
    frames = []
    for word in options.words:
        frames += [line for line in sys.stdin.read().splitlines() if line.strip()] if word == "-" else [word]
    awaited = set()
    for frame in frames:
        try:
            awaited.add(json.loads(frame)["id"])
        except (ValueError, TypeError, KeyError):
            print(f"note: {frame} is no JSON object with an id, so its answer can't be waited for", file=sys.stderr)
    seen = 0
    try:
        connection = Connection(options.url, options.token, options.timeout)
        if options.follow:
            connection.socket.settimeout(None)
        print(connection.receive(), flush=True)
        for frame in frames:
            connection.send(TEXT, frame.encode())
        while options.follow or (seen < options.count if options.count is not None else awaited):
            text = connection.receive()
            print(text, flush=True)
            seen += 1
            awaited.discard(json.loads(text).get("id"))
        connection.close()
    except Ended as end:
        fail(str(end))


if __name__ == "__main__":
    # Let `socket.py | head` end quietly, and Ctrl-C too.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
