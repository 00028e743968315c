import CommandBus
import Foundation
import Testing

@Suite("The news of a unit of work on their way")
struct WorkNewsTests {
    @Test("They are written shortly, and without what is not there")
    func compact() throws {
        let change = try FeedChange(
            topic: "seats", subject: "d_1", attributes: ["route": "r_1"], version: 7, data: ["left": 3]
        )
        let bare = try FeedChange(topic: "t", subject: "s", attributes: [:], data: 1)
        let news = WorkNews(
            changes: [change, bare],
            endedSessions: [
                SessionEnd(account: AccountID(trusted: "a_1"), survivingEpoch: 2, reason: .replaced),
                SessionEnd(account: AccountID(trusted: "a_2"), survivingEpoch: nil, reason: .closed),
            ], hasMail: true, changedSettings: true
        )
        let text = String(decoding: try WireJSON.encode(news), as: UTF8.self)
        #expect(
            text
                == #"{"c":[{"a":{"route":"r_1"},"d":"{\"left\":3}","s":"d_1","t":"seats","v":7},{"d":"1","s":"s","t":"t"}],"#
                + #""e":[{"a":"a_1","e":2,"r":"replaced"},{"a":"a_2","r":"closed"}],"m":true,"s":true}"#
        )
        #expect(String(decoding: try WireJSON.encode(WorkNews()), as: UTF8.self) == "{}")
    }

    @Test("What was written is read again, byte by byte")
    func roundTrip() throws {
        let change = try FeedChange(
            topic: "seats", subject: "d_1", attributes: ["a": "b"], version: .max, data: ["text": "é \"\\ / \u{1}"]
        )
        let news = WorkNews(
            changes: [change],
            endedSessions: [SessionEnd(account: AccountID(trusted: "a_1"), survivingEpoch: nil, reason: .revoked)],
            hasMail: true
        )
        let again = try WireJSON.decode(WorkNews.self, from: WireJSON.encode(news))
        #expect(again.changes.first?.data == change.data)
        #expect(again.changes.first?.version == .max)
        #expect(again.changes.first?.attributes == ["a": "b"])
        #expect(again.endedSessions == news.endedSessions)
        #expect(again.hasMail)
        #expect(!again.changedSettings)
    }

    @Test("What a newer instance adds is passed over")
    func unknownMembers() throws {
        let news = try WireJSON.decode(WorkNews.self, from: Data(#"{"m":true,"zz":[1]}"#.utf8))
        #expect(news.hasMail)
        #expect(news.changes.isEmpty)
    }

    @Test(
        "News are empty if nothing is told",
        arguments: [(WorkNews(), true), (WorkNews(hasMail: true), false), (WorkNews(changedSettings: true), false)])
    func empty(news: WorkNews, isEmpty: Bool) {
        #expect(news.isEmpty == isEmpty)
    }
}
