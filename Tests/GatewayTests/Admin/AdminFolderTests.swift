import Foundation
import Support
import Testing

@testable import Gateway

/// Whose data folder it is, where a command of the operator's writes.
@Suite
struct AdminFolderTests {
    private static func configuration(_ path: String, _ environment: [String: String] = [:]) throws -> ServerConfiguration {
        try ServerConfiguration.load(flags: ["data": path], environment: environment)
    }

    /// A folder that is not root's, and who is to be named as its owner.
    private static func foreignFolder() throws -> (folder: TemporaryFolder, owner: String) {
        let folder = try TemporaryFolder("foreign")
        guard geteuid() == 0 else { return (folder, NSUserName()) }
        try #require(chown(folder.path, 54_321, 54_321) == 0)
        return (folder, "54321")
    }

    @Test("Root does not work in the folder of somebody else, who is named")
    func foreign() throws {
        let (folder, owner) = try Self.foreignFolder()
        let configuration = try Self.configuration(folder.path)
        let refusal = #expect(throws: Refusal.self) { try AdminFolder(configuration, caller: 0) }
        #expect(refusal?.description.contains(owner) == true)
        #expect(refusal?.description.contains("sudo -u") == true)
        // Anybody else is told by the system what they may not.
        #expect(try AdminFolder(configuration, caller: 1000).hint == nil)
        let mongo = try Self.configuration(folder.path, ["MONGODB_URI": "mongodb://db.example/bus?replicaSet=rs0"])
        #expect(try AdminFolder(mongo, caller: 0).hint == nil, "nothing is written there")
        #expect(throws: Refusal.self) { try AdminFolder(mongo, isWritten: true, caller: 0) }
    }

    @Test("Its own folder is nobody's business")
    func own() throws {
        let folder = try TemporaryFolder("own")
        #expect(try AdminFolder(Self.configuration(folder.path), caller: geteuid()).hint == nil)
    }

    @Test("A folder that root makes has to be given away, which is said")
    func new() throws {
        let folder = try TemporaryFolder("new")
        let path = folder.file("data").path(percentEncoded: false)
        let hint = try AdminFolder(Self.configuration(path), caller: 0).hint
        #expect(hint?.contains("chown -R USER: '\(path)'") == true)
        #expect(try AdminFolder(Self.configuration(path), caller: 1000).hint == nil)
        #expect(!FileManager.default.fileExists(atPath: path), "looking makes nothing")
    }

    @Test("Where the account was made is named, without a password")
    func storeName() throws {
        let folder = try TemporaryFolder("named")
        let path = DataFolder(path: folder.path).path
        #expect(try Self.configuration(folder.path).storeName == path)
        let uri = "mongodb://user:pass-word@db1.example,db2.example/bus?replicaSet=rs0"
        let name = try Self.configuration(folder.path, ["MONGODB_URI": uri]).storeName
        #expect(name == "mongodb://db1.example,db2.example/bus")
    }
}
