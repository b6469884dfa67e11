-- Takes a slot, or a place in the queue.
-- KEYS: held, waiting, seen. ARGV: process, slot, how many may be held, lease in milliseconds.
-- Returns -1 when the slot was taken, else how many processes are ahead.
local held, waiting, seen = KEYS[1], KEYS[2], KEYS[3]
local process, slot, most, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', now)) do
  redis.call('ZREM', waiting, gone)
  redis.call('ZREM', seen, gone)
end

-- A slot is left to each process that waited before.
local place = redis.call('ZRANK', waiting, process)
local ahead = place or redis.call('ZCARD', waiting)
if redis.call('ZCARD', held) + ahead < most then
  redis.call('ZADD', held, now + lease, slot)
  redis.call('PEXPIRE', held, lease)
  if place then
    redis.call('ZREM', waiting, process)
    redis.call('ZREM', seen, process)
  end
  return -1
end

if not place then
  redis.call('ZADD', waiting, t[1] * 1000000 + t[2], process)
end
redis.call('ZADD', seen, now + lease / 3, process)
redis.call('PEXPIRE', waiting, lease)
redis.call('PEXPIRE', seen, lease)
return ahead
