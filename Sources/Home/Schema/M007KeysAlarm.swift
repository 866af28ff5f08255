import Postgres

/// That a peer shows keys which break what is pinned of it (`Peer.keysAlarm`).
enum M007KeysAlarm {
    static let migration = Migration(
        name: "007-keys-alarm",
        sql: ["ALTER TABLE peers ADD COLUMN keys_alarm text, ADD COLUMN keys_alarm_at timestamptz"]
    )
}
