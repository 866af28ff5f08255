# shellcheck shell=bash
# The release build of this checkout. Sourced after common.sh and packages.sh.

# build_release: brings it up to date and leaves its path in RELEASE_BINARY. A first build takes some minutes, and says
# how far it is; without a Swift toolchain a build that is there is used as it is.
RELEASE_BINARY=''
build_release() {
    RELEASE_BINARY=$ROOT/.build/release/homeserver
    if ! have swift && [[ -x $RELEASE_BINARY ]]; then
        warn "no Swift toolchain: using $RELEASE_BINARY as it is"
        return 0
    fi
    need_to_build
    install_missing
    need_swift
    [[ -x $RELEASE_BINARY ]] || note 'building the release; the first time this takes some minutes'
    at_exit stop_foreground
    # One set of flags with and without a terminal: SwiftPM would build everything anew after each change between them.
    in_foreground swift build -c release --no-color-diagnostics --product homeserver --package-path "$ROOT" >&2
    [[ -x $RELEASE_BINARY ]] || die "the build left no $RELEASE_BINARY"
}
