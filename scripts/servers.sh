#!/bin/sh
# Installs the programs that tests talk to and pip does not bring. Nothing starts by itself: tests start their own
# servers, on loopback. Without the right to install it only says what is missing.
set -eu

missing=""
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
command -v hledger >/dev/null || missing="$missing hledger"
if [ -z "$missing" ]; then
    echo "Every server that tests need is installed."
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed here:$missing. Install them as root (apt-get install$missing); until then their tests skip."
    exit 0
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then # keeps the packages from starting a daemon
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 - a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
echo "Installed:$missing."
