package import Hummingbird
import Logging
import NIOCore

/// What a request brings beside itself: its connection.
package struct RESTContext: InitializableFromSource {
    let channel: any Channel
    let logger: Logger

    package init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }
}
