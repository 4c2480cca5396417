"""A directory of an SFTP server, as a place that takes files.

The server must present exactly the configured host key; we log in with the one configured credential, never with an
agent's or a key found on this machine.
"""

from __future__ import annotations

import base64
import binascii
import io
import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import paramiko

from passerelle.delivery import remote
from passerelle.delivery.secrets import resolve
from passerelle.errors import ConfigurationFault, Finding, PasserelleError
from passerelle.masterdata.company import SftpDestination

_KEEPALIVE_SECONDS = 15
_BLOCK = 32768  # what every server takes in one request
_BROKEN = (paramiko.SSHException, paramiko.SFTPError, EOFError, UnicodeDecodeError)  # no answer, or one not of SFTP
_KEY_CLASSES: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else its tracebacks go to stderr


def address(destination: SftpDestination) -> str:
    """How messages name the server."""
    port = "" if destination.port == 22 else f":{destination.port}"
    return f"sftp://{destination.user}@{destination.host}{port}"


def connect(destination: SftpDestination) -> SftpRemote:
    """Logs in and looks at the directory. Every fault of configuration or credentials is a ``ConfigurationFault``."""
    where = address(destination)
    host_key = _host_key(destination.host_key, where)
    password, key = _credentials(destination, where)
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    known_as = destination.host if destination.port == 22 else f"[{destination.host}]:{destination.port}"
    client.get_host_keys().add(known_as, host_key.get_name(), host_key)
    seconds = destination.timeout_seconds
    try:
        wire = _open_socket(destination, where)
        try:
            client.connect(
                destination.host, destination.port, destination.user, password, key, sock=wire, timeout=seconds,
                banner_timeout=seconds, auth_timeout=seconds, channel_timeout=seconds,
                look_for_keys=False, allow_agent=False,
            )  # fmt: skip
        except BaseException:
            wire.close()
            raise
        transport = client.get_transport()
        if transport is not None:
            transport.set_keepalive(_KEEPALIVE_SECONDS)
        session = client.open_sftp()
        channel = session.get_channel()
        if channel is not None:
            channel.settimeout(seconds)
        return SftpRemote(client, session, destination)
    except paramiko.BadHostKeyException as fault:
        client.close()
        raise _wrong_host_key(where, fault.key) from fault
    except paramiko.AuthenticationException as fault:
        transport = client.get_transport()
        answered = transport is not None and transport.is_active() and "timeout" not in str(fault).lower()
        client.close()
        raise (_login_refused(where, destination) if answered else remote.away(where, _detail(fault))) from fault
    except (*_BROKEN, OSError) as fault:
        client.close()
        raise remote.away(where, _detail(fault)) from fault
    except PasserelleError:
        client.close()
        raise


class SftpRemote:
    """A session in one directory of a server."""

    def __init__(self, client: paramiko.SSHClient, session: paramiko.SFTPClient, destination: SftpDestination) -> None:
        self._client = client
        self._session = session
        self._folder = destination.path.rstrip("/") or "/"
        self._where = f"{address(destination)}/{self._folder.lstrip('/')}"
        with self._faults(self._where, "look at the directory"):
            try:
                self._session.stat(self._folder)
            except FileNotFoundError:
                raise remote.directory_missing(self._where) from None

    def size(self, name: str) -> int | None:
        with self._faults(name, "look at files"):
            try:
                return self._session.stat(self._path(name)).st_size or 0
            except FileNotFoundError:
                return None

    def read(self, name: str) -> Iterator[bytes]:
        with self._faults(name, "read files"), self._session.open(self._path(name), "rb") as handle:
            while block := handle.read(_BLOCK):
                yield block

    def append(self, name: str, offset: int, blocks: Iterable[bytes]) -> None:
        with self._faults(name, "write files"):
            handle = self._session.open(self._path(name), "r+b" if offset else "wb")
            try:
                handle.seek(offset)
                handle.set_pipelined(True)
                last = b""
                for block in blocks:
                    handle.write(last)
                    last = block
                # Written without pipelining, the last block waits for the answers to all before it: a refused one,
                # as on a full disk, would otherwise go unnoticed.
                handle.set_pipelined(False)
                handle.write(last)
            finally:
                handle.set_pipelined(False)
                handle.close()

    def rename(self, name: str, final: str) -> None:
        with self._faults(final, "rename files"):
            try:
                self._session.rename(self._path(name), self._path(final))
            except (FileNotFoundError, PermissionError):
                raise
            except OSError as fault:
                if self._is_refusal(fault) and self.size(final) is not None:
                    raise remote.name_taken(f"{self._where}/{final}") from fault
                raise

    def replace(self, name: str, final: str) -> None:
        with self._faults(final, "rename files"):
            self._session.posix_rename(self._path(name), self._path(final))

    def remove(self, name: str) -> None:
        with self._faults(name, "remove files"), suppress(FileNotFoundError):
            self._session.remove(self._path(name))

    def close(self) -> None:
        with suppress(Exception):
            self._session.close()
        with suppress(Exception):
            self._client.close()

    def _path(self, name: str) -> str:
        return f"{self._folder.rstrip('/')}/{name}"

    def _is_refusal(self, fault: OSError) -> bool:
        """Whether the server answered, rather than the wire broke."""
        transport = self._client.get_transport()
        return not isinstance(fault, TimeoutError) and transport is not None and transport.is_active()

    @contextmanager
    def _faults(self, name: str, act: str) -> Iterator[None]:
        where = name if name == self._where else f"{self._where}/{name}"
        try:
            yield
        except FileNotFoundError as fault:
            if act == "read files":
                raise
            raise remote.rename_refused(where, "no such file") from fault
        except TimeoutError as fault:
            raise remote.lost(where, "no answer in time") from fault
        except PermissionError as fault:
            if act == "read files":
                raise remote.reading_refused(where) from fault
            raise remote.permission_denied(where, act) from fault
        except _BROKEN as fault:
            raise remote.lost(where, _detail(fault)) from fault
        except OSError as fault:
            if not self._is_refusal(fault):
                raise remote.lost(where, _detail(fault)) from fault
            if act == "write files":
                raise remote.write_refused(where, _detail(fault)) from fault
            raise remote.rename_refused(where, _detail(fault)) from fault


