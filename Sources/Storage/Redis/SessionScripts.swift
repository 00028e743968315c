/// What instances ask of the sessions in Redis. Times are microseconds of Redis's clock.
///
/// - `session:DIGEST`: an entry, `ACCOUNT LIMIT PRINCIPAL`; lives until one lifetime after its mark. Its limit, milliseconds
///   of the instances' clocks, is when the store has to be asked again at the latest.
/// - `account:ACCOUNT`: which entry is the account's, `EPOCH DIGEST`; lives as long. An entry that it does not name is not
///   found, should one of the two be evicted.
/// - `ended:ACCOUNT`: the tombstone, with the time of the last end.
/// - `sessions:born`: when this memory began.
enum SessionScripts {
    /// Finds an entry, or gives the mark for what is read now.
    ///
    /// Atomic, so that an entry and what says that it is the account's are of the same moment.
    ///
    /// `KEYS`: entry, birth. `ARGV`: prefix of accounts, digest, the time of the instance in milliseconds. Returns the entry,
    /// or the mark as a number.
    static let lookup = RedisScript(
        """
        local entry = redis.call('GET', KEYS[1])
        if entry then
            local account, limit = string.match(entry, '^(%S+) (%S+)')
            local current = redis.call('GET', ARGV[1] .. account)
            if current and string.match(current, '%S+$') == ARGV[2] and tonumber(ARGV[3]) < tonumber(limit) then
                return entry
            end
        end
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local born = tonumber(redis.call('GET', KEYS[2]))
        -- Born in the future: the clock was set back.
        if not born or born > now then redis.call('SET', KEYS[2], string.format('%.0f', now)) end
        return now
        """
    )

    /// Remembers what was read after a mark, unless it may have ended since.
    ///
    /// Atomic, because an end between the questions and the insertion would be missed.
    ///
    /// `KEYS`: entry, birth, account, tombstone. `ARGV`: prefix of entries, digest, mark, lifetime in milliseconds, epoch,
    /// the entry. Returns 1 if it is remembered, else 0.
    static let insert = RedisScript(
        """
        local time = redis.call('TIME')
        local now, mark = time[1] * 1000000 + time[2], tonumber(ARGV[3])
        local born, ended = tonumber(redis.call('GET', KEYS[2])), tonumber(redis.call('GET', KEYS[4]))
        if not born or born > mark or mark > now or ended and ended >= mark then return 0 end
        local last = math.floor(mark / 1000) + tonumber(ARGV[4])
        if last * 1000 <= now then return 0 end
        local current = redis.call('GET', KEYS[3])
        if current then redis.call('DEL', ARGV[1] .. string.match(current, '%S+$')) end
        for key, value in pairs({[KEYS[1]] = ARGV[6], [KEYS[3]] = ARGV[5] .. ' ' .. ARGV[2]}) do
            redis.call('SET', key, value)
            redis.call('PEXPIREAT', key, string.format('%.0f', last))
        end
        return 1
        """
    )

    /// Ends what an account has, and leaves a tombstone.
    ///
    /// Atomic, because between the tombstone and the deletion an entry could be found, and between the deletion and the
    /// tombstone one could be inserted. What deletes comes first: after it a Redis that is full lets the rest pass.
    ///
    /// `KEYS`: account, tombstone. `ARGV`: prefix of entries, the epoch that survives (or empty), the one digest to be
    /// forgotten (or empty), life of the tombstone in milliseconds.
    static let forget = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        -- After a clock was set back an older tombstone may be of a later time; that is kept.
        local ended = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0'))
        redis.call('DEL', KEYS[2])
        if ARGV[3] ~= '' then redis.call('DEL', ARGV[1] .. ARGV[3]) end
        local current = redis.call('GET', KEYS[1])
        if current then
            local epoch, token = string.match(current, '^(%S+) (%S+)$')
            if ARGV[3] == '' and epoch ~= ARGV[2] or token == ARGV[3] then
                redis.call('DEL', KEYS[1], ARGV[1] .. token)
            end
        end
        local life = tonumber(ARGV[4]) + math.floor((ended - now) / 1000)
        redis.call('SET', KEYS[2], string.format('%.0f', ended), 'PX', string.format('%.0f', life))
        return 1
        """
    )
}
