import Testing

@testable import Booking

@Suite("Times of halts")
struct HaltTimesTests {
    /// Halts on lines 2, 3, …; a text is the time of both, a pair "arrival/departure", and "" neither.
    private func halts(_ times: String...) -> [RawHalt] {
        times.enumerated().map { index, text in
            let parts = text.split(separator: "/")
            return RawHalt(
                line: index + 2, stop: "s\(index)", sequence: index, arrival: parts.first.flatMap { ServiceTime($0) },
                departure: parts.last.flatMap { ServiceTime($0) }
            )
        }
    }

    private func repaired(_ halts: [RawHalt]) throws -> (times: [String], corrections: [String]) {
        let (times, corrections) = try HaltTimes.repair(halts)
        return (
            times.map { $0.arrival == $0.departure ? "\($0.arrival)" : "\($0.arrival)/\($0.departure)" },
            corrections.map { "\($0.line): \($0.what); \($0.done)" }
        )
    }

    private func refusal(_ halts: [RawHalt]) -> String? {
        do throws(HaltTimes.Refusal) {
            _ = try HaltTimes.repair(halts)
            return nil
        } catch {
            return error.what
        }
    }

    @Test func soundTimesAreLeftAlone() throws {
        let (times, corrections) = try repaired(halts("08:00:00", "08:10:00/08:11:00", "08:11:00", "25:00:00"))
        #expect(times == ["08:00:00", "08:10:00/08:11:00", "08:11:00", "25:00:00"])
        #expect(corrections.isEmpty)
    }

    @Test func aTimeThatRunsBackwardsIsInterpolated() throws {
        let (times, corrections) = try repaired(halts("16:00:00", "16:03:00", "16:07:00", "16:02:00", "16:14:00"))
        #expect(times == ["16:00:00", "16:03:00", "16:07:00", "16:10:30", "16:14:00"])
        #expect(
            corrections == [
                "5: 16:02:00 at 's3' runs backwards between the halts around it; 16:10:30 is taken, interpolated"
            ]
        )
    }

    @Test("the odd one out is found, not merely the one after it")
    func theOddOneOut() throws {
        let (times, corrections) = try repaired(halts("9:00:00", "11:05:00", "9:10:00", "9:15:00"))
        #expect(times == ["09:00:00", "09:05:00", "09:10:00", "09:15:00"])
        #expect(corrections.count == 1)
        #expect(corrections[0].hasPrefix("3: 11:05:00 "))
    }

    @Test func timesThatAreNotGivenAreInterpolatedWithoutAWord() throws {
        let (times, corrections) = try repaired(halts("8:00:00", "", "", "8:30:00/8:32:00", "", "8:42:00"))
        #expect(times == ["08:00:00", "08:10:00", "08:20:00", "08:30:00/08:32:00", "08:37:00", "08:42:00"])
        #expect(corrections.isEmpty)
    }

    @Test func aTripThatForgetsMidnightGoesOnAfterIt() throws {
        let (times, corrections) = try repaired(halts("23:40:00", "23:55:00", "0:05:00", "0:20:00"))
        #expect(times == ["23:40:00", "23:55:00", "24:05:00", "24:20:00"])
        #expect(corrections.count == 2)
        #expect(corrections[0] == "4: 00:05:00 comes after 23:55:00: it is after midnight; taken as 24:05:00")
    }

    @Test func aHaltIsNotLeftBeforeItIsReached() throws {
        let (times, corrections) = try repaired(halts("8:00:00", "8:10:00/8:09:00", "8:20:00"))
        #expect(times == ["08:00:00", "08:10:00", "08:20:00"])
        #expect(corrections == ["3: the departure at 08:09:00 is before the arrival at 08:10:00; it leaves on arrival"])
    }

    @Test func whatCannotBeMendedIsRefused() {
        #expect(refusal([]) == "it has no stop times")
        #expect(refusal(halts("8:00:00")) == "it has a single stop time")
        #expect(refusal(halts("", "8:10:00", "8:20:00")) == "its first halt has no time")
        #expect(refusal(halts("8:00:00", "8:10:00", "")) == "its last halt has no time")
        #expect(
            refusal(halts("9:00:00", "8:10:00", "8:20:00"))
                == "the time of its first halt, 09:00:00, does not fit the others"
        )
        #expect(
            refusal(halts("8:00:00", "8:10:00", "8:05:00"))
                == "the time of its last halt, 08:05:00, does not fit the others"
        )
        #expect(refusal([RawHalt](repeating: halts("8:00:00")[0], count: 501)) == "it has more than 500 halts")
    }
}
