import Foundation
import Storage

extension ServerConfiguration {
    static func readMongoDB(_ reading: inout ConfigurationReading) -> MongoDB {
        MongoDB(
            uri: reading.value(
                "mongodb.uri", default: "", "", rule: "a connection string like mongodb://host/farebus?replicaSet=rs0",
                "Where MongoDB is; without it the store is a file in the data folder.", alias: "MONGODB_URI",
                isSecret: true,
                parse: { $0.hasPrefix("mongodb://") || $0.hasPrefix("mongodb+srv://") ? $0 : nil }, write: \.self
            ),
            threads: reading.integer(
                "mongodb.threads", default: 8, in: 1...256, "How many units of work run on MongoDB at once."
            ),
            reportReadPreference: reading.choice(
                "mongodb.reportReadPreference", default: .secondaryPreferred,
                "Which members of a replica set checks and reports are read from."
            )
        )
    }

    static func readRedis(_ reading: inout ConfigurationReading) -> Redis {
        let url = reading.value(
            "redis.url", default: "", "", rule: "a URL like redis://user:password@host:6379/0, or rediss:// for TLS",
            "Where Redis is, which instances share; needed with MongoDB.", alias: "REDIS_URL", isSecret: true,
            parse: { (try? RedisEndpoint(url: $0)) == nil ? nil : $0 }, write: \.self
        )
        return Redis(
            endpoint: try? RedisEndpoint(url: url),
            prefix: reading.text(
                "redis.prefix", default: "farebus:", "What the names of all keys in Redis begin with.",
                rule: "1 to 64 visible ASCII characters",
                accepts: { (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy { (33...126).contains($0) } }
            ),
            caFile: reading.text(
                "redis.caFile", default: "", "A file of certificates that Redis may show, beside the system's.",
                rule: "a path"
            )
        )
    }
}
