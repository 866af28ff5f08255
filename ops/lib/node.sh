# shellcheck shell=bash
# A node: one homeserver with everything that is its own, in one directory:
#   config.json   keys/ secrets/   tls/ (certificate)   postgres/ run/ (cluster)   homeserver.log homeserver.pid
#   node (what these functions remember)   authority/ (certificate authority, unless it is given one)
# The demo, ops/up, the scenarios and the benchmark are made of these parts. Every step may be repeated, also after a
# kill -9 of anything. Sourced after common.sh, packages.sh and postgres.sh.

# node_remember DIR KEY VALUE…, node_recall DIR KEY: small facts about the node, a line each.
node_remember() {
    local directory=$1
    shift
    while (($# > 0)); do
        printf '%s=%s\n' "$1" "$2"
        shift 2
    done | write_file "$directory/node" 0644
}
node_recall() {
    local line
    line=$(grep -m 1 "^$2=" "$1/node" 2>/dev/null) || die "$1 is no node: it has not been made, or only in part"
    printf '%s\n' "${line#*=}"
}

# homeserver_of DIR ARGUMENT…: a command of the node's own homeserver, with its configuration.
homeserver_of() {
    local directory=$1
    shift
    env -u HOME_BINARY "$(node_recall "$directory" binary)" "$@" --config "$directory/config.json"
}

# make_certificate BINARY AUTHORITY DIR NAME: DIR/tls.crt and DIR/tls.key for the name and loopback, and their authority;
# what is still good stays.
make_certificate() {
    local binary=$1 authority=$2 directory=$3 name=$4 made=0
    # Those of earlier versions are readable by others.
    [[ ! -d $authority ]] || chmod go= -- "$authority"
    [[ ! -d $directory ]] || chmod go= -- "$directory"
    env -u HOME_BINARY "$binary" certificates renew --authority-dir "$authority" --certificate "$directory/tls.crt" \
        --key "$directory/tls.key" --server-name "$name" --address 127.0.0.1 --address ::1 >&2 || made=$?
    ((made <= 1)) || die "there is no certificate for $name: the reason stands above"
}

# make_emoji: the data for the web client's picker of emoji, for every homeserver that is started from this checkout. Made
# when it is missing, or older than the installed packages and the program that reads them; a homeserver can do without.
EMOJI_FILE=$ROOT/var/emoji.json
make_emoji() {
    local program=$ROOT/ops/lib/emoji
    # A package keeps the times of its files; when they were installed is told by the change of their inodes.
    if [[ ! -s $EMOJI_FILE ]] ||
        [[ -n $(find "$program" /usr/share/unicode -type f -newercm "$EMOJI_FILE" -print -quit 2>/dev/null) ]]; then
        "$program" "$EMOJI_FILE" || warn 'no emoji for the web client: the reason stands above'
    fi
}

# node_init DIR OPTION…: makes all that is missing, writes config.json anew, and leaves PostgreSQL running and migrated.
node_init() {
    local directory name='' client_port='' federation_port='' authority='' binary=${HOME_BINARY:-} registration=closed
    local limits=on log_level=info host=127.0.0.1 federation_host=127.0.0.1 peers=() cluster=() keys=() url='' peer
    directory=$(absolute "$1")
    shift
    while (($# > 0)); do
        case $1 in
        --name) name=$2 && shift 2 ;;
        --client-port) client_port=$2 && shift 2 ;;
        --federation-port) federation_port=$2 && shift 2 ;;
        --authority) authority=$(absolute "$2") && shift 2 ;;
        --binary) binary=$2 && shift 2 ;;
        --registration) registration=$2 && shift 2 ;;
        --limits) limits=$2 && shift 2 ;;
        --log-level) log_level=$2 && shift 2 ;;
        --peer) peers+=("$2") && shift 2 ;;
        --root-passphrase-file) keys+=(--passphrase-file "$2") && shift 2 ;;
        --throw-away-keys) keys+=(--throw-away) && shift ;;
        --fast | --checksums) cluster+=("$1") && shift ;;
        *) usage_error "unknown option '$1' of init" ;;
        esac
    done
    [[ $name =~ ^[a-z0-9.-]{1,253}$ ]] || usage_error '--name must be a lower-case DNS name'
    whole_number --client-port "$client_port" 1 65535
    whole_number --federation-port "$federation_port" 1 65535
    [[ -n $binary && -x $binary ]] || usage_error "--binary (or HOME_BINARY) must be the homeserver program, not '$binary'"
    binary=$(absolute "$binary")
    authority=${authority:-$directory/authority}

    mkdir -p -- "$directory"
    make_certificate "$binary" "$authority" "$directory/tls" "$name"
    create_cluster "$directory" "${cluster[@]}"
    start_cluster "$directory"
    create_database "$directory" home
    make_emoji

    url=http://$name:$client_port
    node_remember "$directory" name "$name" binary "$binary" host "$host" client_port "$client_port" \
        url "$url" federation_url "https://$name:$federation_port" ca_file "$authority/ca.crt"
    {
        printf '{\n  "name": %s,\n' "$(json_string "$name")"
        printf '  "database": {"url": %s},\n' "$(json_string "$(database_url "$directory" home)")"
        printf '  "client": {"host": "%s", "port": %d, "url": "%s"},\n' "$host" "$client_port" "$url"
        printf '  "web": {"emoji": %s},\n' "$(json_string "$EMOJI_FILE")"
        printf '  "federation": {\n    "host": "%s",\n    "port": %d,\n' "$federation_host" "$federation_port"
        printf '    "address": "%s:%d",\n' "$name" "$federation_port"
        printf '    "tls": {"certificate": "tls/tls.crt", "key": "tls/tls.key"},\n'
        printf '    "exceptions": ["127.0.0.0/8", "::1/128"]\n  },\n'
        printf '  "keys": {"directory": "keys"},\n  "secrets": {"directory": "secrets"},\n'
        printf '  "registration": {"mode": %s},\n' "$(json_string "$registration")"
        printf '  "limits": %s,\n  "log": {"level": %s},\n  "peers": [' "$(json_string "$limits")" \
            "$(json_string "$log_level")"
        local comma=''
        for peer in "${peers[@]}"; do
            [[ $peer == *=https://* ]] || usage_error "--peer must be NAME=https://HOST:PORT, not '$peer'"
            printf '%s\n    {"name": %s, "url": %s, "ca_file": %s}' "$comma" "$(json_string "${peer%%=*}")" \
                "$(json_string "${peer#*=}")" "$(json_string "$authority/ca.crt")"
            comma=,
        done
        printf '\n  ]\n}\n'
    } | write_file "$directory/config.json" 0600
    homeserver_of "$directory" migrate >&2
    node_keys "$directory" "${keys[@]}"
}

# node_keys DIR OPTION…: makes the signing keys unless they are there.
node_keys() {
    local directory=$1
    shift
    [[ ! -e $directory/keys ]] || return 0
    homeserver_of "$directory" keys init "$@" >&2
}

# node_pid DIR: the homeserver's process; nothing when it does not run.
node_pid() {
    local pid
    pid=$(cat "$1/homeserver.pid" 2>/dev/null) || return 1
    # The file outlives a kill -9, and the number may be somebody else's by now.
    is_running "$pid" && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -Fqx "$(absolute "$1")/config.json" &&
        printf '%s\n' "$pid"
}

node_start_postgres() {
    start_cluster "$1"
    cluster_pid "$1"
}

# node_start DIR: the homeserver in the background; returns when it answers, and prints its process.
node_start() {
    local directory pid host port binary
    directory=$(absolute "$1")
    if pid=$(node_pid "$directory"); then
        printf '%s\n' "$pid"
        return 0
    fi
    host=$(node_recall "$directory" host)
    port=$(node_recall "$directory" client_port)
    binary=$(node_recall "$directory" binary)
    # In a session of its own, so that a Ctrl-C on the terminal is ours to pass on; bash would have it ignore SIGINT.
    setsid env -u HOME_BINARY --default-signal=INT,QUIT \
        "$binary" serve --config "$directory/config.json" </dev/null >>"$directory/homeserver.log" 2>&1 &
    pid=$!
    disown "$pid"
    printf '%s\n' "$pid" | write_file "$directory/homeserver.pid" 0644
    wait_until 60 "$(node_recall "$directory" name)" node_settled "$pid" "$host" "$port" || true
    if ! is_running "$pid" || ! answers "$host" "$port"; then
        tail -n 20 "$directory/homeserver.log" >&2
        stop_process "$pid" 'the homeserver' 5
        die "the homeserver in $directory did not start; its last words stand above ($directory/homeserver.log)"
    fi
    printf '%s\n' "$pid"
}
listens_or_ended() { is_gone "$1" || has_listener "$2" "$3"; }
node_settled() { is_gone "$1" || answers "$2" "$3"; }

# node_stop DIR: the homeserver, gently.
node_stop() {
    local pid
    if pid=$(node_pid "$1"); then stop_process "$pid" "the homeserver $(node_recall "$1" name)"; fi
    rm -f -- "$1/homeserver.pid"
}

# node_describe DIR: one JSON object; a process that does not run is null.
node_describe() {
    local directory key
    directory=$(absolute "$1")
    printf '{'
    for key in name url federation_url; do
        printf '"%s":%s,' "$key" "$(json_string "$(node_recall "$directory" "$key")")"
    done
    printf '"database_url":%s,' "$(json_string "$(database_url "$directory" home)")"
    printf '"ca_file":%s,' "$(json_string "$(node_recall "$directory" ca_file)")"
    printf '"pid":%s,"postgres_pid":%s}\n' "$(node_pid "$directory" || printf null)" \
        "$(cluster_pid "$directory" || printf null)"
}

# node_destroy DIR: stops everything and deletes the directory, and the cluster wherever it lies.
node_destroy() {
    local pid
    if pid=$(node_pid "$1"); then kill -KILL "$pid" 2>/dev/null || true; fi
    delete_cluster "$1"
    rm -rf -- "$1"
}
