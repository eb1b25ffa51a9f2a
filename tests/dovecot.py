"""A Dovecot of the tests' own: its own directories, accounts and free ports on loopback, no service of the machine."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

DOVECOT = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
MISSING = "There is no Dovecot on this machine: apt-get install dovecot-imapd, to run the tests of mailboxes over IMAP."
PASSWORD = "imap secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Dovecot:
    """`with Dovecot(home, certificate, key) as server:`; an account is there as soon as somebody signs in with PASSWORD."""

    def __init__(self, home: Path, certificate: Path, key: Path):
        self.home, self.certificate, self.key = home, certificate, key
        self.port, self.tls_port = free_port(), free_port()

    def __enter__(self):
        is_root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid()).pw_name
        inner, login = ("dovecot", "dovenull") if is_root else (me, me)
        group = grp.getgrgid(pwd.getpwnam(inner).pw_gid).gr_name
        for name in ("run", "state", "mail"):
            (self.home / name).mkdir()
        (self.home / "users").write_text("".join(f"{name}:{{PLAIN}}{PASSWORD}::::::\n" for name in self.accounts()))
        if is_root:
            for path in (self.home, self.home / "mail"):
                shutil.chown(path, inner, group)
            self.home.chmod(0o755)
        no_chroot = "" if is_root else "\n".join(f"service {name} {{\n  chroot =\n}}" for name in ("stats",))
        (self.home / "dovecot.conf").write_text(f"""
base_dir = {self.home}/run
state_dir = {self.home}/state
log_path = {self.home}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{self.certificate}
ssl_key = <{self.key}
disable_plaintext_auth = no
mail_location = maildir:{self.home}/mail/%u
first_valid_uid = 1
default_internal_user = {inner}
default_internal_group = {group}
default_login_user = {login}
passdb {{
  driver = passwd-file
  args = {self.home}/users
  auth_verbose = no
}}
userdb {{
  driver = static
  args = uid={inner} gid={group} home={self.home}/mail/%u
}}
auth_failure_delay = 0
service anvil {{
  {"" if is_root else "chroot ="}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  {"" if is_root else "chroot ="}
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port}
    ssl = yes
  }}
}}
{no_chroot}
""")
        conf = str(self.home / "dovecot.conf")
        self.process = subprocess.Popen([DOVECOT, "-F", "-c", conf], stderr=subprocess.PIPE)
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    log = (self.home / "log").read_text() if (self.home / "log").exists() else ""
                    raise AssertionError(f"Dovecot did not start: {log}") from None
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stderr.close()

    @staticmethod
    def accounts():
        return [f"account{n}" for n in range(200)]


class Account:
    """One account of the server: mails are put into it as a mail server would."""

    def __init__(self, server, name):
        self.server, self.name = server, name

    def put(self, *mails, folder="INBOX"):
        with imaplib.IMAP4("127.0.0.1", self.server.port) as box:
            box.login(self.name, PASSWORD)
            for mail in mails:
                raw = mail if isinstance(mail, bytes) else mail.as_bytes()
                state, said = box.append(folder, None, None, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
                assert state == "OK", said

    def unread(self, folder="INBOX"):
        with imaplib.IMAP4("127.0.0.1", self.server.port) as box:
            box.login(self.name, PASSWORD)
            box.select(folder, readonly=True)
            return len(box.search(None, "UNSEEN")[1][0].split())

    def begin_a_new_era(self, folder="INBOX"):
        """The folder keeps its mails and gets another UIDVALIDITY, as after a restore."""
        place = self.server.home / "mail" / self.name
        listing = place / "dovecot-uidlist"
        head, *lines = listing.read_text().split("\n")
        era = next(word for word in head.split() if word.startswith("V"))
        listing.write_text("\n".join([head.replace(era, f"V{int(era[1:]) + 7}"), *lines]))
        for cache in place.glob("dovecot.index*"):
            cache.unlink()
