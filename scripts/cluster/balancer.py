"""deploy/nginx.conf for one machine: the same file, with the lines that are marked "local" made to fit."""

import re
import subprocess
from pathlib import Path


def make_certificate(folder):
    """Makes a certificate for this machine's own use, good for a month."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")],
        check=True,
        capture_output=True,
    )


def render(template, folder, http_port, https_port, instances, unlimited=False):
    """The text of a configuration.

    - instances: the ports of the instances on this machine
    - unlimited: lifts the limits by address, where all clients are on this machine
    """
    first = True

    def local(line):
        nonlocal first
        word = line.split()[0]
        if word == "pid":
            return [f"pid {folder}/nginx.pid;"]
        if word in ("error_log", "access_log"):
            name = "error.log" if word == "error_log" else "access.log"
            return [re.sub(r"/var/log/nginx/\S+?(?=[ ;])", f"{folder}/{name}", line)]
        if word == "server":
            # In place of the first server of an upstream, all of them.
            made = [re.sub(r"server \S+", f"server 127.0.0.1:{port}", line).rstrip(";") + ";" for port in instances]
            was_first, first = first, False
            return made if was_first else []
        if word == "listen":
            if "[::]" in line:
                return []
            port = https_port if " ssl" in line else http_port
            return [re.sub(r"listen \d+", f"listen 127.0.0.1:{port}", line)]
        if word in ("ssl_certificate", "ssl_certificate_key"):
            return [line.replace("/etc/nginx/tls", str(folder))]
        if word in ("limit_req_zone", "limit_req", "limit_conn"):
            if not unlimited:
                return [line]
            return [line.replace("300r/s", "100000r/s")] if word == "limit_req_zone" else []
        raise ValueError(f"no rule for the local line: {line}")

    lines = []
    for line in template.splitlines():
        if line.strip().startswith("upstream "):
            first = True
        if line.endswith("# local"):
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + each.strip() for each in local(line.removesuffix("# local").strip())]
        else:
            lines.append(line)
        if line == "http {":
            # Where nginx may write without being root.
            kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            lines += [f"    {kind}_temp_path {folder}/{kind};" for kind in kinds]
    return "\n".join(lines) + "\n"


def write(repository, folder, http_port, https_port, instances, unlimited=False):
    template = (Path(repository) / "deploy" / "nginx.conf").read_text()
    path = folder / "nginx.conf"
    path.write_text(render(template, folder, http_port, https_port, instances, unlimited))
    return path