def _open_socket(destination: SftpDestination, where: str) -> socket.socket:
    try:
        wire = socket.create_connection((destination.host, destination.port), destination.timeout_seconds)
    except OSError as fault:
        raise remote.away(where, _detail(fault)) from fault
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire


def _host_key(written: str, where: str) -> paramiko.PKey:
    words = written.split()
    try:
        return paramiko.PKey.from_type_string(words[0], base64.b64decode(words[1], validate=True))
    except (IndexError, binascii.Error, ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as fault:
        raise ConfigurationFault(
            Finding(
                "PSR-7005",
                "The host key of the destination cannot be read.",
                object=where,
                field="host_key",
                value=written,
                expected='the type and the key, as known_hosts has them after the host: "ssh-ed25519 AAAA…"',
                remedy="take the line that `ssh-keyscan HOST` prints, compare it with the server's owner, and put it "
                "into company.toml",
                who="admin",
            )
        ) from fault


def _credentials(destination: SftpDestination, where: str) -> tuple[str | None, paramiko.PKey | None]:
    if destination.password is not None and destination.private_key is None:
        return resolve(destination.password), None
    if destination.private_key is not None and destination.password is None:
        return None, _private_key(resolve(destination.private_key), destination.private_key, where)
    raise ConfigurationFault(
        Finding(
            "PSR-7007",
            "The destination must log in with a password or with a private key, and with one only.",
            object=where,
            expected="password or private_key",
            remedy="keep one of the two in company.toml",
            who="admin",
        )
    )


def _private_key(text: str, reference: str, where: str) -> paramiko.PKey:
    for key_class in _KEY_CLASSES:
        with suppress(paramiko.SSHException, ValueError, IndexError):  # also a key that asks for a passphrase
            return key_class.from_private_key(io.StringIO(text + "\n"))
    raise ConfigurationFault(
        Finding(
            "PSR-7006",
            "The private key of the destination cannot be used.",
            object=where,
            field="private_key",
            value=reference,
            expected="an Ed25519, ECDSA or RSA key without a passphrase, in OpenSSH or PEM form",
            remedy="make one with: ssh-keygen -t ed25519 -N '' -f KEY, and give KEY.pub to the server's owner",
            who="admin",
        )
    )


def _wrong_host_key(where: str, presented: paramiko.PKey) -> ConfigurationFault:
    return ConfigurationFault(
        Finding(
            "PSR-7001",
            "The server is not the one that was configured: it presents another host key.",
            object=where,
            field="host_key",
            value=f"presented {presented.get_name()} {presented.fingerprint}",
            expected="the host_key of company.toml",
            remedy="ask the server's owner whether its key changed; only then put the new one into company.toml",
            who="admin",
        )
    )


def _login_refused(where: str, destination: SftpDestination) -> ConfigurationFault:
    key = "private_key" if destination.password is None else "password"
    return ConfigurationFault(
        Finding(
            "PSR-7002",
            "The server refused our login.",
            object=where,
            field=key,
            value=str(getattr(destination, key)),
            expected=f"a user and {key.replace('_', ' ')} that the server accepts",
            remedy="check user and credential with the server's owner, then: passerelle deliveries retry --all",
            who="admin",
        )
    )


def _detail(fault: BaseException) -> str:
    """What a library says of a fault; these texts hold hosts and states, never credentials."""
    return (str(fault) or type(fault).__name__)[:200]
