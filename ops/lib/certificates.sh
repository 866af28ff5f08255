# shellcheck shell=bash
# A local certificate authority and certificates for servers, with openssl. For homeservers of one operator on one
# machine or network; a homeserver on the internet has its certificate from a public authority. Sourced after common.sh.

CERTIFICATE_DAYS=365
AUTHORITY_DAYS=3650
RENEW_BEFORE_SECONDS=$((30 * 24 * 3600))

is_fresh() { openssl x509 -in "$1" -noout -checkend "$RENEW_BEFORE_SECONDS" >/dev/null 2>&1; }

new_private_key() {
    (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.new" 2>/dev/null)
    mv -f -- "$1.new" "$1"
}

# create_authority DIR: DIR/ca.crt and DIR/ca.key, unless they are there and hold for another 30 days.
create_authority() {
    local directory=$1
    mkdir -p -- "$directory"
    if [[ -s $directory/ca.key ]] && is_fresh "$directory/ca.crt"; then return 0; fi
    [[ ! -e $directory/ca.crt ]] || warn "the certificate authority in $directory ends soon: made anew; peers need the new ca.crt"
    new_private_key "$directory/ca.key"
    openssl req -x509 -new -key "$directory/ca.key" -sha256 -days "$AUTHORITY_DAYS" -out "$directory/ca.crt.new" \
        -subj "/CN=Home local authority $(openssl rand -hex 4)" \
        -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign'
    chmod 0644 "$directory/ca.crt.new"
    mv -f -- "$directory/ca.crt.new" "$directory/ca.crt"
}

# create_certificate AUTHORITY DIR NAME [ADDRESS…]: DIR/tls.crt and DIR/tls.key for the DNS name and IP addresses,
# unless they are there, signed by this authority, for these names, and hold for another 30 days.
create_certificate() {
    local authority=$1 directory=$2 name=$3 names="DNS:$3" address
    shift 3
    for address in "$@"; do names+=",IP:$address"; done
    mkdir -p -- "$directory"
    if [[ -s $directory/tls.key ]] && is_fresh "$directory/tls.crt" &&
        [[ $(cat "$directory/tls.names" 2>/dev/null) == "$names" ]] &&
        openssl verify -CAfile "$authority/ca.crt" "$directory/tls.crt" >/dev/null 2>&1; then
        return 0
    fi
    new_private_key "$directory/tls.key"
    openssl req -new -key "$directory/tls.key" -subj "/CN=${name:0:64}" -out "$directory/tls.csr"
    openssl x509 -req -in "$directory/tls.csr" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" -sha256 \
        -set_serial "0x$(openssl rand -hex 16 | sed 's/^[89a-f]/1/')" -days "$CERTIFICATE_DAYS" \
        -out "$directory/tls.crt.new" -extfile <(
            printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
                'extendedKeyUsage=serverAuth' "subjectAltName=$names"
        ) 2>/dev/null
    rm -f -- "$directory/tls.csr"
    chmod 0644 "$directory/tls.crt.new"
    printf '%s\n' "$names" | write_file "$directory/tls.names" 0644
    mv -f -- "$directory/tls.crt.new" "$directory/tls.crt"
}
