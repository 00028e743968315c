package import Foundation

/// The one way in which values become JSON bytes and back, so that they are the same bytes on every transport.
package enum WireJSON {
    /// JSON with sorted keys and plain slashes: equal values are equal bytes.
    package static func encode(_ value: some Encodable) throws -> Data {
        try CanonicalJSONEncoder.encode(value)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        try decoder.decode(type, from: data)
    }

    // Immutable once made and safe to share; making one for each call costs more than the call.
    private static let decoder = JSONDecoder()
}
