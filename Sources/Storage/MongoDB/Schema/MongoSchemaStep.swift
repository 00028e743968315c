/// What is to be done next about the collections, by what the database says of itself.
enum MongoSchemaStep: Equatable {
    /// What somebody wants of the database.
    enum Purpose: Equatable {
        /// To run a server on it: makes what is empty, and touches nothing that is unclear.
        case serve
        /// To bring it up to date, because the operator has said so.
        case initialise
        /// To fill it with a copy.
        case copy
    }

    /// Write oneself down as the one who makes or changes them, and do it.
    case make
    /// Somebody else is at it.
    case wait
    case done
    case refuse(MongoSchemaError)

    /// - Parameters:
    ///   - record: nil if there is none.
    ///   - strangers: the collections that are there although there is no record.
    ///   - hasWaited: whether somebody else has had the time that it takes.
    static func next(
        _ purpose: Purpose, record: MongoSchemaRecord?, strangers: [String], hasWaited: Bool
    ) -> MongoSchemaStep {
        guard let record else {
            return strangers.isEmpty ? .make : .refuse(.foreign(collections: strangers))
        }
        if record.version > MongoSchema.version { return .refuse(.newer(version: record.version)) }
        switch record.state {
        case .initialising:
            switch purpose {
            case .initialise: return .make
            case .serve: return hasWaited ? .refuse(.halfMade) : .wait
            case .copy: return hasWaited ? .make : .wait
            }
        case .copying: return purpose == .copy ? .done : .refuse(.unfinishedCopy)
        case .ready:
            if record.version == MongoSchema.version { return .done }
            return purpose == .initialise ? .make : .refuse(.older(version: record.version))
        }
    }
}
