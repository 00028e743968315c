import CQREncode
import Foundation

/// A QR code (ISO/IEC 18004) of model 2, as libqrencode computes it: a square of dark and light modules.
package struct QRCode: Sendable, Equatable {
    /// How much of the square may be unreadable, as a share of its codewords.
    package enum Correction: Sendable, CaseIterable {
        /// 7 %.
        case low
        /// 15 %.
        case medium
        /// 25 %.
        case quartile
        /// 30 %.
        case high
    }

    /// No code could be made of some bytes.
    package enum Failure: Error, Equatable {
        case empty
        /// More bytes than the largest code holds: 2,953 at the lowest correction, 1,273 at the highest.
        case tooLong
        /// The library had no memory.
        case library
    }

    /// How many modules it is wide and high, without the quiet zone: 21 to 177.
    package let size: Int
    /// Row by row from the top, each from the left.
    private let modules: [Bool]

    /// The smallest code that holds some bytes.
    ///
    /// - Parameters:
    ///   - bytes: what a reader is to find, as bytes; 1 to 2,953 of them.
    ///   - correction: what it survives; 15 % is usual for what a screen shows.
    /// - Throws: ``Failure``.
    package init(_ bytes: [UInt8], correction: Correction = .medium) throws(Failure) {
        // The library answers an empty input with an empty symbol, and takes its length as an `Int32`.
        guard !bytes.isEmpty else { throw .empty }
        guard let count = Int32(exactly: bytes.count) else { throw .tooLong }
        guard let symbol = QRcode_encodeData(count, bytes, 0, correction.level) else {
            throw errno == ERANGE ? .tooLong : .library
        }
        defer { QRcode_free(symbol) }
        size = Int(symbol.pointee.width)
        // The lowest bit of each byte is the colour; the others tell what the module is for.
        modules = UnsafeBufferPointer(start: symbol.pointee.data, count: size * size).map { $0 & 1 == 1 }
    }

    /// The code of a text in UTF-8.
    ///
    /// - Throws: ``Failure``.
    package init(_ text: String, correction: Correction = .medium) throws(Failure) {
        try self.init(Array(text.utf8), correction: correction)
    }

    /// Whether a module is dark; what lies outside is light.
    ///
    /// - Parameters:
    ///   - row: from 0 at the top.
    ///   - column: from 0 at the left.
    package func isDark(row: Int, column: Int) -> Bool {
        (0..<size).contains(row) && (0..<size).contains(column) && modules[row * size + column]
    }

    /// The dark modules of a row that touch each other, as ranges of columns.
    ///
    /// - Parameter row: from 0 at the top.
    package func darkRuns(row: Int) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start: Int?
        for column in 0...size {
            switch (isDark(row: row, column: column), start) {
            case (true, nil): start = column
            case (false, let first?):
                runs.append(first..<column)
                start = nil
            default: break
            }
        }
        return runs
    }
}

extension QRCode.Correction {
    fileprivate var level: QRecLevel {
        switch self {
        case .low: QR_ECLEVEL_L
        case .medium: QR_ECLEVEL_M
        case .quartile: QR_ECLEVEL_Q
        case .high: QR_ECLEVEL_H
        }
    }
}
