import Home
import Wire

/// The page of a list that a request asks for: `limit` entries behind the exclusive cursor `after`, in the order of their cursors.
struct ListPage {
    let after: String?
    let limit: Int

    init(_ query: HTTPQuery) throws(FieldError) {
        after = query.text("after")
        let most = HistoryPage.maximumLimit
        limit = try query.integer("limit", in: 1...Int64(most)).map(Int.init) ?? most
    }

    /// `{KEY: […]}`, and `next`, the cursor of the next page, when there is one.
    func answer<Entry>(
        _ key: StaticString, _ entries: [Entry], cursor: (Entry) -> String,
        _ write: (Entry, inout JSONWriter) -> Void
    ) -> HTTPAnswer {
        let sorted = entries.map { (cursor: cursor($0), entry: $0) }.sorted { $0.cursor < $1.cursor }
        let rest = after.map { after in sorted.drop { $0.cursor <= after } } ?? sorted[...]
        let page = rest.prefix(limit)
        return .object { json in
            json.key(key)
            json.beginArray()
            for (_, entry) in page {
                json.beginObject()
                write(entry, &json)
                json.endObject()
            }
            json.endArray()
            if page.count < rest.count { json.field("next", page.last?.cursor) }
        }
    }
}
