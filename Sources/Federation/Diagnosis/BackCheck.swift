import Wire

/// What a peer's own echo to us came to, with what to do about it here; the last line of `TestPeer`.
struct BackCheck {
    let us: ServerName
    let name: ServerName
    let keys: LocalKeys

    func finding(_ back: BackEcho?) -> Finding {
        switch back {
        case nil:
            .warning(
                "echo back", "not_tried", "\(name) does not try the other direction: its software does not know how",
                fix: "run the test over there, or write to somebody there and wait for an answer")
        case .ok: .ok("echo back", "\(name) reaches us, and we believe each other")
        case .failed(let code): failure(code)
        }
    }

    private func failure(_ code: String) -> Finding {
        func finding(_ seen: String, _ fix: String) -> Finding { .failure("echo back", "back_\(code)", seen, fix: fix) }
        return switch code {
        case "no_address":
            finding("\(name) finds no address for \(us)", "mend the DNS records of this homeserver's name")
        case "forbidden_address":
            finding(
                "the name \(us) leads \(name) to an address or port that it must not dial",
                "mend DNS and federation.address here, or have its operator list the network in federation.exceptions")
        case "no_connection", "timeout":
            finding(
                "\(name) gets no connection or no answer from us",
                "see that homeserver serve runs, and that federation.address and firewall lead others to it")
        case "certificate":
            finding(
                "\(name) does not accept our certificate",
                "homeserver doctor; if it is of a local authority, give its ca.crt")
        case "no_home", "unsigned":
            finding(
                "what answers \(name) under our name is not this homeserver, or its answers come changed",
                "look for a proxy before us that rewrites, and for another server behind federation.address")
        case "keys", "unknown_key", "keys_unavailable":
            finding(
                "the keys that we and \(name) show each other are not believed",
                "homeserver keys status, here and there")
        case "bad_signature", "invalid":
            finding(
                "requests of \(name) come changed to us",
                "look for a proxy before us that rewrites: it must pass headers and bodies on as they are")
        case "blocked":
            finding("\(name) is blocked by the operator of this homeserver", "homeserver peer allow \(name)")
        case "not_allowed":
            finding("\(name) is not admitted here", "homeserver peer add \(name) --root-fingerprint ...")
        case "clock_skew", "stale":
            finding("our clock and that of \(name) differ too much", "set the clock that is wrong (timedatectl)")
        case "rate_limited":
            .warning(
                "echo back", "back_rate_limited", "\(name) was asked for an echo a moment ago and made no second one",
                fix: "try again in 10 seconds")
        default: finding("\(name) says '\(code)'", "run the test over there, and see its log")
        }
    }
}
