# shellcheck shell=bash
# What ops/backup and ops/restore share: the homeserver's program and settings, PostgreSQL's programs, and the form of a
# backup. Sourced after common.sh and packages.sh.
#
# A backup is a directory, or the same as a .tar:
#   about           lines KEY=VALUE: format, name, made, migrations (how many), schema (the last of them)
#   database.dump   pg_dump's custom format, one snapshot
#   config.json     keys/ secrets/   beside/ (certificates and authority that lie beside the configuration)
#   SHA256SUMS      of all of these

# shellcheck disable=SC2034  # used by the programs that source this
SAVED_FORMAT=1

# find_binary PATH: the homeserver program: PATH unless empty, else $HOME_BINARY, this checkout's release, the PATH.
BINARY=''
find_binary() {
    BINARY=${1:-${HOME_BINARY:-}}
    if [[ -z $BINARY ]]; then
        BINARY=$ROOT/.build/release/homeserver
        [[ -x $BINARY ]] || BINARY=$(command -v homeserver) || die 'there is no homeserver program yet: ops/up builds it'
    fi
    [[ -x $BINARY && ! -d $BINARY ]] || usage_error "'$BINARY' is no program"
    BINARY=$(absolute "$BINARY")
}

# find_config PATH: the configuration: PATH unless empty, else $HOME_CONFIG, what ops/up wrote, the usual place.
CONFIG=''
find_config() {
    CONFIG=${1:-${HOME_CONFIG:-}}
    if [[ -z $CONFIG ]]; then
        CONFIG=$ROOT/var/home/config.json
        [[ -e $CONFIG ]] || CONFIG=/etc/home/config.json
    fi
    [[ -f $CONFIG && -r $CONFIG ]] || usage_error "there is no configuration '$CONFIG'; --config names it"
    CONFIG=$(absolute "$CONFIG")
}

# homeserver ARGUMENT…: a command of the program with the configuration. setting KEY: a value as the homeserver sees it.
homeserver() { env -u HOME_BINARY -u HOME_CONFIG "$BINARY" "$@" --config "$CONFIG"; }
setting() { homeserver config get "$1"; }

# postgres_program NAME: the newest one that is installed.
postgres_program() {
    local program
    program=$(
        for candidate in /usr/lib/postgresql/*/bin/"$1"; do
            [[ -x $candidate ]] && printf '%s\n' "$candidate"
        done | sort --version-sort | tail -n 1
    ) || true
    [[ -n $program ]] || program=$(command -v "$1") || die "there is no $1 (Debian: apt-get install postgresql-client)"
    printf '%s\n' "$program"
}

# reach_database: from here on PostgreSQL's programs find the database of the settings as service=home. The password, if
# there is one, stands in a file that only we may read, and in no argument.
reach_database() {
    local place
    place=$(mktemp -d "${TMPDIR:-/tmp}/home-service.XXXXXX")
    at_exit rm -rf -- "$place"
    homeserver database service >"$place/service"
    export PGSERVICEFILE=$place/service PGSERVICE=home PGCONNECT_TIMEOUT=10
}

# ask SQL: a query's answer.
ask() {
    "$(postgres_program psql)" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --no-password \
        --dbname=service=home --command="$1"
}

# with_progress WHAT FILE COMMAND…: runs it; from the second second on it says now and then how large FILE is, or how
# long it takes where FILE is ''. The command's status is the function's.
with_progress() {
    local what=$1 file=$2 started=$SECONDS said=$SECONDS status=0 size=''
    shift 2
    set -m
    "$@" </dev/null &
    FOREGROUND_GROUP=$!
    set +m
    while is_running "$FOREGROUND_GROUP"; do
        if ((SECONDS - said >= 2)); then
            said=$SECONDS
            [[ -z $file ]] || size=", $(du -h --apparent-size -- "$file" 2>/dev/null | cut -f 1)"
            note "$what: $((SECONDS - started)) s$size"
        fi
        sleep 0.1
    done
    wait "$FOREGROUND_GROUP" || status=$?
    FOREGROUND_GROUP=''
    return "$status"
}

# saved_column DUMP TABLE COLUMN: what a column of a dumped table holds, a line a row.
saved_column() {
    "$(postgres_program pg_restore)" --data-only --table="$2" --file=- -- "$1" | awk -F '\t' -v wanted="$3" '
        /^COPY / && !inside {
            names = $0
            sub(/^[^(]*\(/, "", names)
            sub(/\).*$/, "", names)
            count = split(names, columns, ", ")
            for (i = 1; i <= count; i++) if (columns[i] == wanted) at = i
            inside = 1
            next
        }
        /^\\\.$/ { inside = 0 }
        inside && at { print $at }'
}

# saved_about PLACE KEY: a line of the backup's own description.
saved_about() {
    local line
    line=$(grep -m 1 "^$2=" "$1/about" 2>/dev/null) || die "$1 is no backup of ops/backup: about has no $2"
    printf '%s\n' "${line#*=}"
}

# sums_of PLACE: the sums of everything in a backup. check_sums PLACE: whether all are right and nothing else is there.
sums_of() { (cd "$1" && find . -type f ! -path ./SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum --); }
check_sums() {
    (cd "$1" && sha256sum --check --strict --quiet SHA256SUMS) >&2 || return 1
    [[ $(cd "$1" && find . -type f ! -path ./SHA256SUMS | LC_ALL=C sort) == \
        $(sed 's/^[0-9a-f]* [ *]//' "$1/SHA256SUMS" | LC_ALL=C sort) ]]
}
