# shellcheck shell=bash
# Debian packages and the Swift toolchain: what is missing is installed or named. Sourced after common.sh.

SWIFT_LEAST_MAJOR=6
SWIFT_LEAST_MINOR=3

MISSING_PACKAGES=()
# need PACKAGE COMMAND…: notes the package as missing unless the command succeeds.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || MISSING_PACKAGES+=("$package")
}

has_file() { compgen -G "$1" >/dev/null; }

need_to_build() {
    need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
    need git have git
    need pkg-config have pkg-config
    need binutils have ld
    need gcc have gcc
    need libc6-dev has_file '/usr/include/*/sys/cdefs.h'
    need libstdc++-12-dev has_file '/usr/include/c++/*/vector'
    need zlib1g-dev test -e /usr/include/zlib.h
    need libssl-dev test -e /usr/include/openssl/ssl.h
    need libpq-dev has_file '/usr/include/postgresql/libpq-fe.h'
    need libsodium-dev test -e /usr/include/sodium.h
}

need_to_run() {
    need postgresql postgres_programs
    need util-linux have setpriv
    need procps have ps
    # A homeserver lacks only the picker of emoji without these, so no other system is refused for want of them.
    if have apt-get; then
        need python3 have python3
        need unicode-data test -e /usr/share/unicode/emoji/emoji-test.txt
        need unicode-cldr-core test -e /usr/share/unicode/cldr/common/annotations/en.xml
    fi
}

need_to_test() {
    need shellcheck have shellcheck
    need nodejs have node
    need chromium have chromium
    # What a page shows of an emoji is a picture of this font; without it there are empty boxes.
    need fonts-noto-color-emoji has_file '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf'
    need python3 have python3
    # Partitions and wrong clocks of the scenarios; only root can make network namespaces.
    if is_root && have apt-get; then
        need iproute2 have ip
        need nftables have nft
        need faketime has_file '/usr/lib/*/faketime/libfaketime.so.1'
        # Ends a command at a step of a test's choice.
        need strace have strace
    fi
    need python3-venv python3 -c 'import venv, ensurepip'
}

# postgres_programs: the directory of PostgreSQL's server programs, the newest version from 15 on.
postgres_programs() {
    local directory
    directory=$(
        for candidate in /usr/lib/postgresql/*/bin; do
            [[ -x $candidate/initdb ]] && printf '%s\n' "$candidate"
        done | sort --version-sort | tail -n 1
    )
    if [[ -z $directory ]] && have initdb; then
        directory=$(dirname "$(realpath "$(command -v initdb)")")
    fi
    [[ -n $directory ]] || return 1
    local version
    version=$("$directory/postgres" --version) || return 1
    [[ $version =~ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 15)) || return 1
    printf '%s\n' "$directory"
}

# install_missing: installs what `need` noted, as root or through sudo; otherwise says which command to run.
install_missing() {
    ((${#MISSING_PACKAGES[@]} > 0)) || return 0
    local packages=("${MISSING_PACKAGES[@]}") as_root=()
    MISSING_PACKAGES=()
    have apt-get || die "these are missing, and this is no Debian: ${packages[*]}. Install what corresponds to them."
    if ! is_root; then
        if have sudo && { sudo -n true 2>/dev/null || [[ -t 0 && -t 2 ]]; }; then
            as_root=(sudo)
        else
            note 'error: some packages are missing and only root may install them. Run this, then try again:'
            note "    sudo apt-get install --no-install-recommends ${packages[*]}"
            exit 2
        fi
    fi
    note "installing: ${packages[*]}"
    "${as_root[@]}" apt-get update -qq
    local no_cluster=''
    if [[ " ${packages[*]} " == *' postgresql '* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        # Debian's package would make and start a cluster for everybody; we bring our own.
        no_cluster=/etc/postgresql-common/createcluster.d/home-install.conf
        "${as_root[@]}" mkdir -p "${no_cluster%/*}"
        printf 'create_main_cluster = false\n' | "${as_root[@]}" tee "$no_cluster" >/dev/null
    fi
    local status=0
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${packages[@]}" || status=$?
    [[ -z $no_cluster ]] || "${as_root[@]}" rm -f "$no_cluster"
    ((status == 0)) || die 'apt-get could not install them; its own messages stand above'
}

# need_swift: a toolchain of at least 6.3, or exact words on how to get one.
need_swift() {
    local version=''
    ! have swift || version=$(swift --version 2>/dev/null || true)
    if [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]]; then
        local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
        ((major > SWIFT_LEAST_MAJOR || (major == SWIFT_LEAST_MAJOR && minor >= SWIFT_LEAST_MINOR))) && return 0
        note "error: Swift $major.$minor is too old; Home needs $SWIFT_LEAST_MAJOR.$SWIFT_LEAST_MINOR or later."
    else
        note "error: there is no Swift toolchain on the PATH; Home needs $SWIFT_LEAST_MAJOR.$SWIFT_LEAST_MINOR or later."
    fi
    local suffix='' directory=debian12
    [[ $(uname -m) != aarch64 ]] || suffix=-aarch64
    local name=swift-6.3.1-RELEASE-debian12$suffix
    cat >&2 <<END
To get it on Debian 12 (about 900 MB to load, 3 GB unpacked):
    sudo apt-get install --no-install-recommends curl ca-certificates gpg binutils gcc libc6-dev libstdc++-12-dev \\
        libcurl4-openssl-dev libedit2 libncurses6 libpython3-dev libsqlite3-0 libxml2-dev libz3-dev tzdata zlib1g-dev
    curl -fLO https://download.swift.org/swift-6.3.1-release/$directory$suffix/swift-6.3.1-RELEASE/$name.tar.gz
    curl -fLO https://download.swift.org/swift-6.3.1-release/$directory$suffix/swift-6.3.1-RELEASE/$name.tar.gz.sig
    curl -fsS https://www.swift.org/keys/all-keys.asc | gpg --import && gpg --verify $name.tar.gz.sig
    sudo mkdir -p /opt/swift && sudo tar -xzf $name.tar.gz -C /opt/swift --strip-components=1
    export PATH=/opt/swift/usr/bin:\$PATH        # also into ~/.profile
Newer ones are on https://www.swift.org/install/linux/. Then run this again.
END
    exit 2
}
