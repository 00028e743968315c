import Foundation

/// Where the time of day comes from: the system in a server, a hand-set clock in a test.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

package struct SystemWallClock: WallClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
