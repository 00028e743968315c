/// What instances ask of the numbering that they share. Each is one step in Redis, so that numbers are given out in the
/// order in which messages are published, and nobody sees an epoch without its beginning.
///
/// The numbering is a hash: the `epoch`, the `sequence` of the last change, the `number` of the last message. A message is
/// `EPOCH SEQUENCE NUMBER NEWS`; without news it only says that an epoch has begun.
enum RelayScripts {
    /// Numbers the changes of one unit of work and tells everybody.
    ///
    /// Atomic, because two publishers between number and message would be heard in the wrong order.
    ///
    /// `KEYS`: the numbering. `ARGV`: channel, proposed epoch, known epoch, known number, count of changes, news.
    /// Returns epoch, sequence and number after it.
    static let publish = RedisScript(
        numbering + """

            if not epoch or isSetBack(ARGV[3], ARGV[4]) then begin(ARGV[2], nil) end
            local sequence = redis.call('HINCRBY', KEYS[1], 'sequence', ARGV[5])
            local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
            redis.call('PUBLISH', ARGV[1], string.format('%s %.0f %.0f ', epoch, sequence, number) .. ARGV[6])
            return place()
            """
    )

    /// Says that this instance lives, looks for others that don't any more, and says where the numbering stands.
    ///
    /// An instance that died may have committed what it never told, so its end begins a new epoch. Atomic, because of all
    /// who find it dead one is to begin the epoch; and because the end of a numbering that is lost, or was set back by a
    /// failover, must not be seen by one who publishes in between.
    ///
    /// `KEYS`: the numbering, the instances (a sorted set by the milliseconds of their last sign of life). `ARGV`: channel,
    /// proposed epoch, known epoch, known number, this instance, milliseconds of silence that a death takes.
    /// Returns epoch, sequence and number.
    static let check = RedisScript(
        numbering + """

            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[5])
            local died = 0
            -- One whose last sign lies in the future is counted too: the clock was set back, and it would never be missed.
            for _, range in ipairs({
                {'-inf', string.format('(%.0f', now - ARGV[6])}, {string.format('(%.0f', now + ARGV[6]), '+inf'}
            }) do
                died = died + redis.call('ZREMRANGEBYSCORE', KEYS[2], range[1], range[2])
            end
            if not epoch or died > 0 or isSetBack(ARGV[3], ARGV[4]) then begin(ARGV[2], ARGV[1]) end
            return place()
            """
    )

    /// Begins a new epoch, at which every instance reads the store anew; not if there is another than the given one.
    ///
    /// Atomic, because of many who want it at the same time one is enough.
    ///
    /// `KEYS`: the numbering. `ARGV`: channel, proposed epoch, the epoch that is to end.
    /// Returns epoch, sequence and number after it.
    static let renew = RedisScript(
        numbering + """

            if not epoch or epoch == ARGV[3] then begin(ARGV[2], ARGV[1]) end
            return place()
            """
    )

    private static let numbering = """
        local at = redis.call('HMGET', KEYS[1], 'epoch', 'number')
        local epoch = at[1]
        local function isSetBack(known, number)
            return epoch == known and tonumber(at[2] or '0') < tonumber(number)
        end
        local function begin(new, channel)
            epoch = new
            redis.call('HSET', KEYS[1], 'epoch', new, 'sequence', 0, 'number', 0)
            if channel then redis.call('PUBLISH', channel, new .. ' 0 0 ') end
        end
        local function place()
            return redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'number')
        end
        """
}
