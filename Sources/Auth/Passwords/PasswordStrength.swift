import CZxcvbn
import Foundation

/// How many tries a password withstands of somebody who knows what people choose, as zxcvbn reckons it: common passwords,
/// words and names, also with signs for letters and backwards, walks on the keyboard, dates, sequences, repetitions.
///
/// Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016.
enum PasswordStrength {
    /// 10⁸ tries, from which on zxcvbn calls a password safely unguessable. At the ten an hour that an account allows they
    /// take a thousand years.
    static let needed = 8 * log2(10.0)

    /// How many bytes of a password are looked at. One is at least as hard to guess as its beginning.
    ///
    /// zxcvbn takes 0.2 ms for most texts of this length, and 2 ms for the worst that was found, 12 again and again, which
    /// the cooperative pool can bear. Its work there grows with the fifth power: 160 ms for 64 bytes, 1.5 s for 100.
    static let weighed = 24

    /// The logarithm to the base 2 of the tries that are to be expected.
    ///
    /// - Parameter words: what is known of its owner, in ``PlainSpelling``, the likeliest first.
    static func bits(_ password: String, words: [String]) -> Double {
        var plain = PlainSpelling.of(password).utf8.prefix(weighed).map { CChar(bitPattern: $0) }
        plain.append(0)
        // All words one after the other, so that one buffer has to stay where it is while C looks at them.
        var text: [CChar] = []
        var starts: [Int] = []
        for word in words + GuessedWords.all {
            starts.append(text.count)
            text += word.utf8CString
        }
        return text.withUnsafeBufferPointer { text in
            var dictionary = starts.map { text.baseAddress?.advanced(by: $0) }
            dictionary.append(nil)
            return ZxcvbnMatch(plain, &dictionary, nil)
        }
    }
}

/// A text without accents and in letters of the usual width, as zxcvbn's own words are.
enum PlainSpelling {
    static func of(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        plain.append(
            contentsOf: text.decomposedStringWithCompatibilityMapping.unicodeScalars.filter {
                $0.properties.generalCategory != .nonspacingMark
            }
        )
        return String(plain)
    }
}
