#!/bin/sh
# Fills .venv and writes to .venv/.run how commands are started in it.
# uv is found or installed into .uv/; where uv cannot work, pip does the same more slowly.
set -eu

python=""
for candidate in python3 python3.11 python3.12 python3.13 python3.14 python3.15; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed and was not found." >&2
    exit 1
fi

make_venv() { # Debian keeps venv's pip in a package of its own
    "$python" -m venv "$1" >/dev/null 2>&1 && return
    rm -rf "$1"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "python$version-venv" >/dev/null
        "$python" -m venv "$1"
    else
        echo "Python cannot make virtual environments: install python$version-venv." >&2
        return 1
    fi
}

find_uv() {
    for candidate in uv .uv/bin/uv; do
        if "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    make_venv .uv >&2 && .uv/bin/python -m pip install -q --disable-pip-version-check uv >&2 && echo .uv/bin/uv
}

with_uv() {
    uv=$(find_uv) || return 1
    "$uv" sync --quiet --all-packages --all-groups --python "$python" || return 1
    echo "$uv run --quiet --exact --all-packages --all-groups" >.venv/.run
}

with_pip() {
    echo "uv did not work here; using pip." >&2
    rm -rf .venv
    make_venv .venv
    "$python" - >.venv/pins.txt <<'END'
import tomllib
root = tomllib.load(open("pyproject.toml", "rb"))
print("\n".join(root["tool"]["uv"]["constraint-dependencies"]))
END
    set -- -e core
    for plugin in plugins/*/; do
        set -- "$@" -e "$plugin"
    done
    "$python" - >.venv/tools.txt <<'END'
import tomllib
root = tomllib.load(open("pyproject.toml", "rb"))
print("\n".join(need for group in root["dependency-groups"].values() for need in group))
END
    .venv/bin/python -m pip install -q --disable-pip-version-check -c .venv/pins.txt "$@" -r .venv/tools.txt
    echo "env PATH=$PWD/.venv/bin:$PATH" >.venv/.run
}

with_uv || with_pip
