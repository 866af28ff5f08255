import Home
import Testing
import Wire

@testable import Federation

@Suite("The bodies of the ephemeral lane and of rosters")
struct EphemeralDocumentsTests {
    private let bytes = { (text: String) in Array(text.utf8) }

    @Test("what is written is read")
    func roundTrip() throws {
        let alice = try #require(UserID("alice@alpha.example"))
        let bob = try #require(UserID("bob@beta.example"))
        let items: [PresenceItem] = [
            .status(alice, .online), .status(alice, ShownPresence(isOnline: false, lastSeen: Instant(seconds: 60))),
            .probe(from: alice, of: bob),
        ]
        let position = EphemeralPosition(gen: 7, n: 3, snapshot: SnapshotPart(part: 2, isLast: true))
        let body = JSONWriter.bytes(of: EphemeralRequest(position: position, items: items))
        let read = try EphemeralRequest(body: body)
        #expect(read.position == position && read.items == items)
        let answer = EphemeralAnswer(isTaken: true, wantsSnapshot: false, wantsRosters: true)
        #expect(try EphemeralAnswer(answer: JSONWriter.bytes(of: answer)) == answer)
        let ids = IDSource()
        let page = RosterPage(
            mark: LaneMark(epoch: "E1", seq: 42),
            claims: [
                RosterClaim(user: alice, friend: bob, state: .friends, request: ids.next(), crossed: ids.next()),
                RosterClaim(user: alice, friend: bob, state: .outgoing, request: ids.next()),
            ])
        guard case .page(let again) = try RosterRequest(body: JSONWriter.bytes(of: RosterRequest.page(page))) else {
            Issue.record("a page is a page")
            return
        }
        #expect(again.mark == page.mark && again.claims == page.claims)
        for verdict in RosterVerdict.allCases {
            #expect(try RosterVerdict(answer: JSONWriter.bytes(of: verdict)) == verdict)
        }
    }

    @Test("items of a later version are left out, wrong ones are refused by their name")
    func wrong() throws {
        let head = #"{"v":1,"gen":1,"n":1,"items":"#
        #expect(try EphemeralRequest(body: bytes(head + #"[{"type":"typing","x":1}]}"#)).items.isEmpty)
        for (body, problem) in [
            (
                head + #"[{"type":"presence","user":"a@b.example","status":"invisible"}]}"#,
                "items[0].status must be online or offline"
            ),
            (
                head + #"[{"type":"presence","user":"a","status":"online"}]}"#,
                "items[0].user must be an address such as name@server"
            ),
            (#"{"v":1,"gen":0,"n":1,"items":[]}"#, "gen must be 1 or more"),
            (#"{"v":1,"gen":1,"n":1,"snapshot":{"part":1},"items":[]}"#, "snapshot.last is missing"),
        ] {
            do throws(FederationError) {
                _ = try EphemeralRequest(body: bytes(body))
                Issue.record("\(body) was read")
            } catch {
                guard case .invalid(let said) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(said.hasPrefix(String(problem.prefix { $0 != " " })), "\(said)")
            }
        }
        let many = Array(repeating: #"{"type":"probe","from":"a@b.example","user":"c@d.example"}"#, count: 501)
        #expect(throws: FederationError.self) {
            try EphemeralRequest(body: bytes(head + "[" + many.joined(separator: ",") + "]}"))
        }
    }
}
