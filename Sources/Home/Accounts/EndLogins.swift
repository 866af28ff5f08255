package import Wire

extension Home {
    /// Signs the caller out: the token is void and the sockets of this login close.
    package func logout(_ login: Login) async throws(HomeError) {
        _ = try await LoginStore(database: database).delete(login.id, of: login.account.key)
        end([login.id])
    }

    /// Ends one of the account's own logins; `notFound` for every other id.
    package func revokeLogin(_ id: LoginID, of account: Account) async throws(HomeError) {
        guard try await LoginStore(database: database).delete(id, of: account.key) else {
            throw .notFound("the session does not exist")
        }
        end([id])
    }

    /// Ends every other login of the account and answers how many there were.
    package func revokeOtherLogins(than login: Login) async throws(HomeError) -> Int {
        let ended = try await LoginStore(database: database).deleteAll(of: login.account.key, except: login.id)
        end(ended)
        return ended.count
    }

    /// What follows the deletion of logins, whoever deleted them: nothing in memory admits them, and their sockets close.
    func end(_ logins: [LoginID]) {
        guard !logins.isEmpty else { return }
        accountState.revoke(logins)
        delivery.close(logins: logins)
    }
}
