import NIOCore
import NIOPosix
import NIOSSL

/// TLS for connections to one server, whose certificate and name are verified.
struct RedisTLS: Sendable {
    private let context: NIOSSLContext
    /// Nil for an address, which is compared with the certificate's addresses instead.
    private let name: String?

    /// Reads the certificates that are trusted, on a thread that may block.
    ///
    /// - Parameters:
    ///   - host: whom the certificate has to name.
    ///   - caCertificates: a file of certificates (PEM) that are trusted in place of the system's.
    static func load(host: String, caCertificates: String?) async throws(RedisTrouble) -> RedisTLS {
        do {
            return try await NIOThreadPool.singleton.runIfActive {
                try RedisTLS(host: host, caCertificates: caCertificates)
            }
        } catch {
            throw .noTLS("\(error)")
        }
    }

    private init(host: String, caCertificates: String?) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // A peer that is given up for its silence would not answer the farewell either.
        configuration.shutdownTimeout = .milliseconds(100)
        if let caCertificates { configuration.trustRoots = .file(caCertificates) }
        context = try NIOSSLContext(configuration: configuration)
        name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }

    /// - Throws: if the name of the host can't be one.
    func handler() throws -> some ChannelHandler {
        try NIOSSLClientHandler(context: context, serverHostname: name)
    }
}
