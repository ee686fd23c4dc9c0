-- Acquires every lock in KEYS, or none. ARGV: 1 the holder's token, 2 time to live in ms. Returns 1
-- if it has acquired all of them, 0 if any of them is held already.
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    return 0
  end
end
for _, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
end
return 1
