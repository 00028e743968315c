import CommandBus
import Testing

@testable import Storage

@Suite("What is done next about the collections")
struct MongoSchemaStepTests {
    private static func record(_ state: MongoSchemaRecord.State, version: Int = MongoSchema.version) -> MongoSchemaRecord {
        MongoSchemaRecord(version: version, state: state, by: "other", at: Timestamp(milliseconds: 0))
    }

    private static func next(
        _ purpose: MongoSchemaStep.Purpose, _ record: MongoSchemaRecord?, strangers: [String] = [], hasWaited: Bool = false
    ) -> MongoSchemaStep {
        .next(purpose, record: record, strangers: strangers, hasWaited: hasWaited)
    }

    @Test("An empty database is prepared by whoever comes", arguments: [MongoSchemaStep.Purpose.serve, .initialise, .copy])
    func empty(purpose: MongoSchemaStep.Purpose) {
        #expect(Self.next(purpose, nil) == .make)
        #expect(
            Self.next(purpose, nil, strangers: ["films"]) == .refuse(.foreign(collections: ["films"])),
            "and what is somebody else's is left alone"
        )
    }

    @Test("A database that is ready is", arguments: [MongoSchemaStep.Purpose.serve, .initialise, .copy])
    func ready(purpose: MongoSchemaStep.Purpose) {
        #expect(Self.next(purpose, Self.record(.ready)) == .done)
    }

    @Test("Whoever is at it is waited for; what is left half made is the operator's to go on with")
    func halfMade() {
        let record = Self.record(.initialising, version: 0)
        #expect(Self.next(.serve, record) == .wait)
        #expect(Self.next(.serve, record, hasWaited: true) == .refuse(.halfMade))
        #expect(Self.next(.initialise, record) == .make)
        #expect(Self.next(.copy, record) == .wait)
        #expect(Self.next(.copy, record, hasWaited: true) == .make)
    }

    @Test(
        "A newer version is refused by all, whatever is going on",
        arguments: [MongoSchemaStep.Purpose.serve, .initialise, .copy],
        [MongoSchemaRecord.State.ready, .initialising, .copying]
    )
    func newer(purpose: MongoSchemaStep.Purpose, state: MongoSchemaRecord.State) {
        let version = MongoSchema.version + 1
        #expect(Self.next(purpose, Self.record(state, version: version)) == .refuse(.newer(version: version)))
    }

    @Test("An older version is brought up to date only if the operator says so")
    func older() {
        let record = Self.record(.ready, version: 0)
        #expect(Self.next(.serve, record) == .refuse(.older(version: 0)))
        #expect(Self.next(.copy, record) == .refuse(.older(version: 0)))
        #expect(Self.next(.initialise, record) == .make)
    }

    @Test("An unfinished copy is a copy's to finish")
    func copying() {
        #expect(Self.next(.serve, Self.record(.copying)) == .refuse(.unfinishedCopy))
        #expect(Self.next(.initialise, Self.record(.copying)) == .refuse(.unfinishedCopy))
        #expect(Self.next(.copy, Self.record(.copying)) == .done)
    }

    @Test("There is a step to every version after the first")
    func migrations() {
        #expect(MongoMigrations.all.map(\.version) == Array(2..<MongoSchema.version + 1))
    }
}
