import Foundation

/// Whose the data folder is in which a command of the operator's is about to write. What root makes in the folder of the user
/// that runs the server can't be opened by that server any more.
struct AdminFolder {
    /// What to do about a folder that root makes; nil where nothing has to be done.
    let hint: String?

    /// - Parameters:
    ///   - configuration: where the data is. A MongoDB is nobody's folder.
    ///   - isWritten: whether the command writes there although the store is elsewhere.
    ///   - caller: the user who runs the command.
    /// - Throws: ``Refusal`` where root works in somebody else's folder.
    init(_ configuration: ServerConfiguration, isWritten: Bool = false, caller: uid_t = geteuid()) throws {
        let folder = DataFolder(path: configuration.data)
        let path = folder.path
        guard configuration.mongoDB.uri.isEmpty || isWritten, caller == 0 else {
            hint = nil
            return
        }
        // The database is whose server made it; a folder that is mounted may be anybody's.
        guard let owner = Self.owner(of: folder.database) ?? Self.owner(of: path) else {
            hint = """
                \(path) was made by root. If another user runs the server, give the folder to that user:
                chown -R USER: '\(path)'
                """
            return
        }
        guard owner == caller else {
            throw Refusal(
                """
                \(path) belongs to \(Self.name(of: owner)), and you are root: the server could not open what is made here. \
                Run the same as that user, with sudo -u.
                """
            )
        }
        hint = nil
    }

    /// Nil if there is no such folder.
    private static func owner(of path: String) -> uid_t? {
        var found = stat()
        return stat(path, &found) == 0 ? found.st_uid : nil
    }

    private static func name(of user: uid_t) -> String {
        guard let entry = getpwuid(user), let name = entry.pointee.pw_name else { return "the user with the number \(user)" }
        return "'\(String(cString: name))'"
    }
}

extension ServerConfiguration {
    /// Where the store is, for an operator to see: a folder, or a database without user and password.
    var storeName: String {
        mongoDB.uri.isEmpty ? DataFolder(path: data).path : StoreAddress.mongoDB(uri: mongoDB.uri).name
    }
}
