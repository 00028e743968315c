"""Runs a cluster on this machine: see scripts/cluster.sh."""

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import parts
from client import Lost
from load import Load

MARK = ".farebus-cluster"


class Interrupted(Exception):
    pass


def arguments():
    parser = argparse.ArgumentParser("scripts/cluster.sh", description="Runs a cluster of Farebus on this machine.")
    parser.add_argument("--instances", type=int, default=3, metavar="N", help="how many instances (3)")
    parser.add_argument("--load", type=float, metavar="SECONDS", help="book and cancel for so long, check, and end")
    parser.add_argument("--riders", type=int, default=24, metavar="N", help="how many riders the load has (24)")
    parser.add_argument("--kill-every", type=float, metavar="SECONDS", help="kill -9 an instance each so often")
    parser.add_argument("--rolling-restart", action="store_true", help="restart one instance after the other")
    parser.add_argument("--embedded", action="store_true", help="one instance on SQLite, without MongoDB and Redis")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the balancer's port for HTTPS (a free one)")
    default = Path("var/cluster")
    parser.add_argument("--data", type=Path, default=default, metavar="DIR", help="the run's folder (var/cluster)")
    parser.add_argument("--binary", type=Path, metavar="FILE", help="the server (what 'swift build' made)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance is drawn from (1)")
    options = parser.parse_args()
    if options.embedded:
        options.instances = 1
    if options.instances < 1 or options.instances > 20:
        parser.error("--instances is a number from 1 to 20")
    if (options.kill_every or options.rolling_restart) and not options.load:
        parser.error("--kill-every and --rolling-restart need --load")
    return options


def make_folder(path):
    """An empty folder for the run; one that is not of an earlier run is left alone."""
    if path.exists() and any(path.iterdir()):
        if not (path / MARK).exists():
            raise parts.Failure(f"{path} holds something else; name another folder with --data")
        shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    (path / MARK).touch()
    return path.resolve()


def find_binary(given):
    if given is not None:
        return given.resolve()
    config = os.environ.get("CONFIG", "debug")
    command = ["swift", "build", "-c", config, "--show-bin-path"]
    shown = subprocess.run(command, cwd=parts.REPOSITORY, capture_output=True, text=True, check=True)
    binary = Path(shown.stdout.strip()) / "farebus"
    if not binary.exists():
        raise parts.Failure(f"{binary} is not there (make build)")
    return binary


class Cluster:
    def __init__(self, options):
        self.options = options
        self.binary = find_binary(options.binary)
        self.folder = make_folder(options.data)
        self.random = random.Random(options.seed)
        http, https, redis, mongo, *ports = parts.free_ports(4 + options.instances)
        ours = ("FAREBUS_", "MONGODB_URI", "REDIS_URL")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment["FAREBUS_HTTP_TRUSTED_PROXIES"] = "127.0.0.1"
        self.servers = []
        if not options.embedded:
            self.choose_stores(redis, mongo)
        self.instances = [
            parts.Instance(number, self.folder, self.binary, port, self.environment)
            for number, port in enumerate(ports, 1)
        ]
        unlimited = options.load is not None
        self.balancer = parts.Balancer(self.folder, http, options.port or https, ports, unlimited)

    def choose_stores(self, redis_port, mongo_port):
        given_mongo, given_redis = os.environ.get("MONGODB_URI"), os.environ.get("REDIS_URL")
        if given_mongo:
            self.environment["MONGODB_URI"] = given_mongo
        else:
            mongo = parts.Mongo(self.folder, mongo_port)
            self.servers.append(mongo)
            self.environment["MONGODB_URI"] = mongo.url
        if given_redis:
            self.environment["REDIS_URL"] = given_redis
        else:
            redis = parts.Redis(self.folder, redis_port)
            self.servers.append(redis)
            self.environment["REDIS_URL"] = redis.url
        key = self.folder / "secret.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(32))
        self.environment["FAREBUS_SECRET_KEY_FILE"] = str(key)

    def run_tool(self, *words):
        """Runs a command of the server's; returns its status."""
        return subprocess.run([str(self.binary), *words], env=self.environment, start_new_session=True).returncode

    def start(self):
        for server in self.servers:
            say(f"starting {server.name}")
            server.start()
        if not self.options.embedded and self.run_tool("store", "init") != 0:
            raise parts.Failure("the store could not be made ready ('farebus store init')")
        for instance in self.instances:
            say(f"starting {instance.name} on 127.0.0.1:{instance.port}")
            instance.start()
            # One after the other: the first one makes the demo's data.
            instance.wait_until_ready()
        say("starting nginx")
        self.balancer.start()

    def sessions(self):
        path = self.instances[0].data / "demo-sessions.json"
        parts.wait_until("the demo's sessions", lambda: path.exists() and path.stat().st_size > 2, None, 60)
        return json.loads(path.read_text())

    def stop(self):
        for part in [self.balancer, *reversed(self.instances), *reversed(self.servers)]:
            try:
                if not part.stop():
                    say(f"{part.name} had to be killed")
            except Interrupted:
                part.kill()

    def check_alive(self):
        for part in [*self.servers, *self.instances, self.balancer]:
            if not part.alive():
                raise parts.Failure(f"{part.name} has ended with status {part.process.returncode}")


