import Foundation
import Storage
import Testing

@Suite("The URL of a Redis server")
struct RedisEndpointTests {
    @Test("Every part is read")
    func whole() throws {
        let endpoint = try RedisEndpoint(url: "rediss://fare:p%40ss%2Fw%C3%B6rd%25@cache.example:6380/3")
        #expect(endpoint.isTLS)
        #expect(endpoint.host == "cache.example")
        #expect(endpoint.port == 6380)
        #expect(endpoint.user == "fare")
        #expect(endpoint.password == "p@ss/wörd%")
        #expect(endpoint.database == 3)
    }

    @Test("What is left out has its default")
    func defaults() throws {
        let endpoint = try RedisEndpoint(url: "redis://localhost")
        #expect((endpoint.port, endpoint.database, endpoint.isTLS) == (6379, 0, false))
        #expect((endpoint.user, endpoint.password) == (nil, nil))
        #expect(try RedisEndpoint(url: "redis://localhost/") == endpoint)
        #expect(try RedisEndpoint(url: "REDIS://localhost:6379/0") == endpoint)
    }

    @Test("A password alone is the default user's, and an @ in it does no harm")
    func passwordAlone() throws {
        let endpoint = try RedisEndpoint(url: "redis://:a@b:c@localhost")
        #expect((endpoint.user, endpoint.password, endpoint.host) == (nil, "a@b:c", "localhost"))
    }

    @Test("An IPv6 address stands in brackets")
    func address() throws {
        let endpoint = try RedisEndpoint(url: "redis://[::1]:7000/1")
        #expect((endpoint.host, endpoint.port, endpoint.database) == ("::1", 7000, 1))
        #expect("\(endpoint)" == "redis://[::1]:7000/1")
        #expect(try RedisEndpoint(url: "redis://[::1]").port == 6379)
    }

    @Test(
        "A wrong part is named, and never quoted",
        arguments: [
            ("localhost:6379", "scheme"), ("http://sesame", "scheme"), ("redis://", "host"), ("redis://:6379", "host"),
            ("redis://a b", "host"), ("redis://[::1", "host"), ("redis://[::1]6379", "port"), ("redis://host:", "port"),
            ("redis://host:0", "port"), ("redis://host:65536", "port"), ("redis://host:+1", "port"),
            ("redis://host:sesame", "port"), ("redis://u:sesame/x@host", "port"), ("redis://host/-1", "database"),
            ("redis://host/one", "database"), ("redis://host/1/2", "database"), ("redis://sesame@host", "password"),
            ("redis://u:@host", "password"), ("redis://u:sesame%2@host", "password"), ("redis://u:%zz@host", "password"),
            ("redis://u:%ff@host", "password"), ("redis://%ff:sesame@host", "user"), ("redis://u:sesame?@host", "query"),
            ("redis://host?db=1", "query"), ("redis://host#1", "query"), ("", "scheme"),
        ]
    )
    func wrong(url: String, part: String) throws {
        let error = #expect(throws: RedisURLError.self) { try RedisEndpoint(url: url) }
        #expect(error?.part == part)
        #expect(error.map { "\($0)".contains("sesame") } == false)
    }

    @Test("Neither a description nor a dump shows the password")
    func secret() throws {
        let endpoint = try RedisEndpoint(url: "redis://fare:sesame@host:1/2")
        var dumped = ""
        dump(endpoint, to: &dumped)
        for text in ["\(endpoint)", String(reflecting: endpoint), dumped, "\([endpoint])"] {
            #expect(!text.contains("sesame"))
            #expect(text.contains("redis://fare:…@host:1/2"))
        }
    }
}
