"""A small SFTP server on 127.0.0.1 that pip can bring (asyncssh), for the demo where OpenSSH's server is absent.

``python -m passerelle.testing.sftp_server FOLDER KEYS`` serves FOLDER to user ``accounting`` with the key pair that it
writes to KEYS, prints one JSON line (port, host key), and ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any


async def _serve(folder: Path, keys: Path) -> None:
    import asyncssh

    host_key = asyncssh.generate_private_key("ssh-ed25519")
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    private = keys / "accounting.key"
    private.touch(mode=0o600)
    private.write_bytes(user_key.export_private_key())
    (keys / "authorized_keys").write_bytes(user_key.export_public_key())

    def confined(channel: Any) -> Any:
        return asyncssh.SFTPServer(channel, chroot=str(folder).encode())

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=str(keys / "authorized_keys"),
        sftp_factory=confined,
        allow_scp=False,
    )
    public = host_key.export_public_key().decode().split()
    print(json.dumps({"port": server.get_port(), "host_key": " ".join(public[:2])}), flush=True)  # noqa: T201
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
