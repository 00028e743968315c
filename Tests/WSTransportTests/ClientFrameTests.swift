import CommandBus
import Foundation
import Testing

@testable import WSTransport

@Suite struct ClientFrameTests {
    private func refuse(_ text: String) -> ClientFrame.Refusal? {
        do throws(ClientFrame.Refusal) {
            _ = try ClientFrame(Data(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test func aCommandKeepsTheBytesOfItsInput() throws {
        let frame = try ClientFrame(
            Data(#" {"id" : "7","cmd":"a.b", "key":"k1","input":{ "x" : 1.50 ,"y":"é"},"trace":"00-1"} "#.utf8)
        )
        guard case .command(let name, let key, let input, let trace) = frame.request else {
            Issue.record("not a command")
            return
        }
        #expect(frame.id.text == "7")
        #expect((name, key, trace) == ("a.b", "k1", "00-1"))
        #expect(String(decoding: input, as: UTF8.self) == #"{ "x" : 1.50 ,"y":"é"}"#)
    }

    @Test func anIDGoesBackAsItCame() throws {
        let frame = try ClientFrame(Data(#"{"id":"a\u0041\"é","cmd":"a.b"}"#.utf8))
        #expect(frame.id.text == #"aA"é"#)
        #expect(frame.id.json == #""a\u0041\"é""#)
        #expect(frame.id == FrameID(text: #"aA"é"#, json: ""))
    }

    @Test(arguments: [
        "", "null", "[]", "7", "{", "{}", #"{"id":7,"cmd":"a"}"#, #"{"id":"","cmd":"a"}"#, #"{"id":null,"cmd":"a"}"#,
        #"{"id":"a\x","cmd":"a"}"#, #"{"cmd":"a"}"#, #"{"id":"1"} {}"#,
    ])
    func withoutAnIDThereIsNoFrame(text: String) throws {
        let refusal = try #require(refuse(text))
        #expect(refusal.id == nil)
        #expect(refusal.problem.code == .malformedFrame)
    }

    @Test func aLongID() {
        let good = String(repeating: "é", count: 64)
        #expect(refuse(#"{"id":"\#(good)","unsub":1}"#) == nil)
        #expect(refuse(#"{"id":"\#(good)x","unsub":1}"#)?.problem.code == .malformedFrame)
    }

    @Test(arguments: [
        (#"{"id":"1"}"#, "one of"),
        (#"{"id":"1","cmd":"a","sub":"b"}"#, "one of"),
        (#"{"id":"1","cmd":"a","inptu":{},"extra":1}"#, "'extra', 'inptu'"),
        (#"{"id":"1","sub":"a","key":"k"}"#, "'key'"),
        (#"{"id":"1","unsub":1,"since":"a"}"#, "'since'"),
        (#"{"id":"1","cmd":5}"#, "'cmd'"),
        (#"{"id":"1","cmd":"a","key":5}"#, "'key'"),
        (#"{"id":"1","cmd":"a","trace":{}}"#, "'trace'"),
        (#"{"id":"1","sub":"a","since":1}"#, "'since'"),
        (#"{"id":"1","unsub":"1"}"#, "'unsub'"),
        (#"{"id":"1","cmd":"a","cmd":"b"}"#, "'cmd'"),
    ])
    func aMalformedFrameIsRefusedByName(text: String, part: String) throws {
        let refusal = try #require(refuse(text))
        #expect(refusal.id?.text == "1")
        #expect(refusal.problem.code == .malformedFrame)
        #expect(refusal.problem.detail.contains(part), "\(refusal.problem.detail)")
    }

    @Test func anInvalidFilterNamesItsFields() throws {
        let refusal = try #require(refuse(#"{"id":"1","sub":"a","filter":{"x":1,"y":"z","w":null}}"#))
        #expect(refusal.problem.code == .invalidInput)
        #expect(refusal.problem.errors.map(\.pointer).sorted() == ["/filter/w", "/filter/x"])
    }

    @Test func attaching() throws {
        let frame = try ClientFrame(Data(#"{"id":"1","cmd":"session.attach","input":{"token":"t"}}"#.utf8))
        guard case .attach("t", nil) = frame.request else {
            Issue.record("not an attachment")
            return
        }
        for input in ["{}", #"{"token":1}"#, #"{"token":""}"#, #"{"token":"t","more":1}"#, "[]"] {
            let refusal = refuse(#"{"id":"1","cmd":"session.attach","input":\#(input)}"#)
            #expect(refusal?.problem.code == .invalidInput)
        }
        #expect(refuse(#"{"id":"1","cmd":"session.attach"}"#)?.problem.code == .invalidInput)
    }
}
