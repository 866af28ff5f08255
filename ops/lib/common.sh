# shellcheck shell=bash
# What every program under ops/ shares: messages, waiting, stopping, cleaning up. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck disable=SC2034  # used by the programs that source this
readonly ROOT

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}
usage_error() {
    printf 'error: %s (see --help)\n' "$*" >&2
    exit 3
}

is_root() { [[ $EUID -eq 0 ]]; }
have() { command -v "$1" >/dev/null 2>&1; }

# absolute PATH: the path without symbolic links; what is missing at its end may be created later.
absolute() { realpath --canonicalize-missing -- "$1"; }

# whole_number NAME VALUE LEAST MOST: refuses anything but a number in that range.
whole_number() {
    if ! [[ $2 =~ ^[0-9]{1,9}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then
        usage_error "$1 must be a whole number from $3 to $4, not '$2'"
    fi
}

# json_string TEXT: a JSON string with its quotes. Control characters have no place in our settings.
json_string() {
    local text=$1
    [[ $text != *[[:cntrl:]]* ]] || die "a control character in '${text//[[:cntrl:]]/?}'"
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    printf '"%s"' "$text"
}

# write_file PATH MODE: standard input becomes the file, whole or not at all.
write_file() {
    local temporary
    temporary=$(mktemp -- "$1.XXXXXX")
    cat >"$temporary"
    chmod "$2" "$temporary"
    mv -f -- "$temporary" "$1"
}

# url_encode TEXT: for the parts of a database URL.
url_encode() {
    local text=$1 out='' char i
    local LC_ALL=C
    for ((i = 0; i < ${#text}; i++)); do
        char=${text:i:1}
        case $char in
        [A-Za-z0-9._~-]) out+=$char ;;
        *) printf -v char '%%%02X' "'$char" && out+=$char ;;
        esac
    done
    printf '%s' "$out"
}

# wait_until SECONDS WHAT COMMAND…: 0 as soon as the command succeeds, 1 when time is up. Says what it waits for
# after two seconds, so that nothing looks hung.
wait_until() {
    local limit=$1 what=$2 started=$SECONDS told=0
    shift 2
    until "$@"; do
        ((SECONDS - started < limit)) || {
            ((told == 0)) || note ' gave up'
            return 1
        }
        if ((SECONDS - started >= 2)); then
            if ((told == 0)); then
                printf 'waiting for %s ' "$what" >&2
                told=1
            fi
            printf '.' >&2
            sleep 0.5
        else
            sleep 0.05
        fi
    done
    ((told == 0)) || note ' done'
}

is_running() { [[ -n ${1:-} && -d /proc/$1 ]] && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"; }
is_gone() { ! is_running "$1"; }

# stop_process PID WHAT [GRACE]: SIGTERM, and SIGKILL when it has not ended after GRACE seconds (default 15).
stop_process() {
    is_running "$1" || return 0
    kill -TERM "$1" 2>/dev/null || return 0
    wait_until "${3:-15}" "$2 to stop" is_gone "$1" || {
        warn "$2 (process $1) did not stop in ${3:-15} s; killing it"
        kill -KILL "$1" 2>/dev/null || true
        wait_until 10 "$2 to end" is_gone "$1" || warn "process $1 cannot be killed"
    }
}

# Cleaning up: at_exit COMMAND… is carried out when the program ends, however it ends, the last one first.
EXIT_COMMANDS=()
at_exit() { EXIT_COMMANDS+=("$(printf '%q ' "$@")"); }
run_exit_commands() {
    local status=$? i
    trap '' INT TERM HUP
    trap - EXIT
    set +e
    for ((i = ${#EXIT_COMMANDS[@]} - 1; i >= 0; i--)); do
        eval "${EXIT_COMMANDS[i]}"
    done
    exit "$status"
}
clean_up_at_exit() {
    trap run_exit_commands EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

# claim_directory DIR: this program is the only one of ours that works there, until it ends.
claim_directory() {
    local file=$1/ops.pid pid
    if pid=$(cat "$file" 2>/dev/null) && is_running "$pid" && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'ops/'; then
        die "another ops program works in $1 (process $pid); stop it first, or use another --dir"
    fi
    printf '%s\n' "$$" | write_file "$file" 0644
    at_exit rm -f -- "$file"
}

# in_foreground COMMAND…: runs it in a process group of its own and waits, so that a signal to this program is seen
# at once (bash runs no trap while a foreground child lives) and ends the whole group.
FOREGROUND_GROUP=''
in_foreground() {
    local status=0
    set -m
    "$@" </dev/null &
    FOREGROUND_GROUP=$!
    set +m
    wait "$FOREGROUND_GROUP" || status=$?
    FOREGROUND_GROUP=''
    return "$status"
}
stop_foreground() {
    [[ -n $FOREGROUND_GROUP ]] || return 0
    local group=$FOREGROUND_GROUP
    kill -TERM -- "-$group" 2>/dev/null || return 0
    wait_until 10 'the running step to stop' group_is_gone "$group" || kill -KILL -- "-$group" 2>/dev/null
}
group_is_gone() { ! kill -0 -- "-$1" 2>/dev/null; }

# port_is_free PORT: nobody listens on it on loopback.
port_is_free() { ! has_listener 127.0.0.1 "$1"; }

has_listener() { (: <"/dev/tcp/$1/$2") 2>/dev/null; }

# answers HOST PORT: whether GET /health of a plain-HTTP listener answers 200.
answers() {
    local line
    line=$(
        {
            exec 3<>"/dev/tcp/$1/$2" || exit 1
            printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
            IFS= read -r -t 5 line <&3
        } 2>/dev/null
        printf '%s' "$line"
    ) || return 1
    [[ $line == 'HTTP/1.1 200'* ]]
}
