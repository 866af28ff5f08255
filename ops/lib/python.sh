# shellcheck shell=bash
# The Python of the tests. Sourced after common.sh.

# python_environment: a venv under var/ with exactly what the requirements of the scenarios and of the browser tests pin.
PYTHON=$ROOT/var/venv/bin/python
python_environment() {
    local environment=$ROOT/var/venv requirements=$ROOT/Tests/Browser/requirements.txt wanted
    wanted=$(python3 -c 'import sys; print(sys.version, sys.executable)' &&
        cat "$ROOT/docs/requirements.txt" "$ROOT/Tests/Scenarios/requirements.txt" "$requirements")
    if [[ $(cat "$environment/installed" 2>/dev/null) != "$wanted" ]]; then
        rm -rf -- "$environment"
        mkdir -p -- "$ROOT/var"
        python3 -m venv "$environment" &&
            "$PYTHON" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" || return 1
        printf '%s\n' "$wanted" >"$environment/installed"
    fi
}
