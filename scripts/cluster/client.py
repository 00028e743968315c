"""Clients of Farebus for the load: one over REST, one over a socket, with the same answer from both."""

import base64
import hashlib
import http.client
import json
import os
import socket
import struct
from dataclasses import dataclass

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Lost(Exception):
    """The connection was lost or could not be made; whether the command was carried out is not known."""


@dataclass
class Answer:
    status: int
    body: bytes
    retry_after: float = 0.0

    def json(self):
        return json.loads(self.body)

    def problem(self):
        """The stable name of a refusal."""
        try:
            return self.json()["code"]
        except (ValueError, KeyError, TypeError):
            return "no_problem_document"


class Rest:
    name = "rest"

    def __init__(self, port, tls, token, timeout=20):
        self.make = lambda: http.client.HTTPSConnection("localhost", port, context=tls, timeout=timeout)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.connection = None

    def call(self, method, path, body=None, key=None):
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        try:
            if self.connection is None:
                self.connection = self.make()
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
            answer = Answer(response.status, response.read(), float(response.headers.get("Retry-After", 0)))
            if response.will_close:
                self.close()
            return answer
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(f"{type(error).__name__}") from error

    def book(self, departure, key):
        return self.call("POST", "/v1/bookings", json.dumps({"departure": departure}), key)

    def cancel(self, booking, key):
        return self.call("POST", f"/v1/bookings/{booking}/cancel", "{}", key)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Socket:
    name = "socket"

    def __init__(self, port, tls, token, timeout=20):
        self.port, self.tls, self.token, self.timeout = port, tls, token, timeout
        self.socket = None
        self.buffer = b""
        self.frames = 0

    def open(self):
        plain = socket.create_connection(("localhost", self.port), timeout=self.timeout)
        self.socket = self.tls.wrap_socket(plain, server_hostname="localhost")
        self.buffer = b""
        key = base64.b64encode(os.urandom(16))
        lines = [
            "GET /v1/socket HTTP/1.1",
            f"Host: localhost:{self.port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key.decode()}",
            "Sec-WebSocket-Protocol: farebus.v1.json",
            f"Authorization: Bearer {self.token}",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status = head.split(b" ")[1].decode(errors="replace")
        if status != "101" or base64.b64encode(hashlib.sha1(key + GUID).digest()) not in head:
            raise Lost(f"upgrade refused: {status}")
        hello = self.receive()
        if b'"hello"' not in hello:
            raise Lost("no hello")

    def fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise Lost("socket ended")
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
        else:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        mask = os.urandom(4)
        self.socket.sendall(head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)))

    def receive(self):
        message = b""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            if size >= 126:
                (size,) = struct.unpack("!H", self.take(2)) if size == 126 else struct.unpack("!Q", self.take(8))
            payload = self.take(size)
            opcode = first & 0x0F
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                raise Lost(f"socket closed {struct.unpack('!H', payload[:2])[0] if len(payload) > 1 else 1005}")
            elif opcode != PONG:
                message += payload
                if first & 0x80:
                    return message

    def call(self, command, fields, key=None):
        self.frames += 1
        frame = {"id": str(self.frames), "cmd": command, "input": fields}
        if key:
            frame["key"] = key
        try:
            if self.socket is None:
                self.open()
            self.send(TEXT, json.dumps(frame).encode())
            while True:
                text = self.receive()
                reply = json.loads(text)
                if reply.get("id") == frame["id"]:
                    return Answer(reply["status"], payload_of(text.decode()), float(reply.get("retry_after", 0)))
        except Lost:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise Lost(f"{type(error).__name__}") from error

    def book(self, departure, key):
        return self.call("bookings.create", {"departure": departure}, key)

    def cancel(self, booking, key):
        return self.call("bookings.cancel", {"id": booking}, key)

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def payload_of(frame):
    """The bytes of a reply's output or problem, exactly as they came: on both transports they are to be the same."""
    for name in ('"output":', '"problem":'):
        start = frame.find(name)
        if start >= 0:
            start += len(name)
            _, end = json.JSONDecoder().raw_decode(frame, start)
            return frame[start:end].encode()
    return b""
