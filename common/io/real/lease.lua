-- lease.lua: hands out records that are due, and moves their timers ahead so that a dead worker loses nothing.
--
-- KEYS[1]  the zset of timers: "W:C" -> due
-- ARGV     prefix of the records' keys, how many at most, the lease in ms, attempts above which one is handed
--          out alone, and above which it is set aside, for how long (ms), the newest schema that the caller reads, the
--          newest that it takes for one: bytes, as numbers
-- answer   the store's time in ms, the next due time or nil, then per row
--          member, record or nil, when it was due, attempts, 1 when its key holds no record (set aside, too)
--
-- The attempt is counted in the record's head; a commit clears it. Above the limit each lease is twice as long as the
-- one before, up to aside_ms: what failed only since the store was slow for a while is back after about as long a while.
-- Gone records lose their timers, what is no
-- record at all comes up again in an hour, newer records are left to newer workers: none stops the others. What begins
-- with no schema's letter is handed out: nobody can read it, and so it is set aside.
local call, try = redis.call, redis.pcall
local prefix, max, lease_ms = ARGV[1], tonumber (ARGV[2]), tonumber (ARGV[3])
local alone_above, aside_above, aside_ms = tonumber (ARGV[4]), tonumber (ARGV[5]), tonumber (ARGV[6])
local schema, schema_last = tonumber (ARGV[7]), tonumber (ARGV[8])
local HEAD_SIZE, ZERO, DOUBLINGS = 16, 48, 10

local time = call ('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local answer, rows, moves, gone = {now, false}, 0, {}, {}

local function row (member, record, due, attempts, broken)
    local n = #answer
    answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4], answer[n + 5] = member, record, due, attempts, broken
    rows = rows + 1
end

local function move (member, ms)
    moves[#moves + 1] = string.format ('%.0f', now + ms)
    moves[#moves + 1] = member
end

-- One that is due. True: the lease ends here.
local function take (member, due)
    local key = prefix .. member
    local record = try ('GET', key)
    if not record then
        gone[#gone + 1] = member
        row (member, false, due, 0, 0)
        return false
    end
    if type (record) == 'table' and string.find (record.err, '^WRONGTYPE') ~= 1 then
        error (record) -- not allowed to this user: no record's fault
    end
    if type (record) == 'table' or #record < HEAD_SIZE then
        move (member, aside_ms)
        row (member, false, due, aside_above + 1, 1)
        return false
    end
    local first = string.byte (record, 1)
    if first > schema and first <= schema_last then
        move (member, lease_ms)
        return false
    end
    local attempts = string.byte (record, 2) - ZERO + 1
    if attempts > alone_above and rows > 0 then
        return true
    end
    attempts = math.max (1, math.min (attempts, aside_above + DOUBLINGS))
    call ('SETRANGE', key, '1', string.char (ZERO + attempts))
    move (member, attempts > aside_above and math.min (aside_ms, lease_ms * 2 ^ (attempts - aside_above)) or lease_ms)
    row (member, record, due, attempts, 0)
    return attempts > alone_above
end

local due = call ('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', '0', max)
for i = 1, #due, 2 do
    if take (due[i], due[i + 1]) then
        break
    end
end
if #gone > 0 then
    call ('ZREM', KEYS[1], unpack (gone))
end
if #moves > 0 then
    call ('ZADD', KEYS[1], unpack (moves))
end
local next = call ('ZRANGE', KEYS[1], '0', '0', 'WITHSCORES')
answer[2] = next[2] or false
return answer
