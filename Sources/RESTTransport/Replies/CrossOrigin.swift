import HTTPTypes
import HummingbirdCore

/// Lets pages of the configured origins use the API (the CORS protocol of the Fetch standard). Off unless configured.
struct CrossOrigin: Sendable {
    private let origins: Set<String>

    /// Nil if no origin is allowed.
    init?(_ origins: Set<String>) {
        guard !origins.isEmpty else { return nil }
        self.origins = origins
    }

    func apply(to response: inout Response, of request: Request) {
        response.headers[.vary] = "Origin"
        guard let origin = request.headers[.origin], origins.contains(origin) || origins.contains("*") else { return }
        response.headers[.accessControlAllowOrigin] = origin
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil else {
            response.headers[.accessControlExposeHeaders] =
                "Feed-Position, Idempotency-Replayed, Retry-After, Trace-Id, WWW-Authenticate"
            return
        }
        response.headers[.accessControlAllowMethods] = response.headers[.allow]
        response.headers[.accessControlAllowHeaders] =
            "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Traceparent"
        response.headers[.accessControlMaxAge] = "600"
    }
}
