-- commit.lua: a batch of atomic commits on one shard, item by item.
--
-- KEYS[1]  any key of the shard: where a cluster sends the call
-- ARGV     per item: its ops as a string of letters, the number of arguments that follow, and those (commit.h).
--          Numbers and sizes were checked by who sends. M has the number of its channels before its arguments.
-- answer   the store's time in ms, then per item one of
--            0 or '0-n'         done; the number of its last event
--            {1, version}       already done: a record holds this event
--            {2, index, found}  refused by the op with that index
--            {3, index, words}  invalid: nothing was written
--            {4, index, words}  not allowed to this user: nothing was written
--
-- An item looks at all that could fail before its first write, since Lua does not roll back; a refused or
-- invalid item leaves the others alone. What was learnt about a key's shape holds for the rest of the batch.
-- One write of each item needs no look before, since it is tried as the first, and its failure makes the item
-- invalid: a stream's entry (whether the stream takes it can't be asked cheaply), else a list's.
-- Out of memory is an error of the first write of all: then none was done.
-- Ladders and few functions, since each closure and each call is paid by every batch.
-- Limits: of an item's entries for several streams the later must be for streams of ours (0-n). A right that is taken from
-- the user while the script is at work, for a command that only writes, tears the item: who connects asks for all of them
-- before (store_rights.c).
local call, try, find, sub, ARGV = redis.call, redis.pcall, string.find, string.sub, ARGV
local shapes, heads, whole = {}, {}, {} -- by key: what told its shape; its head, for H; fields that are numbers

-- The version at which a record holds an event; nil: it does not. Ids stand from 17 on, 8 bytes each.
local function event_in (head, id)
    local last = 9 + 8 * (string.byte (head, 3) or 0)
    local at = find (head, id, 17, true)
    while at and at <= last do
        if at % 8 == 1 then
            return sub (head, 5, 12)
        end
        at = find (head, id, at + 1, true)
    end
end

-- The rare paths. Walks the ops of an item: calls fn (op, where its key stands) until it returns something.
local function walk (ops, p, fn)
    local arity = {R = 3, F = 1, V = 2, H = 3, s = 3, x = 1, z = 3, l = 3, r = 2, a = 2, e = 2, n = 3}
    for op in string.gmatch (ops, '.') do
        local key = op == 'M' and p + 1 or p
        local answer = fn (op, key)
        if answer then
            return answer
        end
        p = op == 'M' and p + 3 + 2 * ARGV[p] or p + arity[op]
    end
end

local function is_wrong_type (reply)
    return type (reply) == 'table' and find (reply.err, '^WRONGTYPE') == 1
end

-- A check failed: perhaps since the item was committed before. Then one of its records says so. Or what was left
-- to be tried would have failed as well, and stands before it. found may be the error of a command: of a key of another
-- shape that is the key's fault, of anything else (no right to ask) it is nobody's key's.
local function refuse (ops, from, status, index, found)
    local i = 0
    local version = walk (ops, from, function (op, p)
        local head = op == 'R' and try ('GETRANGE', ARGV[p], '0', '271')
        return type (head) == 'string' and event_in (head, ARGV[p + 2])
    end)
    local earlier = walk (ops, from, function (op, p)
        i = i + 1
        local length = op == 'a' and 'LLEN' or op == 'e' and 'XLEN'
        return length and i < index and is_wrong_type (try (length, ARGV[p])) and i
    end)
    if version then
        return {1, version}
    elseif type (found) == 'table' and not is_wrong_type (found) then
        return {4, index, found.err}
    end
    return earlier and {3, earlier, 'wrong type'} or {status, index, type (found) == 'table' and 'wrong type' or found}
end

-- Is a key of another shape than the one whose length this command gives? Then why (see refuse). An absent key takes any,
-- but only one within an item.
local function unfit (ops, from, key, length)
    local n = try (length, key)
    if type (n) ~= 'number' then
        return n
    end
    if shapes[key] and n == 0 then
        local wants = {a = 'LLEN', e = 'XLEN', n = 'HLEN', z = 'ZCARD', l = 'ZCARD', r = 'ZCARD', M = 'ZCARD'}
        local torn = walk (ops, from, function (op, p)
            return ARGV[p] == key and op ~= 'x' and (wants[op] or 'STRLEN') ~= length
        end)
        if torn then
            return 'wrong type'
        end
    end
    shapes[key] = length
    return false
