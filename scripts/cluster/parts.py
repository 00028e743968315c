"""The processes of a cluster on one machine. Each can be started, waited for, and ended, and has a log of its own."""

import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import balancer

REPOSITORY = Path(__file__).resolve().parents[2]


class Failure(Exception):
    """The cluster can't go on; the text says why."""


def free_ports(count):
    """Ports that nobody listens on. All are held until all are known, so none comes twice."""
    held = []
    try:
        for _ in range(count):
            one = socket.socket()
            held.append(one)
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def wait_until(what, condition, process, seconds=60.0):
    """Waits for a condition, but not for a process that has ended."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process is not None and process.poll() is not None:
            raise Failure(f"{what}: the process ended with status {process.returncode}")
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Part:
    """A process of its own session, which ends when this program does, however that is."""

    def __init__(self, name, folder):
        self.name = name
        self.log = folder / f"{name}.log"
        self.process = None

    def start(self, command, environment=None, text=None):
        with open(self.log, "ab") as log:
            # The signal comes with the end of the thread that starts the process, so only the main thread may do that.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                env=environment,
                stdin=subprocess.PIPE if text else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if text:
            self.process.stdin.write(text.encode())
            self.process.stdin.close()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=40):
        """Asks it to end, and waits; returns whether it did."""
        if not self.alive():
            return True
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def last_lines(self, count=12):
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line}" for line in lines[-count:])


class Redis(Part):
    def __init__(self, folder, port):
        super().__init__("redis", folder)
        self.port = port
        self.password = secrets.token_urlsafe(16)
        self.url = f"redis://:{self.password}@127.0.0.1:{port}/0"

    def start(self):
        # By standard input, so that the password is in no list of processes.
        lines = [f"port {self.port}", "bind 127.0.0.1", f"requirepass {self.password}", "appendonly no", 'save ""']
        lines += ["maxmemory 128mb", "maxmemory-policy noeviction", ""]
        super().start(["redis-server", "-"], text="\n".join(lines))
        wait_until("Redis", lambda: answers(self.port), self.process, 10)


class Mongo(Part):
    """The test server that speaks MongoDB's protocol, in memory."""

    def __init__(self, folder, port):
        super().__init__("mongo", folder)
        self.port = port
        self.url = f"mongodb://127.0.0.1:{port}/farebus"

    def start(self):
        script = str(REPOSITORY / "scripts" / "mongo-test-server.sh")
        # What takes time, and may speak, comes first and is seen.
        subprocess.run([script, "setup"], check=True, stdout=subprocess.DEVNULL)
        # An instance that is killed leaves a transaction behind. Nobody can write its documents before this is over.
        super().start([script, "serve", "--port", str(self.port), "--transaction-lifetime", "15"])
        wait_until("the MongoDB test server", lambda: answers(self.port), self.process, 30)


class Instance(Part):
    def __init__(self, number, folder, binary, port, environment):
        super().__init__(f"farebus-{number}", folder)
        self.number = number
        self.port = port
        self.data = folder / f"data-{number}"
        where = ["--host", "127.0.0.1", "--port", str(port), "--data", str(self.data)]
        self.command = [str(binary), "serve", "--demo", *where]
        self.environment = environment

    def start(self):
        super().start(self.command, self.environment)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=3) as response:
                return response.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def wait_until_ready(self, seconds=120):
        wait_until(self.name, self.ready, self.process, seconds)


class Balancer(Part):
    def __init__(self, folder, http_port, https_port, instances, unlimited):
        super().__init__("nginx", folder)
        self.folder = folder
        self.https_port = https_port
        self.url = f"https://localhost:{https_port}"
        self.certificate = folder / "tls.crt"
        self.arguments = (http_port, https_port, instances, unlimited)

    def start(self):
        balancer.make_certificate(self.folder)
        path = balancer.write(REPOSITORY, self.folder, *self.arguments)
        nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if nginx is None:
            raise Failure("nginx is not installed (make setup-tests)")
        # Its workers are to reach this folder, which is nobody else's.
        globally = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        super().start([nginx, "-e", str(self.folder / "error.log"), "-c", str(path), "-g", globally])
        wait_until("nginx", lambda: answers(self.https_port), self.process, 10)

    def tls(self):
        return ssl.create_default_context(cafile=str(self.certificate))
