-- Releases the locks in KEYS that still have the token in ARGV[1]; returns the number of released
-- locks.
local released = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then
    released = released + redis.call('DEL', key)
  end
end
return released