end

-- The sum of weight * members "channel/..." of a set whose scores are equal; nil and why: it can't be told.
local function load_of (p)
    local sum = 0
    for at = p + 3, p + 1 + 2 * ARGV[p], 2 do
        local members = try ('ZLEXCOUNT', ARGV[p + 1], '[' .. ARGV[at] .. '/', '(' .. ARGV[at] .. '0')
        if type (members) ~= 'number' then
            return nil, members
        end
        sum = sum + members * ARGV[at + 1]
    end
    return sum
end

local function perform (ops, from)
    local p, tried, tried_op, tried_index, dropped, last_event = from, nil, nil, nil, nil, nil
    for i = 1, #ops do
        local op, key = sub (ops, i, i), ARGV[p]
        if op == 'z' or op == 'l' then
            local why = shapes[key] ~= 'ZCARD' and unfit (ops, from, key, 'ZCARD')
            if why then
                return refuse (ops, from, 3, i, why)
            end
            p = p + 3
        elseif op == 'R' then
            local head = try ('GETRANGE', key, '0', '271')
            if type (head) ~= 'string' then
                return refuse (ops, from, 3, i, head)
            elseif head == '' and ARGV[p + 1] ~= '\0\0\0\0\0\0\0\0' or head ~= '' and
                    (find (head, ARGV[p + 1], 5, true) ~= 5 or event_in (head, ARGV[p + 2])) then
                return refuse (ops, from, 2, i, sub (head, 1, 16))
            end
            shapes[key] = 'STRLEN'
            p = p + 3
        elseif op == 's' then
            local why = shapes[key] ~= 'STRLEN' and unfit (ops, from, key, 'STRLEN')
            if why then
                return refuse (ops, from, 3, i, why)
            end
            p = p + 3
        elseif op == 'e' then
            if shapes[key] ~= 'XADD' and tried_op ~= 'e' and not dropped then
                local why = tried and unfit (ops, from, ARGV[tried], 'LLEN')
                if why then
                    return refuse (ops, from, 3, tried_index, why)
                end
                why = shapes[key] and unfit (ops, from, key, 'XLEN')
                if why then
                    return refuse (ops, from, 3, i, why)
                end
                shapes[key], tried, tried_op, tried_index = 'tried', p, 'e', i
            elseif shapes[key] ~= 'XADD' and shapes[key] ~= 'XLEN' then
                local why = unfit (ops, from, key, 'XLEN')
                if why then
                    return refuse (ops, from, 3, i, why)
                end
            end
            last_event = p
            p = p + 2
        elseif op == 'a' then
            if shapes[key] == nil and not tried and not dropped then
                shapes[key], tried, tried_op, tried_index = 'tried', p, 'a', i
            elseif shapes[key] ~= 'LLEN' then
                local why = unfit (ops, from, key, 'LLEN')
                if why then
                    return refuse (ops, from, 3, i, why)
                end
            end
            p = p + 2
        elseif op == 'r' then
            local why = shapes[key] ~= 'ZCARD' and unfit (ops, from, key, 'ZCARD')
            if why then
                return refuse (ops, from, 3, i, why)
            end
            p = p + 2
        elseif op == 'H' then
            local head = heads[key]
            if not head then
                head = try ('GETRANGE', key, '0', '15')
                if type (head) ~= 'string' then
                    return refuse (ops, from, 3, i, head)
                end
                shapes[key], heads[key] = 'STRLEN', head
            end
            if find (head, ARGV[p + 2], ARGV[p + 1] + 1, true) ~= ARGV[p + 1] + 1 then
                return refuse (ops, from, 2, i, head)
            end
            p = p + 3
        elseif op == 'F' or op == 'V' then
            local value = try ('GET', key)
            if type (value) == 'table' then
                return refuse (ops, from, 3, i, value)
            elseif op == 'F' and value or op == 'V' and (value or '') ~= ARGV[p + 1] then
                return refuse (ops, from, 2, i, value or '')
            end
            shapes[key] = 'STRLEN'
            p = p + (op == 'F' and 1 or 2)
        elseif op == 'M' then
            local sum, why = load_of (p)
            if not sum then
                return refuse (ops, from, 3, i, why)
            elseif sum > tonumber (ARGV[p + 2]) then
                return refuse (ops, from, 2, i, tostring (sum))
            end
            shapes[ARGV[p + 1]] = 'ZCARD'
            p = p + 3 + 2 * key
        elseif op == 'n' then
            local why = shapes[key] ~= 'HLEN' and unfit (ops, from, key, 'HLEN')
            if why then
                return refuse (ops, from, 3, i, why)
            end
            local fields = whole[key]
            if not fields then
                fields = {}
                whole[key] = fields
            end
            if not fields[ARGV[p + 1]] then
                local count = call ('HGET', key, ARGV[p + 1])
                if count and not (find (count, '^-?%d+$') and #count < 18) then
                    return refuse (ops, from, 3, i, 'not a number')
                end
                fields[ARGV[p + 1]] = true
            end
            p = p + 3
        else
            dropped = true
            p = p + 1
        end
    end

    local done = 0
    if tried then
        local key, value, reply = ARGV[tried], ARGV[tried + 1], nil
        if tried_op == 'e' then
            reply = try ('XADD', key, '0-*', 'e', value)
            shapes[key] = 'XADD'
            if tried == last_event then
                done = reply
            end
        else
            reply = try ('RPUSH', key, value)
            shapes[key] = 'LLEN'
        end
        if type (reply) == 'table' then
            shapes[key] = nil
            local denied = find (reply.err, '^NOPERM') or find (reply.err, '^ERR The user') or find (reply.err, '^ERR ACL')
            local ours = find (reply.err, '^WRONGTYPE') or find (reply.err, '^ERR')
            return denied and {4, tried_index, reply.err} or ours and {3, tried_index, 'wrong type'} or reply
        end
    end
    p = from
    for i = 1, #ops do
        local op, key = sub (ops, i, i), ARGV[p]
        if op == 'z' then
            call ('ZADD', key, ARGV[p + 1], ARGV[p + 2])
            p = p + 3
        elseif op == 's' then
            heads[key] = nil
            if ARGV[p + 2] == '0' then
                call ('SET', key, ARGV[p + 1])
            else
                call ('SET', key, ARGV[p + 1], 'PX', ARGV[p + 2])
            end
            p = p + 3
        elseif op == 'R' or op == 'H' then
            p = p + 3
        elseif op == 'a' then
            if p ~= tried then
                call ('RPUSH', key, ARGV[p + 1])
            end
            p = p + 2
        elseif op == 'e' then
            if p ~= tried then
                local number = call ('XADD', key, '0-*', 'e', ARGV[p + 1])
                if p == last_event then
                    done = number
                end
            end
            p = p + 2
        elseif op == 'r' then
            call ('ZREM', key, ARGV[p + 1])
            p = p + 2
        elseif op == 'F' then
            p = p + 1
        elseif op == 'V' then
            p = p + 2
        elseif op == 'M' then
            p = p + 3 + 2 * key
        elseif op == 'l' then
            call ('ZADD', key, 'LT', ARGV[p + 1], ARGV[p + 2])
            p = p + 3
        elseif op == 'n' then
            call ('HINCRBY', key, ARGV[p + 1], ARGV[p + 2])
            p = p + 3
        else
            call ('DEL', key)
            shapes[key], heads[key], whole[key] = nil, nil, nil
            p = p + 1
        end
    end
    return done
end

local time = call ('TIME')
local answers = {time[1] * 1000 + (time[2] - time[2] % 1000) / 1000}
local p, last = 1, #ARGV
while p < last do
    local answer = perform (ARGV[p], p + 2)
    if type (answer) == 'table' and answer.err then
        return answer
    end
    answers[#answers + 1] = answer
    p = p + 2 + ARGV[p + 1]
end
return answers
