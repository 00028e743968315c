import HTTPTypes

/// What every answer says to a browser that shows it instead of using it: it is what its type says, runs nothing, is in no
/// frame, and tells nobody where it came from (OWASP ASVS 5.0, 3.4.3 to 3.4.6).
enum BrowserRules {
    static let headers: HTTPFields = [
        .xContentTypeOptions: "nosniff",
        .contentSecurityPolicy:
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; sandbox",
        .referrerPolicy: "no-referrer",
    ]
}

extension HTTPFields {
    /// These headers, and what every answer says to a browser.
    static func answer(_ headers: HTTPFields) -> HTTPFields {
        var all = headers
        all.append(contentsOf: BrowserRules.headers)
        return all
    }
}
