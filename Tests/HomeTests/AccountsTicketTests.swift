import Testing
import Wire

@testable import Home

/// One use, sixty seconds, and only for a login that lives.
struct AccountsTicketTests {
    @Test func onceOnly() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let (ticket, expiresAt) = try f.home.issueTicket(for: alice.login)
            #expect(ticket.hasPrefix("hmt_"))
            #expect(expiresAt == f.time.now() + .seconds(60))
            #expect(try await f.home.redeem(ticket: ticket) == alice.login)
            await #expect(throws: HomeError.unauthorized) { try await f.home.redeem(ticket: ticket) }
            await #expect(throws: HomeError.unauthorized) { try await f.home.redeem(ticket: alice.token) }
            await #expect(throws: HomeError.unauthorized) { try await f.home.authenticate(token: ticket) }
        }
    }

    @Test func theSocketTakesBoth() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let ticket = try f.home.issueTicket(for: alice.login).ticket
            #expect(try await f.home.authenticate(socketToken: alice.token) == alice.login)
            #expect(try await f.home.authenticate(socketToken: ticket) == alice.login)
            await #expect(throws: HomeError.unauthorized) { try await f.home.authenticate(socketToken: ticket) }
        }
    }

    @Test func sixtySeconds() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let (inTime, late) = (try f.home.issueTicket(for: alice.login), try f.home.issueTicket(for: alice.login))
            f.time.advance(by: .seconds(59.999))
            #expect(try await f.home.redeem(ticket: inTime.ticket) == alice.login)
            f.time.advance(by: .seconds(0.001))
            await #expect(throws: HomeError.unauthorized) { try await f.home.redeem(ticket: late.ticket) }
        }
    }

    @Test func notOfARevokedLogin() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let ticket = try f.home.issueTicket(for: alice.login).ticket
            try await f.home.logout(alice.login)
            await #expect(throws: HomeError.unauthorized) { try await f.home.redeem(ticket: ticket) }
            #expect(throws: HomeError.unauthorized) { try f.home.issueTicket(for: alice.login) }

            // The command line deleted the login and this process has not heard of it yet.
            let again = try await f.logIn("alice")
            let second = try f.home.issueTicket(for: again.login).ticket
            try await f.administration.setPassword(of: "alice", to: "another password")
            await #expect(throws: HomeError.unauthorized) { try await f.home.redeem(ticket: second) }
        }
    }

    @Test func bounds() async throws {
        let time = ManualTime()
        let tickets = SocketTickets(time: time, capacity: 25)
        let user = try #require(UserID("alice@alpha.example"))
        let logins = (1...3).map { number in
            Login(
                id: LoginID(high: 0, low: number), account: Account(key: UserKey(1), id: user),
                expiresAt: time.now() + .seconds(600))
        }
        // The eleventh of one login voids its first.
        let own = try (0..<11).map { _ in try tickets.issue(for: logins[0]).ticket }
        #expect(tickets.redeem(own[0]) == nil)
        #expect(tickets.redeem(own[1]) == logins[0])
        #expect(tickets.redeem(own[10]) == logins[0])
        // 8 wait; 17 more fill the table, and nobody's ticket is dropped for the next.
        for _ in 0..<10 { _ = try tickets.issue(for: logins[1]) }
        for _ in 0..<7 { _ = try tickets.issue(for: logins[2]) }
        #expect(throws: HomeError.unavailable("too many tickets are waiting to be used")) {
            try tickets.issue(for: logins[2])
        }
        #expect(tickets.redeem(own[2]) == logins[0])
        time.advance(by: .seconds(60))
        #expect(tickets.redeem(own[3]) == nil)
        #expect(tickets.redeem(try tickets.issue(for: logins[2]).ticket) == logins[2])
    }
}
