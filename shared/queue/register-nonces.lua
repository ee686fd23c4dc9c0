-- Registers nonces, each of which works once. KEYS: 1 the key of the epoch, then one for each
-- nonce. ARGV: 1 now in ms, 2 time to live in ms, then when each signature was created, in s.
-- Returns a letter for each nonce: N new, U used already, E created before the epoch.
--
-- The epoch is the time since which this Redis has all nonces. A new epoch begins after Redis was
-- wiped, and after a restart, which may have lost the latest nonces: a signature created before the
-- epoch may have been used although its nonce is not stored.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local epochRun, epochMs = string.match(redis.call('GET', KEYS[1]) or '', '^(%x+) (%d+)$')
if epochRun ~= run then
  epochMs = ARGV[1]
  redis.call('SET', KEYS[1], run .. ' ' .. epochMs)
end
local answers = ''
for index = 2, #KEYS do
  -- The signature may have been created at any moment of that second.
  if tonumber(ARGV[index + 1]) * 1000 <= tonumber(epochMs) then
    answers = answers .. 'E'
  elseif redis.call('SET', KEYS[index], '', 'NX', 'PX', ARGV[2]) then
    answers = answers .. 'N'
  else
    answers = answers .. 'U'
  end
end
return answers
