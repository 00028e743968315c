import CommandBus
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Storage

extension Surroundings {
    /// One of many instances, which have a Redis in common.
    ///
    /// - Parameters:
    ///   - endpoint: where it is.
    ///   - redis: how its keys are called, and which certificates it may show.
    ///   - limits: how fast commands are admitted, by all instances together, and whether guesses are bounded.
    ///   - random: names this instance, its leases and its epochs.
    static func shared(
        _ endpoint: RedisEndpoint, _ redis: ServerConfiguration.Redis, limits: ServerConfiguration.Limits,
        random: any RandomSource, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
    ) -> Surroundings {
        var options = RedisOptions()
        options.random = random
        options.caCertificates = redis.caFile.isEmpty ? nil : redis.caFile
        let keys = RedisKeys(prefix: redis.prefix)
        let client = RedisClient(endpoint: endpoint, options: options, group: group, logger: logger)
        let subscriber = RedisSubscriber(
            endpoint: endpoint, options: options, channels: [RedisRelay.channel(of: keys)], group: group, logger: logger
        )
        return Surroundings(
            cache: RedisSessionCache(client: client, keys: keys, logger: logger),
            limiter: RedisRateLimiter(rates: limits.enforcedRates, client: client, keys: keys, logger: logger),
            guesses: limits.isEnabled
                ? RedisGuessLimiter(client: client, keys: keys, logger: logger) : UnlimitedGuesses(),
            makeTickets: { ends, isAlive in
                FeedTickets(
                    sessions: ends, shelf: RedisTicketShelf(client: client, keys: keys, logger: logger), isAlive: isAlive
                )
            },
            leases: RedisLeases(client: client, keys: keys, random: random),
            makeRelay: { hub, sessions, duties in
                RelayService(
                    relay: RedisRelay(
                        client: client, subscriber: subscriber, keys: keys, hub: hub, sessions: sessions,
                        duties: duties, random: random, logger: logger
                    )
                )
            },
            claims: { key in await RedisClaims(client: client, keys: keys).claim(key, for: .seconds(300)) },
            services: [
                UntilStopped { await client.run() }, UntilStopped { await subscriber.run() },
            ]
        )
    }
}

/// The relay as a service that ends with the server.
private struct RelayService: WorkRelay, Service {
    let relay: RedisRelay

    func relay(_ news: WorkNews) async -> FeedPosition? {
        await relay.relay(news)
    }

    func doubt() async {
        await relay.doubt()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await relay.run() }
    }
}

/// What runs until the server stops.
private struct UntilStopped: Service {
    let body: @Sendable () async -> Void

    init(_ body: @escaping @Sendable () async -> Void) {
        self.body = body
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await body() }
    }
}
