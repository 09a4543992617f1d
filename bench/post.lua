-- Posts comments, each with an address and a text of its own.
local thread_count = 0

function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

function init(args)
  math.randomseed(os.time() + number)
  prefix = string.format("%d-%d", number, math.random(1, 1000000000))
  sent = 0
end

function request()
  sent = sent + 1
  local body = string.format(
    "email=reader-%s-%d%%40example.com&password=right+horse+key&body=%s-%d+%s",
    prefix, sent, prefix, sent, string.rep("%EA%B0%80", 200))
  return wrk.format("POST", nil, {["Content-Type"] = "application/x-www-form-urlencoded"}, body)
end
