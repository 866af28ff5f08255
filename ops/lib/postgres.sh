# shellcheck shell=bash
# A private PostgreSQL cluster: on a unix socket only, no TCP, reachable by nobody but its owner and root. As root it
# runs as Debian's user `postgres`, because PostgreSQL refuses to be root. Sourced after common.sh and packages.sh.
#
# A cluster is a directory DIR with: postgres/ (the data, or a link to it), run/ (socket, log; or a link to it).

# A unix socket's path has at most 107 bytes; "/.s.PGSQL.5432" takes 14 of them.
SOCKET_DIRECTORY_BYTES=90

postgres_user() {
    if is_root; then
        id -u postgres >/dev/null 2>&1 || die 'the user postgres is missing (Debian: apt-get install postgresql)'
        printf 'postgres'
    else
        id -un
    fi
}

# as_postgres COMMAND…: as the user that runs PostgreSQL, from a directory that he may enter.
as_postgres() {
    if is_root; then
        (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$@")
    else
        (cd / && exec "$@")
    fi
}

# make_place DIR NAME LONGEST: DIR/NAME as a directory that only PostgreSQL's user may enter. Where he cannot get to it
# (a checkout under /root, say), or where its path is too long, it becomes a link to one elsewhere.
make_place() {
    local wanted=$1/$2 real=$1/$2
    if [[ -d $wanted ]]; then
        ! as_postgres test -x "$wanted" || return 0
        [[ -L $wanted ]] || die "PostgreSQL's user cannot enter $wanted any more; a directory above it must be open to it"
    fi
    if ! as_postgres test -x "$1" || ((${#wanted} > $3)); then
        local name
        name=home-$(printf '%s' "$1" | sha256sum | cut -c 1-12)
        if is_root; then real=/var/lib/postgresql/$name/$2; else real=${TMPDIR:-/tmp}/$name/$2; fi
        ((${#real} <= $3)) || real=/tmp/$name/$2
        if [[ $(readlink "$wanted") != "$real" ]]; then
            note "$wanted is out of PostgreSQL's reach, so it is a link to $real"
            mkdir -p -- "${real%/*}"
            [[ -O ${real%/*} ]] || die "${real%/*} belongs to somebody else"
            ln -sfn -- "$real" "$wanted"
        fi
    fi
    mkdir -p -- "$real"
    chmod 0700 -- "$real"
    ! is_root || chown postgres: -- "$real"
}

# create_cluster DIR [--fast] [--checksums]: makes the cluster unless it is there. --fast is for throw-away data: it
# survives no crash of the machine.
create_cluster() {
    local directory=$1 fast=0 options=()
    shift
    while (($# > 0)); do
        case $1 in
        --fast) fast=1 ;;
        --checksums) options+=(--data-checksums) ;;
        esac
        shift
    done
    mkdir -p -- "$directory"
    # The directory itself may be passed through by PostgreSQL's user; what is secret in it is closed by its own mode.
    ! is_root || chmod go+x -- "$directory"
    make_place "$directory" run "$SOCKET_DIRECTORY_BYTES"
    make_place "$directory" postgres 4000
    local data
    data=$(realpath "$directory/postgres")
    if [[ ! -e $data/PG_VERSION ]]; then
        # Made beside its place and moved there whole: an interrupted initdb leaves nothing that looks like a cluster.
        note "making a PostgreSQL cluster in $data"
        rm -rf -- "$data.new"
        mkdir -m 0700 -- "$data.new"
        ! is_root || chown postgres: -- "$data.new"
        as_postgres "$(postgres_programs)/initdb" --pgdata="$data.new" --username=postgres --auth=trust \
            --encoding=UTF8 --locale=C.UTF-8 --no-instructions "${options[@]}" >/dev/null
        printf "include = 'home.conf'\n" | as_postgres tee -a "$data.new/postgresql.conf" >/dev/null
        rmdir -- "$data" && mv -T -- "$data.new" "$data"
    fi
    {
        printf '%s\n' '# Written by ops/lib/postgres.sh each time. Your own settings: ALTER SYSTEM.'
        printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$(realpath "$directory/run")'" \
            'unix_socket_permissions = 0700' 'max_connections = 200' "log_line_prefix = '%m [%p] '"
        # Hundreds of tests run at once, each with connections of its own.
        ((fast == 0)) || printf '%s\n' 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off' \
            'max_connections = 1000'
    } | as_postgres tee "$data/home.conf" >/dev/null
}

# cluster_pid DIR: the postmaster's process, nothing when it does not run.
cluster_pid() {
    local data pid
    data=$(realpath "$1/postgres" 2>/dev/null) || return 1
    pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 1
    # A file left by a killed postmaster may name a process that is somebody else by now.
    is_running "$pid" && [[ $(readlink "/proc/$pid/cwd") == "$data" ]] && printf '%s\n' "$pid"
}

# cluster_processes DIR: everything that works in the data directory, also what a killed postmaster left behind.
cluster_processes() {
    local data
    data=$(realpath "$1/postgres" 2>/dev/null) || return 0
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$data" 2>/dev/null | cut -d / -f 3
}
has_no_processes() { [[ -z $(cluster_processes "$1") ]]; }

# cluster_answers DIR: the postmaster itself says when it is ready, in the eighth line of its file.
cluster_answers() {
    cluster_pid "$1" >/dev/null && [[ $(sed -n 8p "$(realpath "$1/postgres")/postmaster.pid" 2>/dev/null) == ready* ]]
}

# cluster_psql DIR DATABASE ARGUMENT…: psql as the superuser, quiet, stopping at the first error.
cluster_psql() {
    local directory=$1 database=$2
    shift 2
    as_postgres "$(postgres_programs)/psql" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
        --host="$(realpath "$directory/run")" --username=postgres --dbname="$database" "$@"
}

# start_cluster DIR: starts it, also after a kill -9 of the postmaster; nothing to do when it runs already.
start_cluster() {
    local directory=$1 data programs pid
    data=$(realpath "$directory/postgres")
    programs=$(postgres_programs)
    if ! cluster_pid "$directory" >/dev/null; then
        # The children of a killed postmaster end by themselves, and hold its shared memory until they have.
        if ! wait_until 5 "leftovers of the last PostgreSQL in $data" has_no_processes "$directory"; then
            for pid in $(cluster_processes "$directory"); do kill -QUIT "$pid" 2>/dev/null || true; done
            wait_until 30 "leftovers of the last PostgreSQL in $data" has_no_processes "$directory" ||
                die "processes of the last PostgreSQL still hold $data: $(cluster_processes "$directory" | xargs)"
        fi
        # Nothing works in this directory any more, so these are stale, even if the process that they name is a zombie
        # that nobody has buried (a container without an init).
        rm -f -- "$data/postmaster.pid" "$directory"/run/.s.PGSQL.*
        # Recovery after a crash is part of starting, so this may take long.
        as_postgres "$programs/pg_ctl" start --pgdata="$data" --wait --timeout=300 --silent \
            --log="$(realpath "$directory/run")/postgres.log" </dev/null >/dev/null &
        wait_until 310 'PostgreSQL' is_gone $! || true
    fi
    wait_until 300 'PostgreSQL' cluster_settled "$directory" || true
    cluster_answers "$directory" || {
        tail -n 20 "$(realpath "$directory/run")/postgres.log" >&2 || true
        die "PostgreSQL in $data did not start; its last words stand above"
    }
}
# Settled: it answers, or it has no process (any more).
cluster_settled() { cluster_answers "$1" || has_no_processes "$1"; }

# stop_cluster DIR [fast|immediate]: waits until it has stopped. Nothing to do when it does not run.
stop_cluster() {
    local data
    cluster_pid "$1" >/dev/null || return 0
    data=$(realpath "$1/postgres")
    as_postgres "$(postgres_programs)/pg_ctl" stop --pgdata="$data" --mode="${2:-fast}" --timeout=60 --silent ||
        warn "PostgreSQL in $data did not stop"
}

# delete_cluster DIR: the data and the socket, wherever they lie. For throw-away clusters.
delete_cluster() {
    local place real
    stop_cluster "$1" immediate
    for place in postgres run; do
        [[ -d $1/$place ]] || continue
        real=$(realpath "$1/$place")
        rm -rf -- "$real"
        if [[ -L $1/$place ]]; then
            rm -f -- "$1/$place"
            rmdir --ignore-fail-on-non-empty -- "${real%/*}"
        fi
    done
}

# create_database DIR NAME: a role and a database that it owns, both called NAME; nothing to do when they exist. The role
# may know where the cluster lies, so that `homeserver doctor` finds how much room is left there.
create_database() {
    [[ $2 =~ ^[a-z][a-z0-9_]{0,30}$ ]] || die "'$2' is no name for a database"
    [[ -n $(cluster_psql "$1" postgres -c "SELECT 1 FROM pg_roles WHERE rolname = '$2'") ]] ||
        cluster_psql "$1" postgres -c "CREATE ROLE $2 LOGIN IN ROLE pg_read_all_settings"
    [[ -n $(cluster_psql "$1" postgres -c "SELECT 1 FROM pg_database WHERE datname = '$2'") ]] ||
        cluster_psql "$1" postgres -c "CREATE DATABASE $2 OWNER $2"
}

# database_url DIR NAME: for libpq and psql.
database_url() { printf 'postgresql://%s@/%s?host=%s\n' "$2" "$2" "$(url_encode "$(realpath "$1/run")")"; }
