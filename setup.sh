# Sourced by run, test and ui: makes .venv with the locked packages, once per lock file.

setup() { # the lock file
    lock=$1
    python=${PYTHON:-python3}
    stamp=.venv/.installed-$(cat "$lock" pyproject.toml | cksum | tr ' ' '-')
    export OMP_NUM_THREADS=1 # more threads than that cost ten times the time on a busy machine
    [ -e "$stamp" ] && return
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        echo "flex_pipeline needs Python 3.11 or newer; name one with PYTHON=/path/to/python3.11" >&2
        exit 2
    }
    echo "Installing the locked packages into .venv ..." >&2
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    if .venv/bin/pip install -q --disable-pip-version-check 'uv==0.13.8' 2>/dev/null; then
        install="uv pip install -q -p .venv/bin/python"
    else
        install="pip install -q --disable-pip-version-check"
    fi
    .venv/bin/$install --require-hashes --only-binary :all: -r "$lock"
    .venv/bin/$install --no-deps --no-build-isolation -e .
    touch "$stamp"
}
