-- Acquires every lock in KEYS, or none. ARGV: 1 token, 2 time to live in ms. Returns 1 if all are
-- held, 0 if another holder has one of them.
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    return 0
  end
end
for _, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
end
return 1
