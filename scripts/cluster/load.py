"""A load that books and cancels through the balancer, over both transports, and remembers what it was promised.

Every command has a key of its own. Where the outcome is unknown (a connection lost, a 5xx) or the server is busy, it is
sent again with the same key, until there is an answer or patience ends. Afterwards everything that was promised is
looked for.
"""

import collections
import datetime
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field

from client import Lost, Rest, Socket

# How long one command is repeated before it counts as not mended, in seconds.
PATIENCE = 90
# What a rider holds at most before cancelling one.
HELD = 4


@dataclass
class Promise:
    """A command that was carried out, with what was answered: it is to be the same for ever."""

    rider: str
    method: str
    path: str
    body: str
    key: str
    status: int
    answer: bytes
    booking: str
    cancelled_by: "Promise | None" = None


@dataclass
class Tally:
    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: collections.Counter = field(default_factory=collections.Counter)
    mended: collections.Counter = field(default_factory=collections.Counter)
    refusals: collections.Counter = field(default_factory=collections.Counter)
    seconds: list = field(default_factory=list)
    unmended: list = field(default_factory=list)
    promises: list = field(default_factory=list)


class Rider(threading.Thread):
    def __init__(self, name, clients, departures, tally, ends_at, seed):
        super().__init__(name=name, daemon=True)
        self.clients, self.departures, self.tally, self.ends_at = clients, departures, tally, ends_at
        self.random = random.Random(seed)
        self.held = []

    def run(self):
        while time.monotonic() < self.ends_at:
            # A command that goes on over the other transport is the case that a shared key space is for.
            order = self.random.sample(self.clients, len(self.clients))
            if self.held and (len(self.held) >= HELD or self.random.random() < 0.4):
                self.cancel(order)
            else:
                self.book(order)
        for client in self.clients:
            client.close()

    def book(self, order):
        departure, key = self.random.choice(self.departures), str(uuid.uuid4())
        answer = self.insist(order, "book", lambda client: client.book(departure, key))
        if answer is not None and answer.status == 201:
            body, booking = json.dumps({"departure": departure}), answer.json()["id"]
            promise = Promise(self.name, "POST", "/v1/bookings", body, key, 201, answer.body, booking)
            self.held.append(promise)
            with self.tally.lock:
                self.tally.promises.append(promise)

    def cancel(self, order):
        held = self.held.pop(self.random.randrange(len(self.held)))
        key = str(uuid.uuid4())
        answer = self.insist(order, "cancel", lambda client: client.cancel(held.booking, key))
        if answer is not None and answer.status == 200:
            path = f"/v1/bookings/{held.booking}/cancel"
            held.cancelled_by = Promise(self.name, "POST", path, "{}", key, 200, answer.body, held.booking)
            with self.tally.lock:
                self.tally.promises.append(held.cancelled_by)
        elif answer is None:
            with self.tally.lock:
                self.tally.promises.remove(held)

    def insist(self, order, what, send):
        """Sends a command until it has an answer; returns None where it never had one."""
        began, attempt, last = time.monotonic(), 0, ""
        while time.monotonic() - began < PATIENCE:
            client = order[attempt % len(order)]
            attempt += 1
            pause = 0.0
            try:
                answer = send(client)
                if answer.status == 429 or answer.status >= 500:
                    last = f"{client.name} {answer.status} {answer.problem()}"
                    pause = answer.retry_after
                else:
                    self.count(what, client, answer, time.monotonic() - began)
                    return answer
            except Lost as lost:
                last = f"{client.name} {lost}"
            with self.tally.lock:
                self.tally.mended[last] += 1
            time.sleep(max(pause, self.random.uniform(0, min(2.0, 0.05 * 2**attempt))))
        with self.tally.lock:
            self.tally.unmended.append(f"{what}: {last}")
        return None

    def count(self, what, client, answer, seconds):
        with self.tally.lock:
            self.tally.counts[f"{what} over {client.name}"] += 1
            self.tally.seconds.append(seconds)
            if answer.status >= 300:
                self.tally.refusals[f"{what}: {answer.status} {answer.problem()}"] += 1


