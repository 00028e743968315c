import CommandBus

/// What anyone thinks of first who guesses at one person's password: the address, the name, the roll number, the service.
struct OwnerWords {
    /// They and their pieces, in small letters and ``PlainSpelling``: as they are written, and run together.
    let all: [String]
    /// The letters and digits of those that are long enough to stand for a password.
    private let whole: [String]

    /// - Parameter words: what is known besides the address.
    init(address: EmailAddress, words: [String]) {
        let written = ([address.raw] + address.raw.split(separator: "@").map(String.init) + words).map {
            PlainSpelling.of($0).lowercased()
        }
        let joined = written.map(Self.lettersAndDigits)
        let pieces = written.flatMap { $0.split { !Self.isPart($0) }.map(String.init) }
        var seen: Set<String> = []
        all = (written + joined + pieces).filter { $0.count >= 3 && seen.insert($0).inserted }
        whole = joined.filter { $0.count >= 4 }
    }

    /// Whether a password is one of them with fewer than six other letters or digits around it.
    func areNearlyAll(of password: String) -> Bool {
        let text = Self.lettersAndDigits(of: PlainSpelling.of(password).lowercased())
        return whole.contains { text.count - $0.count < 6 && text.contains($0) }
    }

    private static func lettersAndDigits(of text: String) -> String { text.filter(isPart) }

    private static func isPart(_ character: Character) -> Bool { character.isLetter || character.isNumber }
}
