import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals
import WSTransport

// An echo server on the same channel that serves commands, for conformance suites: `farebus-echo --port 9001`.

let arguments = CommandLine.arguments
let port = arguments.firstIndex(of: "--port").flatMap { Int(arguments.dropFirst($0 + 1).first ?? "") } ?? 9001

var configuration = SocketConfiguration()
configuration.path = "/"
configuration.subprotocol = nil
configuration.maxFrame = 16 * 1024 * 1024

var logger = Logger(label: "farebus-echo")
logger.logLevel = .info

let server = try HTTPServerBuilder.http1WithSocket(EchoService(), configuration: configuration).buildServer(
    configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
    eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger,
    responder: { _, writer, _ in
        try await writer.writeHead(HTTPResponse(status: .notFound, headerFields: [.contentLength: "0"])).finish(nil)
    },
    onServerRunning: { channel in
        // Not print: a script reads this from a file, and print would keep it in a buffer.
        FileHandle.standardOutput.write(Data("listening on \(channel.localAddress?.port ?? port)\n".utf8))
    }
)

try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