def bookable(client, minutes=120):
    """The departures that are far enough away to be cancelled again."""
    earliest = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    found, path = [], "/v1/departures?limit=100"
    while path:
        answer = client.call("GET", path)
        if answer.status != 200:
            raise Lost(f"departures: {answer.status}")
        page = answer.json()
        found += [each["id"] for each in page["items"] if datetime.datetime.fromisoformat(each["departsAt"]) > earliest]
        path = f"/v1/departures?limit=100&cursor={page['next']}" if page["next"] and len(found) < 60 else None
    return found


class Load:
    def __init__(self, port, tls, tokens, riders):
        self.port, self.tls = port, tls
        self.tokens = {name: token for name, token in tokens.items() if name.startswith("rider")}
        self.names = sorted(self.tokens)[:riders]
        self.tally = Tally()
        self.riders = []

    def start(self, seconds, seed=1):
        client, deadline = Rest(self.port, self.tls, self.tokens[self.names[0]]), time.monotonic() + PATIENCE
        # The timetable of a new store is rolled out by a job, which takes its time.
        while not (departures := bookable(client)):
            if time.monotonic() > deadline:
                raise Lost("there is no departure that can be booked and cancelled")
            time.sleep(0.5)
        client.close()
        # Few, so that riders meet on the last seats.
        departures = random.Random(seed).sample(departures, min(12, len(departures)))
        self.began = time.monotonic()
        for index, name in enumerate(self.names):
            clients = [kind(self.port, self.tls, self.tokens[name]) for kind in (Rest, Socket)]
            self.riders.append(Rider(name, clients, departures, self.tally, self.began + seconds, seed * 1000 + index))
        for rider in self.riders:
            rider.start()

    def running(self):
        return any(rider.is_alive() for rider in self.riders)

    def report(self):
        tally, seconds = self.tally, max(time.monotonic() - self.began, 0.001)
        times = sorted(tally.seconds) or [0.0]
        total = sum(tally.counts.values())
        print(f"\n{total} commands answered in {seconds:.1f} s: {total / seconds:.1f}/s by {len(self.names)} riders")
        parts = {"median": 0.5, "99 %": 0.99, "longest": 1.0}
        shown = [f"{name} {1000 * times[int((len(times) - 1) * part)]:.0f} ms" for name, part in parts.items()]
        print("  time to an answer, repetitions included: " + ", ".join(shown))
        counters = {"answered": tally.counts, "refused": tally.refusals, "mended by the same key": tally.mended}
        for title, counter in counters.items():
            for name, count in sorted(counter.items(), key=lambda pair: -pair[1]):
                print(f"  {title}: {count} × {name}")

    def check(self):
        """Looks for everything that was promised; returns what is wrong."""
        wrong = [f"never answered: {each}" for each in self.tally.unmended]
        clients = {name: Rest(self.port, self.tls, self.tokens[name]) for name in self.names}
        bookings = [each for each in self.tally.promises if each.path == "/v1/bookings"]
        for promise in self.tally.promises:
            client = clients[promise.rider]
            again = self.patiently(lambda: client.call(promise.method, promise.path, promise.body, promise.key))
            if (again.status, again.body) != (promise.status, promise.answer):
                wrong.append(
                    f"key {promise.key} is answered {again.status} {again.body[:200]!r}, not {promise.answer[:200]!r}"
                )
        for promise in bookings:
            now = self.patiently(lambda: clients[promise.rider].call("GET", f"/v1/bookings/{promise.booking}"))
            state = now.json().get("state") if now.status == 200 else None
            expected = "cancelled" if promise.cancelled_by else "booked"
            if state != expected:
                wrong.append(f"booking {promise.booking} is {state or now.status} instead of {expected}")
        cancelled = sum(1 for each in bookings if each.cancelled_by)
        print(f"  promised and looked for: {len(bookings)} bookings, {cancelled} of them cancelled, "
              f"{len(self.tally.promises)} keys sent again; {len(wrong)} wrong")
        return wrong

    def patiently(self, send):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = send()
                if answer.status != 429 and answer.status < 500:
                    return answer
                pause = answer.retry_after
            except Lost:
                pause = 0.2
            if time.monotonic() > deadline:
                raise Lost("the check had no answer")
            time.sleep(max(pause, 0.05))
