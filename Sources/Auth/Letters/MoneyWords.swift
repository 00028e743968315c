import CommandBus

extension Money {
    /// The amount as people read it, such as `400.00 INR`; it is not negative.
    var inWords: String {
        let digits = currency.minorDigits
        guard digits > 0 else { return "\(amount) \(currency)" }
        let unit = (0..<digits).reduce(Int64(1)) { unit, _ in unit * 10 }
        let rest = String(amount % unit)
        return "\(amount / unit).\(String(repeating: "0", count: digits - rest.utf8.count))\(rest) \(currency)"
    }
}

extension CurrencyCode {
    /// How many decimals the minor unit makes (ISO 4217): two, but for these.
    fileprivate var minorDigits: Int {
        switch raw {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        default: 2
        }
    }
}