def say(text):
    print(f"cluster: {text}", file=sys.stderr, flush=True)


def explain(cluster):
    url, folder = cluster.balancer.url, cluster.folder
    if cluster.options.embedded:
        store = "SQLite"
    else:
        # An address that was given may have a password in it.
        own = [each.url for each in cluster.servers if each.name == "mongo"]
        store = f"MongoDB, {own[0] if own else 'as MONGODB_URI says'}"
    print(f"""
The cluster runs. Ctrl-C ends it.

  balancer   {url}   (certificate {cluster.balancer.certificate})
  instances  {", ".join(f"http://127.0.0.1:{each.port} (pid {each.process.pid})" for each in cluster.instances)}
  store      {store}
  logs       {folder}/*.log

Try, in another terminal:

  export CURL_CA_BUNDLE={cluster.balancer.certificate} SSL_CERT_FILE={cluster.balancer.certificate}
  TOKEN=$(jq -r '."rider3@demo.test"' {cluster.instances[0].data}/demo-sessions.json)
  curl -s -H "Authorization: Bearer $TOKEN" "{url}/v1/departures?limit=3" | jq

  # Seats, live; book from elsewhere, on whichever instance, and see them go
  curl -sN -H "Authorization: Bearer $TOKEN" {url}/v1/feeds/seats
  scripts/socket.py --token "$TOKEN" --follow {url.replace("https", "wss")}/v1/socket '{{"id":"1","sub":"seats"}}'

  # One instance less; the others go on
  kill -9 {cluster.instances[-1].process.pid}
""", flush=True)


def disturb(cluster, load, options):
    """Lets the load run, and meanwhile takes instances away as the options say; returns how often."""
    disturbed = 0
    next_kill = time.monotonic() + options.kill_every if options.kill_every else None
    rolling = list(cluster.instances) if options.rolling_restart else []
    next_rolling = time.monotonic() + 2
    # Nobody is taken away at the very end, so that the last of it is seen as well.
    last = load.began + options.load - 3
    while load.running():
        now = time.monotonic()
        if next_kill is not None and next_kill <= now < last:
            victim = cluster.random.choice(cluster.instances)
            say(f"kill -9 {victim.name}")
            victim.kill()
            time.sleep(cluster.random.uniform(0.2, 1.5))
            victim.start()
            victim.wait_until_ready()
            say(f"{victim.name} is back")
            disturbed += 1
            next_kill = time.monotonic() + options.kill_every
        elif rolling and next_rolling <= now:
            one = rolling.pop(0)
            say(f"restarting {one.name}")
            began = time.monotonic()
            if not one.stop():
                raise parts.Failure(f"{one.name} did not stop by itself")
            stopped = time.monotonic() - began
            one.start()
            one.wait_until_ready()
            say(f"{one.name} is back; it had stopped in {stopped:.2f} s")
            disturbed += 1
            next_rolling = time.monotonic() + 1
        cluster.check_alive()
        time.sleep(0.1)
    if rolling:
        say(f"the load was too short: {len(rolling)} instances were not restarted")
    return disturbed


def run_load(cluster, options):
    load = Load(cluster.balancer.https_port, cluster.balancer.tls(), cluster.sessions(), options.riders)
    say(f"booking and cancelling for {options.load:.0f} s")
    load.start(options.load, options.seed)
    disturbed = disturb(cluster, load, options)
    load.report()
    if disturbed:
        print(f"  instances taken away: {disturbed} ×")
    wrong = load.check()
    # What is written is written: the books are checked when nobody writes any more.
    for instance in cluster.instances:
        instance.stop()
    say("farebus verify")
    words = ["verify"] + (["--data", str(cluster.instances[0].data)] if options.embedded else [])
    if cluster.run_tool(*words) != 0:
        wrong.append("'farebus verify' found the books wrong")
    for each in wrong[:20]:
        print(f"WRONG: {each}")
    print("The cluster kept its promises." if not wrong else f"{len(wrong)} promises were not kept.")
    return 1 if wrong else 0


def main():
    options = arguments()

    def interrupted(*_):
        raise Interrupted

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    cluster = None
    try:
        cluster = Cluster(options)
        cluster.start()
        if options.load:
            return run_load(cluster, options)
        explain(cluster)
        while True:
            time.sleep(1)
            for part in [*cluster.servers, *cluster.instances, cluster.balancer]:
                if not part.alive() and part.process.returncode is not None and not getattr(part, "told", False):
                    say(f"{part.name} has ended with status {part.process.returncode}")
                    part.told = True
    except Interrupted:
        return 130 if options.load else 0
    except (parts.Failure, Lost, subprocess.CalledProcessError) as failure:
        say(str(failure))
        for part in [*cluster.servers, *cluster.instances, cluster.balancer] if cluster else []:
            if part.process is not None and not part.alive():
                print(f"  the end of {part.log}:\n{part.last_lines()}", file=sys.stderr)
        return 1
    finally:
        if cluster is not None:
            say("ending")
            cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
